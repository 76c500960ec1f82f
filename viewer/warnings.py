"""Where culling hides what it should not: three signs, measured on the mesh, the model and the picture alone.

The thresholds lie between what the trained scenes `street`, `block` and `town` show with their own proxies and what
they show with a proxy moved aside, turned or scaled; the numbers stand beside them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gsrender.camera import Camera

COLUMNS, ROWS = 24, 16  # rays across and down the picture
SAMPLES = 200_000  # points on the mesh
ITEMS = 4096
NEAR = 1 / 64  # of the model's radius: an item within one or two of these has the proxy near it

COVERED = 0.7  # of the items. Aligned 0.89-0.98; moved by a tenth of the radius 0.40-0.55, axes swapped 0.05-0.12
EMPTIED = 0.2  # of the rays that hit the proxy. Aligned at most 0.08; moved by 1-4 m to the camera mostly 0.24-0.75
FROM_BEHIND = 0.5  # of the rays. From the street 0.0, from inside a building 1.0
ONE_SIDED = 0.1  # a mesh whose dataset views see both sides more than this has no outside


@dataclass(frozen=True)
class Rays:
    """What a grid of rays through a picture hits of a mesh, [ROWS, COLUMNS]. Rays pass the middles of equal cells."""

    z: np.ndarray  # float64, view z in scene units; +inf where nothing is hit
    clockwise: np.ndarray  # bool, whether the triangle's corners go round clockwise as seen

    @property
    def hit(self) -> np.ndarray:
        return np.isfinite(self.z)

    @property
    def share_clockwise(self) -> float | None:
        """Of the rays that hit; None where too few do to tell."""
        return float(self.clockwise[self.hit].mean()) if self.hit.mean() > 0.05 else None


def cast_rays(vertices: np.ndarray, triangles: np.ndarray, camera: Camera) -> Rays:
    """Looks at a mesh, [V, 3] and [T, 3], on the CPU: 8 ms for 0.1, 24 ms for 0.3, 105 ms for 1.6 million triangles."""
    corners = vertices @ camera.rotation.T.astype(np.float32) + np.float32(np.array(camera.camera_from_world)[:, 3])
    z = corners[:, 2]
    column = (camera.fx * corners[:, 0] + camera.cx * z) / (camera.width / COLUMNS) - z / 2  # in cells, times z
    row = (camera.fy * corners[:, 1] + camera.cy * z) / (camera.height / ROWS) - z / 2
    outside = ((column < 0) | (column > (COLUMNS - 1) * z) << 1 | (row < 0) << 2 | (row > (ROWS - 1) * z) << 3
               | (z < camera.near) << 4).astype(np.uint8)
    a, b, c = outside[triangles].T
    seen = triangles[(a & b & c) == 0]  # not wholly beyond one side of the view
    pair_triangle, pair_column, pair_row = _cells(column[seen], row[seen], z[seen], camera.near)
    ray = np.stack([((pair_column + 0.5) * camera.width / COLUMNS - camera.cx) / camera.fx,
                    ((pair_row + 0.5) * camera.height / ROWS - camera.cy) / camera.fy, np.ones(len(pair_row))], 1)
    z, clockwise = _intersect(ray, corners[seen[pair_triangle]].astype(np.float64))
    cell = pair_row * COLUMNS + pair_column
    order = np.argsort(-z)  # so that the nearest is written last
    nearest, side = np.full(ROWS * COLUMNS, np.inf), np.zeros(ROWS * COLUMNS, bool)
    nearest[cell[order]], side[cell[order]] = z[order], clockwise[order]
    return Rays(nearest.reshape(ROWS, COLUMNS), side.reshape(ROWS, COLUMNS))


def _cells(column, row, z, near):
    """Pairs of a triangle and a ray that may hit it: those in its bounding box, all of them where it crosses `near`."""
    in_front = (z >= near).all(1)
    bounds = []
    for value, count in ((column, COLUMNS), (row, ROWS)):
        cell = value / np.where(z > 0, z, 1)
        bounds.append(np.where(in_front, np.clip(np.ceil(cell.min(1)), 0, count), 0).astype(np.int64))
        bounds.append(np.where(in_front, np.clip(np.floor(cell.max(1)), -1, count - 1), count - 1).astype(np.int64))
    left, right, top, bottom = bounds
    width = np.maximum(right - left + 1, 0)
    pairs = width * np.maximum(bottom - top + 1, 0)
    triangle = np.repeat(np.arange(len(z)), pairs)
    within = np.arange(len(triangle)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    return triangle, left[triangle] + within % width[triangle], top[triangle] + within // width[triangle]


def _intersect(ray, corners):
    """View z at which rays from the eye hit triangles, [P, 3] and [P, 3, 3], +inf for a miss; and the side they see."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    # Volumes of the tetrahedra of the eye, the ray and an edge: of one sign where the ray passes between the edges.
    volumes = np.stack([np.einsum("ij,ij->i", ray, np.cross(*edge)) for edge in ((b, c), (c, a), (a, b))])
    facing = volumes.sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.einsum("ij,ij->i", a, np.cross(b - a, c - a)) / facing
    hit = ((volumes >= 0).all(0) | (volumes <= 0).all(0)) & (z > 0) & np.isfinite(z)
    return np.where(hit, z, np.inf), facing > 0


def outer_side(vertices, triangles, cameras: list[Camera]) -> bool | None:
    """Whether triangles are clockwise seen from outside, going by where photographs were taken; None where the mesh
    shows both sides to them, or nothing."""
    shares = [cast_rays(vertices, triangles, camera).share_clockwise for camera in cameras]
    shares = [share for share in shares if share is not None]
    mean = np.mean(shares) if shares else 0.5
    return None if ONE_SIDED < mean < 1 - ONE_SIDED else bool(mean > 0.5)


def share_near_proxy(positions: np.ndarray, vertices: np.ndarray, triangles: np.ndarray, radius: float) -> float:
    """Share of positions [N, 3] that have the mesh within one or two cells of radius * NEAR. Under a second."""
    random = np.random.default_rng(0)
    positions = positions[random.choice(len(positions), min(len(positions), ITEMS), replace=False)]
    cell = np.floor(_points_on(vertices, triangles, random) / (radius * NEAR)).astype(np.int64)
    occupied = np.unique(_key(cell))
    at, near = np.floor(positions / (radius * NEAR)).astype(np.int64), np.zeros(len(positions), bool)
    for step in np.ndindex(3, 3, 3):
        near |= np.isin(_key(at + np.array(step) - 1), occupied)
    return float(near.mean())


def _points_on(vertices, triangles, random):
    """SAMPLES points spread evenly over the mesh's area."""
    a, b, c = (vertices[triangles[:, corner]].astype(np.float64) for corner in range(3))
    area = np.cumsum(np.linalg.norm(np.cross(b - a, c - a), axis=1))
    chosen = np.minimum(np.searchsorted(area, random.random(SAMPLES) * area[-1]), len(area) - 1)
    root, share = np.sqrt(random.random((SAMPLES, 1))), random.random((SAMPLES, 1))
    return a[chosen] * (1 - root) + b[chosen] * root * (1 - share) + c[chosen] * root * share


def _key(cell):
    """A number for a cell [N, 3]; two cells that share one by chance, at 200,000 of 2^60, do not matter."""
    return (cell[:, 0] * 73856093) ^ (cell[:, 1] * 19349663 << 10) ^ (cell[:, 2] * 83492791 << 20)


def emptied_share(rays: Rays, culled: np.ndarray, full: np.ndarray) -> float:
    """Share of the proxy in view over which culling leaves nothing of what is there without it. `culled` and `full`:
    how much of the background each picture covers at the rays, [ROWS, COLUMNS]."""
    return float(((culled < 0.5) & (full >= 0.5))[rays.hit].mean()) if rays.hit.any() else 0.0


def about_model(source: str, has_levels: bool) -> list[str]:
    """For a model that shows no sign of having been trained with a proxy: only layouts with levels of detail can be."""
    if has_levels:
        return []
    return [f"The model ({source}) looks as if it was trained without a proxy: surfaces that light passes through lose "
            "what lies behind them."]


def about_alignment(share: float) -> list[str]:
    if share >= COVERED:
        return []
    return [f"Only {share:.0%} of the model has the proxy near it: is it another scene's, or are its axes or its scale "
            "different? --proxy-transform and --up move it."]


def about_side(rays: Rays, outer: bool | None) -> list[str]:
    """For one camera; `outer` from `outer_side`."""
    clockwise = rays.share_clockwise
    if outer is None or clockwise is None or abs(clockwise - outer) <= FROM_BEHIND:
        return []
    return ["The camera is inside or behind the proxy: what lies beyond its walls is hidden."]


def about_emptied(share: float) -> list[str]:
    """For one picture, `share` from `emptied_share`."""
    if share <= EMPTIED:
        return []
    return [f"Culling leaves nothing on {share:.0%} of the proxy in view, where there is something without it. Is the "
            "proxy aligned? A larger margin or `footprint` hides less."]
