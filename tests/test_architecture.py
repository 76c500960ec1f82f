"""The rooms and their doors: who imports whom, and what the native libraries let out."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from gsrender._native import library_path

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {"gsrender": set(), "shaders": set(), "assets": set(), "vk_interop": {"gsrender", "shaders"},
              "viewer": {"gsrender", "vk_interop", "shaders", "assets"}}


def imported(path: Path) -> set[str]:
    """First words of all imports in a file, wherever they stand."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_go_one_way(room):
    assert list((ROOT / room).rglob("*")), f"the room {room} is gone"
    allowed = MAY_IMPORT[room] | {room}
    for path in (ROOT / room).rglob("*.py"):
        wrong = imported(path) & (MAY_IMPORT.keys() | {"tests"}) - allowed
        assert not wrong, f"{path.relative_to(ROOT)} imports {', '.join(wrong)}"


def test_gsrender_knows_no_window_and_no_vulkan():
    for path in (ROOT / "gsrender").rglob("*.py"):
        assert not imported(path) & {"vulkan", "glfw", "imgui_bundle"}, path


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_native_library_exports_what_the_header_declares_and_nothing_else(device):
    path = library_path(device)
    if device == "cuda" and not path.exists():
        pytest.skip("the CUDA library is not built: no nvcc")
    header = re.sub(r"/\*.*?\*/", "", (ROOT / "gsrender/csrc/gsrender.h").read_text(), flags=re.DOTALL)
    declared = set(re.findall(r"\b(gs_\w+)\s*\(", header))
    symbols = subprocess.run(["nm", "--dynamic", "--defined-only", path], capture_output=True, text=True, check=True)
    exported = {line.split()[-1] for line in symbols.stdout.splitlines() if line.split()[-2] in "TDBR"}
    assert "gs_version" in declared and exported == declared
