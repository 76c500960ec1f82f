"""The panels of the window: a file each, and a line here. Nothing heavy is imported: each file is read with the window.

A panel's file has `draw(app) -> ViewerSettings`: it draws values of the App (viewer/app.py) and returns the settings,
changed or not. What is more than a value (a flight, a file) it asks of the App's methods.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Panel:
    """`place` is where it is docked at first: `upper` or `lower` at the left, or `foot`; `module` is in this folder."""

    name: str
    place: str
    module: str
    help: str


PANELS = (
    Panel("Camera", "upper", "camera", "where the camera is and how it moves"),
    Panel("Scene", "upper", "scene", "what is loaded, how to open another, and how large the picture is"),
    Panel("Path", "upper", "path", "a path that the camera flies, and its film"),
    Panel("Culling and LOD", "lower", "culling", "what the proxy hides, and what is left to draw"),
    Panel("Views", "upper", "views", "which kind of picture is shown, and what there is under the cursor"),
    Panel("Compare", "lower", "compare", "two settings beside each other, and how near the photograph is"),
    Panel("Statistics", "foot", "statistics", "what every stage costs, and what holds frames back"),
)
