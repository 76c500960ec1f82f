"""GLSL and the SPIR-V made from it, side by side. `compile.sh` makes it again."""

from pathlib import Path

FOLDER = Path(__file__).parent


def load(name: str) -> bytes:
    """The SPIR-V of a shader, by its source's name, such as `max_pyramid.comp`."""
    return (FOLDER / f"{name}.spv").read_bytes()
