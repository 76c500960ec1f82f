"""Where culling hides what it should not: three signs, measured on the mesh, the model and the picture alone.

The thresholds lie between what the trained scenes `street`, `block` and `town` show with their own proxies and what
they show with a proxy moved aside, turned or scaled; the numbers stand beside them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gsrender.camera import Camera

COLUMNS, ROWS = 24, 16  # rays across and down the picture
TRIANGLES, PAIRS = 1 << 16, 1 << 17  # triangles, and pairs of one and a ray, that are looked at together: about 50 MB
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


def cast_rays(vertices: np.ndarray, triangles: np.ndarray, camera: Camera, stop=lambda: False) -> Rays:
    """Looks at a mesh, [V, 3] and [T, 3], on the CPU: 8 ms for 0.1, 24 ms for 0.3, 105 ms for 1.6 million triangles.

    In parts, so that a mesh of which each triangle fills the view takes no more memory. Before each of them it asks
    whether to `stop`; what it returns then is of the parts before."""
    nearest, side = np.full(ROWS * COLUMNS, np.inf), np.zeros(ROWS * COLUMNS, bool)
    if np.isfinite(camera.camera_from_world).all():
        for cell, z, clockwise in _hits(vertices, triangles, camera, stop):
            closer = np.flatnonzero(z < nearest[cell])
            closer = closer[np.argsort(-z[closer])]  # so that the nearest is written last
            nearest[cell[closer]], side[cell[closer]] = z[closer], clockwise[closer]
    return Rays(nearest.reshape(ROWS, COLUMNS), side.reshape(ROWS, COLUMNS))


def _hits(vertices, triangles, camera, stop):
    """Parts of all hits: the cell of the picture, view z and whether the triangle is clockwise."""
    corners = vertices @ camera.rotation.T.astype(np.float32) + np.float32(np.array(camera.camera_from_world)[:, 3])
    z = corners[:, 2]
    column, row = _in_cells(corners, camera)  # times z
    outside = ((column < 0) | (column > (COLUMNS - 1) * z) << 1 | (row < 0) << 2 | (row > (ROWS - 1) * z) << 3
               | (z < camera.near) << 4).astype(np.uint8)
    a, b, c = outside[triangles].T
    seen = triangles[(a & b & c) == 0]  # not wholly beyond one side of the view
    for first in range(0, len(seen), TRIANGLES):
        part = corners[seen[first:first + TRIANGLES]]
        boxes = _boxes(part, camera)
        for some in _parts(_count(boxes)):
            if stop():
                return
            triangle, column, row = _cells(boxes[:, some])
            ray = np.stack([((column + 0.5) * camera.width / COLUMNS - camera.cx) / camera.fx,
                            ((row + 0.5) * camera.height / ROWS - camera.cy) / camera.fy, np.ones(len(row))], 1)
            yield row * COLUMNS + column, *_intersect(ray, part[some][triangle].astype(np.float64))


def _in_cells(points, camera):
    """Column and row of points before the camera, [..., 3], times their view z."""
    x, y, z = np.moveaxis(points, -1, 0)
    return ((camera.fx * x + camera.cx * z) / (camera.width / COLUMNS) - z / 2,
            (camera.fy * y + camera.cy * z) / (camera.height / ROWS) - z / 2)


def _boxes(corners, camera):
    """[4, T] int64: first and last column, first and last row of the cells whose rays may hit triangles [T, 3, 3]: the
    bounding box of what of them lies beyond `near`."""
    last = np.array([COLUMNS - 1, ROWS - 1])[:, None]
    at, beyond = _seen_at(corners, camera), corners[..., 2] >= camera.near
    low, high = at.min(2), at.max(2)
    if not beyond.all():
        cut = np.flatnonzero(~beyond.all(1))
        beyond, corners, ends = beyond[cut], corners[cut], np.roll(corners[cut], -1, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (camera.near - corners[..., 2:]) / (ends[..., 2:] - corners[..., 2:])
            points = np.concatenate([corners, corners + share * (ends - corners)], 1)  # where edges cross it, too
            at = _seen_at(points, camera)
        there = np.concatenate([beyond, beyond != np.roll(beyond, -1, 1)], 1)
        low[:, cut], high[:, cut] = np.where(there, at, np.inf).min(2), np.where(there, at, -np.inf).max(2)
    low, high = np.clip(np.ceil(low), 0, last + 1), np.clip(np.floor(high), -1, last)
    return np.stack([low[0], high[0], low[1], high[1]]).astype(np.int64)


def _seen_at(points, camera):
    """[2, ...]: column and row of points [..., 3]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack(_in_cells(points, camera)) / points[..., 2]


def _count(boxes):
    left, right, top, bottom = boxes
    return np.maximum(right - left + 1, 0) * np.maximum(bottom - top + 1, 0)


def _parts(counts):
    """Slices of triangles that make about PAIRS together, where each makes so many."""
    ends, first = np.cumsum(counts), 0
    while first < len(counts):
        before = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + PAIRS)))
        yield slice(first, last)
        first = last


def _cells(boxes):
    """Pairs of a triangle and a cell of its box: index, column and row."""
    left, right, top, _ = boxes
    pairs, width = _count(boxes), right - left + 1
    triangle = np.repeat(np.arange(len(pairs)), pairs)
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


def outer_side(vertices, triangles, cameras: list[Camera], stop=lambda: False) -> bool | None:
    """Whether triangles are clockwise seen from outside, going by where photographs were taken; None where the mesh
    shows both sides to them, or nothing. `stop` as for `cast_rays`."""
    shares = [cast_rays(vertices, triangles, camera, stop).share_clockwise for camera in cameras]
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
