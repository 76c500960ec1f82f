"""How a proxy mesh is laid over its model: turned, scaled and moved by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from gsrender.camera import Triple
from vk_interop.mesh import model_from_mesh


@dataclass(frozen=True)
class Fit:
    """`up` is the axis of the mesh that becomes z. Then it is turned about x, about y and about z, all of them the
    model's and through its origin, in degrees; scaled; and moved by scene units."""

    up: str = "z"
    scale: float = 1.0
    turn: Triple = (0.0, 0.0, 0.0)
    shift: Triple = (0.0, 0.0, 0.0)

    @property
    def matrix(self) -> np.ndarray:
        """[4, 4], model from mesh; the exact identity where it changes nothing."""
        matrix = model_from_mesh(None, self.up)
        for axis, degrees in enumerate(self.turn):
            if degrees:
                matrix = _turned(axis, math.radians(degrees)) @ matrix
        matrix[:3] *= self.scale
        matrix[:3, 3] += self.shift
        return matrix

    def about(self, point: Triple, before: Fit) -> Fit:
        """The same, moved so that what lay at that point of the model before does so now."""
        moved = (self.matrix @ np.linalg.solve(before.matrix, [*point, 1.0]))[:3]
        return replace(self, shift=tuple((np.array(self.shift) + point - moved).tolist()))


def scale_of(matrix: np.ndarray) -> float:
    """Units of the model to one of the mesh."""
    return float(abs(np.linalg.det(matrix[:3, :3])) ** (1 / 3))


def as_option(matrix: np.ndarray) -> str:
    """The words of the command line that lay a mesh like that."""
    return "--proxy-transform=" + ",".join(f"{value:.9g}" for value in matrix.ravel())


def _turned(axis: int, angle: float) -> np.ndarray:
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(4)
    matrix[first, first] = matrix[second, second] = math.cos(angle)
    matrix[second, first], matrix[first, second] = math.sin(angle), -math.sin(angle)
    return matrix
