"""What is loaded, in words for a panel."""

from __future__ import annotations

from gsrender.memory import size
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
        ("device", f"{scene.backend}, {scene.device.name}" if scene.device else scene.backend, "What draws the Gaussians, and Vulkan's device.")]


def extent(scene, bounds: list[list[float]]) -> tuple[str, str, str]:
    """Such a row of how large the model is, from both of its corners."""
    ruler = scene.ruler
    edges = " x ".join(f"{ruler.factor * (b - a):.1f}" for a, b in zip(*bounds))
    low, high = (", ".join(f"{number:.2f}" for number in corner) for corner in bounds)
    return ("extent", f"{edges} {ruler.unit}", f"Edges of the box around the model but for its outermost items, in "
            f"{ruler.name}. Its bounds in scene units: x, y, z from {low} to {high}.")
