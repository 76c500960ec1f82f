"""Rotations as unit quaternions [4] w x y z, and as vectors [3]: an axis times an angle in radians."""

from __future__ import annotations

import math

import numpy as np


def product(a, b) -> np.ndarray:
    """The rotation b, then a."""
    (aw, ax, ay, az), (bw, bx, by, bz) = map(float, a), map(float, b)  # six times as fast as by NumPy's functions
    return np.array([aw * bw - ax * bx - ay * by - az * bz, aw * bx + bw * ax + ay * bz - az * by,
                     aw * by + bw * ay + az * bx - ax * bz, aw * bz + bw * az + ax * by - ay * bx])


def inverse(q) -> np.ndarray:
    """The same angle, the other way round."""
    return np.asarray(q, float) * (1, -1, -1, -1)


def of_vector(vector) -> np.ndarray:
    """The rotation about the vector by its length."""
    x, y, z = map(float, vector)
    angle = math.hypot(x, y, z)
    scale = math.sin(angle / 2) / angle if angle > 1e-12 else 0.5
    return np.array([math.cos(angle / 2), x * scale, y * scale, z * scale])


def to_vector(q) -> np.ndarray:
    """The short way round: at most half a turn."""
    w, x, y, z = map(float, q) if q[0] >= 0 else (-float(v) for v in q)
    sine = math.hypot(x, y, z)
    return np.array([x, y, z]) * (2 * math.atan2(sine, w) / sine if sine > 1e-12 else 2)


def of_matrix(matrix) -> np.ndarray:
    """Of a rotation [3, 3], w not negative. From the largest of the four, so that nothing is divided by nearly zero
    (Shepperd 1978)."""
    m = np.asarray(matrix, float)
    squares = 1 + np.array([m.trace(), *(2 * m.diagonal() - m.trace())])  # four times w2, x2, y2, z2
    largest = int(squares.argmax())
    products = np.array([  # four times each number with each
        [squares[0], m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]],
        [m[2, 1] - m[1, 2], squares[1], m[1, 0] + m[0, 1], m[0, 2] + m[2, 0]],
        [m[0, 2] - m[2, 0], m[1, 0] + m[0, 1], squares[2], m[2, 1] + m[1, 2]],
        [m[1, 0] - m[0, 1], m[0, 2] + m[2, 0], m[2, 1] + m[1, 2], squares[3]]])
    q = products[largest] / np.linalg.norm(products[largest])
    return q if q[0] >= 0 else -q


def to_matrix(q) -> np.ndarray:
    """[3, 3], of a quaternion of length 1."""
    w, x, y, z = q
    return np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                     [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                     [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]])
