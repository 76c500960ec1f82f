"""What is loaded, in words for a panel."""

from __future__ import annotations

from gsrender.memory import size
from viewer.ruler import Ruler
from viewer.words import NOTHING


def loaded_rows(scene) -> tuple[list[list[float]], list[tuple[str, str, str]]]:
    """Both corners of the model in scene units, and (name, value, meaning) of what stays as it is while the scene is
    open."""
    model = scene.model
    return [corner.tolist() for corner in model.bounds], [
        ("model", "/".join(scene.opened.resolve().parts[-2:]), f"{model.path}, {model.source}."),
        ("items", f"{len(model.items):,} {model.kind}, {size(model.nbytes)}", "How many, and the memory that they take "
         "on the device."),
        ("proxy", scene.mesh_path.name if scene.mesh_path else "none",
         str(scene.mesh_path or "There is no proxy mesh, so nothing can be hidden.")),
        ("triangles", f"{len(scene.mesh.triangles):,}" if scene.mesh else NOTHING, "Of the proxy's file."),
        ("device", ", ".join([scene.backend, *([scene.device.name] if scene.device else [])]), "What draws the "
         "Gaussians, and Vulkan's device.")]


def extent(bounds: list[list[float]], ruler: Ruler) -> tuple[str, str, str]:
    """Such a row of how large the model is, from both of its corners."""
    edges = " x ".join(f"{ruler.factor * (b - a):.1f}" for a, b in zip(*bounds))
    low, high = (", ".join(f"{number:.2f}" for number in corner) for corner in bounds)
    return ("extent", f"{edges} {ruler.unit}", f"Edges of the box around the model but for its outermost items, in "
            f"{ruler.name}. Its bounds in scene units: x, y, z from {low} to {high}.")
