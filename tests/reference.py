"""The slow twin of every stage in NumPy: what the native code must equal, in the order of the frame.

Written from the formats and formulas of Proxy-GS, Octree-GS, Scaffold-GS and 3D Gaussian Splatting, with matrices, one
item or one pixel at a time where that is clearer. Arrays are float32 as the trainers have them; masks are over all
items. Nothing here is shared with gsrender/csrc.
"""

from __future__ import annotations

import numpy as np

F = np.float32
TILE = 16


def numpy_of(items):
    """The tensors of `Anchors` or `Splats` as a namespace of NumPy arrays."""
    return type("Arrays", (), {k: (v.cpu().numpy() if hasattr(v, "cpu") else v) for k, v in vars(items).items()})


# --- proxy depth ----------------------------------------------------------------------------------------------------


def proxy_depth(vertices, triangles, camera, near=0.01, crop=None):
    """[H, W] linear view z of the nearest triangle under each pixel's centre; +inf where there is none. Of a mesh that
    is cut off at the faces of `crop`.

    A ray a pixel against every triangle: meant for dozens of triangles.
    """
    v, u = np.mgrid[:camera.height, :camera.width] + 0.5
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u)], -1)  # z = 1
    points = vertices.astype(np.float64) @ camera.rotation.T + np.array(camera.camera_from_world)[:, 3]
    depth = np.full(u.shape, np.inf)
    for a, b, c in points[triangles]:
        normal = np.cross(b - a, c - a)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = (a @ normal) / (rays @ normal)  # the ray reaches the triangle's plane at view z
        hit = rays * z[..., None]
        sides = [np.cross(q - p, hit - p) @ normal for p, q in ((a, b), (b, c), (c, a))]
        inside = (np.minimum.reduce(sides) >= 0) & (z > near)
        if crop:
            along = (hit @ camera.rotation + camera.position) @ np.array(crop.axes).T
            inside &= ((along >= crop.low) & (along <= crop.high)).all(-1)
        depth = np.where(inside & (z < depth), z, depth)
    return depth.astype(F)


# --- cull -----------------------------------------------------------------------------------------------------------


def in_camera(camera, points):
    rows = np.array(camera.camera_from_world, F)
    return points @ rows[:, :3].T + rows[:, 3]


def level_mask(anchors, camera, bias=0, limit=None):
    """Which anchors the level of detail keeps, and the factor of their opacity [N] (1 but for the level fading in)."""
    n = len(anchors.position)
    if anchors.levels == 0:
        return np.ones(n, bool), np.ones(n, F)
    fork, last = F(anchors.fork), F(anchors.levels - 1 if limit is None else min(limit, anchors.levels - 1))
    centre = anchors.position + (F(anchors.voxel_size) / 2 / fork ** anchors.level)[:, None]
    distance = np.linalg.norm(centre - camera.position.astype(F), axis=1)
    with np.errstate(divide="ignore"):
        wanted = (np.log2(F(anchors.standard_distance) / distance) / np.log2(fork) + F(bias)
                  + anchors.extra_level).astype(F)
    if anchors.level_map == "progressive":
        p = np.clip(wanted + 1, F(0.9999), last + F(0.9999))
        finest = np.floor(p)
        return anchors.level <= finest, np.where(anchors.level == finest, p - finest, 1).astype(F)
    rounded = {"round": np.round, "floor": np.floor, "ceil": np.ceil}[anchors.level_map](wanted)
    return anchors.level <= np.clip(rounded, 0, last), np.ones(n, F)


def rotation_matrices(quaternions):
    w, x, y, z = np.moveaxis(quaternions, -1, 0)
    rows = [[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def ellipses(camera, position, scale, rotation):
    """EWA splatting: centre [N, 2] and covariance [N, 2, 2] in the picture, view z [N], tile rectangle [N, 4] (left,
    top, behind right, behind bottom), and whether there is anything to draw [N]."""
    p = in_camera(camera, position)
    z = p[:, 2]
    ok = z > F(camera.near)
    safe = np.where(ok, z, 1)
    width, height = camera.whole or (camera.width, camera.height)
    limits = 1.3 * np.array([width / (2 * camera.fx), height / (2 * camera.fy)], F)
    t = np.clip(p[:, :2] / safe[:, None], -limits, limits)
    jacobian = np.zeros((len(p), 2, 3), F)
    jacobian[:, 0, 0], jacobian[:, 1, 1] = camera.fx / safe, camera.fy / safe
    jacobian[:, 0, 2], jacobian[:, 1, 2] = -camera.fx * t[:, 0] / safe, -camera.fy * t[:, 1] / safe
    spread = rotation_matrices(rotation).astype(F) * scale[:, None, :]
    half = jacobian @ camera.rotation.astype(F) @ spread
    covariance = half @ half.transpose(0, 2, 1) + 0.3 * np.eye(2, dtype=F)
    determinant = covariance[:, 0, 0] * covariance[:, 1, 1] - covariance[:, 0, 1] ** 2
    middle = (covariance[:, 0, 0] + covariance[:, 1, 1]) / 2
    radius = np.ceil(3 * np.sqrt(middle + np.sqrt(np.maximum(F(0.1), middle ** 2 - determinant))))
    lens = np.array([camera.fx, camera.fy], F), np.array([camera.cx, camera.cy], F)
    centre = lens[0] * p[:, :2] / (safe[:, None] + F(1e-7)) + lens[1] - F(0.5)
    tiles = tile_rectangles(camera, centre - radius[:, None], centre + radius[:, None])
    ok = ok & (determinant != 0) & (tiles[:, 0] < tiles[:, 2]) & (tiles[:, 1] < tiles[:, 3])
    return centre, covariance, z, tiles, ok


def tile_rectangles(camera, low, high):
    grid = -(-np.array([camera.width, camera.height]) // TILE)
    first = np.clip(np.trunc(low / TILE), 0, grid)
    behind = np.clip(np.trunc((high + TILE - 1) / TILE), 0, grid)
    return np.concatenate([first, behind], axis=1).astype(int)


def is_behind(depth, tiles, nearest, margin):
    """Whether the nearest point of an item lies behind every depth under its tiles, by more than the margin."""
    left, top, right, bottom = tiles * TILE
    texels = depth[top:bottom, left:right]
    return texels.size > 0 and bool(nearest > texels.max() + F(margin))


def hidden_by_centre(camera, depth, margin, position):
    p = in_camera(camera, position)
    hidden = np.zeros(len(p), bool)
    for i in np.flatnonzero(p[:, 2] > F(camera.near)):
        x = F(camera.fx) * p[i, 0] / (p[i, 2] + F(1e-7)) + F(camera.cx)
        y = F(camera.fy) * p[i, 1] / (p[i, 2] + F(1e-7)) + F(camera.cy)
        if -1 < x < camera.width and -1 < y < camera.height:
            hidden[i] = p[i, 2] > depth[int(y), int(x)] + F(margin)
    return hidden


def anchor_footprint(camera, centre, reach, sigma):
    """Tiles that Gaussians of up to `sigma` with centres within `reach` of a point in the camera's space may touch, and
    the nearest view z of their 3 sigma; None where they may come up to the camera."""
    x, y, z = centre
    nearest = z - reach - 3 * sigma
    if not nearest > camera.near:
        return None
    corners = [(x + a * reach, y + b * reach, z + c * reach) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]
    u, v = [c[0] / c[2] for c in corners], [c[1] / c[2] for c in corners]
    tx, ty = np.abs(u).max(), np.abs(v).max()
    focal = max(camera.fx, camera.fy) / (z - reach)
    radius = np.ceil(3 * np.sqrt(sigma ** 2 * focal ** 2 * (1 + tx ** 2 + ty ** 2) + 0.62))
    low = np.array([[camera.fx * min(u) + camera.cx - 0.5 - radius, camera.fy * min(v) + camera.cy - 0.5 - radius]])
    high = np.array([[camera.fx * max(u) + camera.cx - 0.5 + radius, camera.fy * max(v) + camera.cy - 0.5 + radius]])
    return tile_rectangles(camera, low, high)[0], nearest


def hidden_by_footprint(items, camera, depth, margin):
    hidden = np.zeros(len(items.position), bool)
    p = in_camera(camera, items.position)
    if hasattr(items, "offset"):
        reach = np.linalg.norm(items.offset * items.scale[:, None, :3], axis=2).max(1)
        for i in range(len(p)):
            footprint = anchor_footprint(camera, p[i], reach[i], items.scale[i, 3:].max())
            hidden[i] = footprint is not None and is_behind(depth, *footprint, margin)
    else:
        _, _, z, tiles, _ = ellipses(camera, items.position, items.scale, items.rotation)
        nearest = z - 3 * items.scale.max(1)
        for i in range(len(p)):
            hidden[i] = is_behind(depth, tiles[i], nearest[i], margin)
    return hidden


def inside_crop(crop, points):
    """Which points [N, 3] lie in a box, one at a time."""
    faces = [(np.array(axis, F), F(low), F(high)) for axis, low, high in zip(crop.axes, crop.low, crop.high)]
    return np.array([all(low <= axis @ point <= high for axis, low, high in faces) for point in points.astype(F)])


def cull(items, camera, depth=None, culling="off", margin=0.3, bias=0, limit=None, crop=None):
    """Mask of the items after the crop box and the level of detail, and of the visible ones."""
    lod = level_mask(items, camera, bias, limit)[0] if hasattr(items, "offset") else np.ones(len(items.position), bool)
    lod = lod & inside_crop(crop, items.position) if crop else lod
    *_, visible = ellipses(camera, items.position, items.scale[:, :3], items.rotation)
    visible = visible & lod
    if depth is not None and culling == "centre":
        visible &= ~hidden_by_centre(camera, depth, margin, items.position)
    if depth is not None and culling == "footprint":
        visible &= ~hidden_by_footprint(items, camera, depth, margin)
    return lod, visible


# --- decode ---------------------------------------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def mlp(weights, inputs):
    hidden = np.maximum(inputs @ weights.weight1.cpu().numpy() + weights.bias1.cpu().numpy(), 0)
    return hidden @ weights.weight2.cpu().numpy() + weights.bias2.cpu().numpy()


def mlp_inputs(weights, feature, direction, distance, level, appearance):
    parts = [feature] if weights.features else []
    parts += [direction]
    parts += [distance] if weights.distance else []
    parts += [level] if weights.level else []
    parts += [np.broadcast_to(appearance, (len(direction), weights.appearance))] if weights.appearance else []
    return np.concatenate(parts, axis=1).astype(F)


def decode_anchors(anchors, camera, visible, appearance=0, bias=0, limit=None):
    """Gaussians of the visible anchors: dict of position [G, 3], scale, rotation, opacity [G], colour [G, 3]."""
    a = {k: getattr(anchors, k)[visible] for k in ("position", "offset", "feature", "scale", "level")}
    row = anchors.appearance[appearance] if anchors.appearance is not None else None
    towards = a["position"] - camera.position.astype(F)
    distance = np.linalg.norm(towards, axis=1, keepdims=True)
    seen = dict(direction=towards / distance, distance=distance, level=a["level"][:, None], appearance=row)
    feature = a["feature"]
    if anchors.bank_mlp is not None:
        mix = np.exp(mlp(anchors.bank_mlp, mlp_inputs(anchors.bank_mlp, None, **seen)))
        mix /= mix.sum(1, keepdims=True)
        feature = (np.tile(feature[:, ::4], 4) * mix[:, :1] + np.tile(feature[:, ::2], 2) * mix[:, 1:2] +
                   feature * mix[:, 2:])
    run = lambda weights: mlp(weights, mlp_inputs(weights, feature, **seen))
    n, k = a["offset"].shape[:2]
    _, fade = level_mask(anchors, camera, bias, limit)
    opacity = np.tanh(run(anchors.opacity_mlp)) * fade[visible][:, None]
    covariance = run(anchors.covariance_mlp).reshape(n, k, 7)
    colour = sigmoid(run(anchors.colour_mlp)).reshape(n, k, 3)
    quaternion = covariance[..., 3:]
    quaternion = quaternion / np.maximum(np.linalg.norm(quaternion, axis=-1, keepdims=True), 1e-12)
    scale = a["scale"][:, None]
    keep = opacity > 0
    return dict(position=(a["position"][:, None] + a["offset"] * scale[..., :3])[keep],
                scale=(scale[..., 3:] * sigmoid(covariance[..., :3]))[keep], rotation=quaternion[keep],
                opacity=opacity[keep], colour=colour[keep])


def sh_basis(d):
    """[N, 16] real spherical harmonics of unit directions, from Legendre functions and not a table of constants."""
    from math import factorial, pi, sqrt
    x, y, z = d.astype(np.float64).T
    azimuth = (x + 1j * y)  # r sin(theta) e^(i phi)
    legendre = {  # associated Legendre functions of z without the sine powers, which `azimuth` carries
        (0, 0): z * 0 + 1, (1, 0): z, (1, 1): z * 0 + 1, (2, 0): (3 * z ** 2 - 1) / 2, (2, 1): 3 * z, (2, 2): z * 0 + 3,
        (3, 0): (5 * z ** 3 - 3 * z) / 2, (3, 1): (15 * z ** 2 - 3) / 2, (3, 2): 15 * z, (3, 3): z * 0 + 15}
    columns = []
    for degree in range(4):
        for m in range(-degree, degree + 1):
            k = abs(m)
            norm = sqrt((2 * degree + 1) / (4 * pi) * factorial(degree - k) / factorial(degree + k))
            wave = azimuth ** k
            part = wave.imag if m < 0 else wave.real
            columns.append((-1) ** k * (sqrt(2) if m else 1) * norm * legendre[degree, k] * part)
    return np.stack(columns, 1)


def decode_splats(splats, camera, visible):
    towards = splats.position[visible] - camera.position
    basis = sh_basis(towards / np.linalg.norm(towards, axis=1, keepdims=True))[:, :splats.sh.shape[1]]
    colour = np.maximum(np.einsum("nk,nkc->nc", basis, splats.sh[visible]) + 0.5, 0)
    return dict(position=splats.position[visible], scale=splats.scale[visible], rotation=splats.rotation[visible],
                opacity=splats.opacity[visible], colour=colour.astype(F))


def decode(items, camera, visible, appearance=0, bias=0, limit=None):
    if hasattr(items, "offset"):
        return decode_anchors(items, camera, visible, appearance, bias, limit)
    return decode_splats(items, camera, visible)


# --- project, sort, blend -------------------------------------------------------------------------------------------


def project(camera, gaussians):
    """Adds centre, conic (inverse covariance [G, 2, 2]), z, tiles and drawn to the Gaussians."""
    shapes = (gaussians[name] for name in ("position", "scale", "rotation"))
    centre, covariance, z, tiles, drawn = ellipses(camera, *shapes)
    conic = np.linalg.inv(covariance.astype(np.float64)).astype(F)
    return dict(gaussians, centre=centre, conic=conic, z=z, tiles=tiles, drawn=drawn)


def sort(camera, splats):
    """For each tile, row by row, the splats whose rectangle covers it: indices from near to far, ties by index."""
    columns, rows = -(-camera.width // TILE), -(-camera.height // TILE)
    order = [i for i in np.argsort(splats["z"], kind="stable") if splats["drawn"][i]]
    tiles = [[] for _ in range(columns * rows)]
    for i in order:
        left, top, right, bottom = splats["tiles"][i]
        for row in range(top, bottom):
            for column in range(left, right):
                tiles[row * columns + column].append(i)
    return tiles


def alpha_in_tile(camera, splat, tile):
    """[16, 16] alpha of one projected record (x, y, conic xx xy yy, opacity, ...) at the pixel centres of a tile."""
    columns = -(-camera.width // TILE)
    y, x = np.mgrid[:TILE, :TILE] + np.array([tile // columns, tile % columns])[:, None, None] * TILE
    dx, dy = x - splat[0], y - splat[1]
    return splat[5] * np.exp(-0.5 * (splat[2] * dx * dx + splat[4] * dy * dy) - splat[3] * dx * dy)


def blend(camera, splats, tiles, background):
    """rgb [H, W, 3] unclamped, alpha [H, W], depth [H, W] (expected view z, +inf where nothing is)."""
    height, width = camera.height, camera.width
    rgb, through = np.zeros((height, width, 3)), np.ones((height, width))
    z, live = np.zeros((height, width)), np.ones((height, width), bool)
    columns = -(-width // TILE)
    for tile, members in enumerate(tiles):
        top, left = tile // columns * TILE, tile % columns * TILE
        here = np.s_[top:min(top + TILE, height), left:min(left + TILE, width)]
        v, u = np.mgrid[here]
        for i in members:
            d = np.stack([u, v], -1) - splats["centre"][i]
            power = -0.5 * np.einsum("hwi,ij,hwj->hw", d, splats["conic"][i], d)
            alpha = np.minimum(0.99, splats["opacity"][i] * np.exp(np.minimum(power, 0)))
            alpha = np.where((power <= 0) & (alpha >= 1 / 255) & live[here], alpha, 0)
            stops = through[here] * (1 - alpha) < 1e-4
            live[here] &= ~stops
            weight = np.where(stops, 0, alpha * through[here])
            rgb[here] += weight[..., None] * splats["colour"][i]
            z[here] += weight * splats["z"][i]
            through[here] *= np.where(stops, 1, 1 - alpha)
            if not live[here].any():
                break
    alpha = 1 - through
    with np.errstate(invalid="ignore", divide="ignore"):
        depth = np.where(alpha > 0, z / alpha, np.inf)
    return rgb + through[..., None] * np.array(background), alpha, depth


def inspect(camera, splats, tiles, opacity=0.0):
    """For each pixel [H, W]: how many splats it takes until it is finished, and the nearest one of at least that
    opacity within 1 sigma of whose centre it lies, -1 where there is none."""
    columns = -(-camera.width // TILE)
    blended = np.zeros((camera.height, camera.width), int)
    front = np.full_like(blended, -1)
    for y, x in np.ndindex(blended.shape):
        through, live = 1.0, True
        for i in tiles[y // TILE * columns + x // TILE]:
            d = np.array([x, y]) - splats["centre"][i]
            squared = d @ splats["conic"][i] @ d
            if front[y, x] < 0 and squared <= 1 and splats["opacity"][i] >= opacity:
                front[y, x] = i
            alpha = min(0.99, splats["opacity"][i] * np.exp(-squared / 2))
            if live and alpha >= 1 / 255:
                live = through * (1 - alpha) >= 1e-4
                blended[y, x] += live
                through *= 1 - alpha
    return blended, front


def render(items, camera, depth=None, culling="off", margin=0.3, background=(0, 0, 0), appearance=0):
    """The whole frame: (rgb, alpha, depth) and its counts."""
    items = numpy_of(items)
    lod, visible = cull(items, camera, depth, culling, margin)
    splats = project(camera, decode(items, camera, visible, appearance))
    tiles = sort(camera, splats)
    counts = dict(lod=int(lod.sum()), visible=int(visible.sum()), gaussians=len(splats["z"]),
                  drawn=int(splats["drawn"].sum()))
    return blend(camera, splats, tiles, background), counts
