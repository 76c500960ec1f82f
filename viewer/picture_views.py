"""Pictures of a scene, of each kind in view_table.py, with the legend that says what their colours mean."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gsrender.camera import Camera
from gsrender.buffers import TILE
from viewer import colours
from viewer.colours import Legend, legend, painted, ramp
from viewer.frustum import draw_frustum
from viewer.proxy_views import clusters, levels, triangles
from viewer.ruler import Ruler
from viewer.shot import Shot
from viewer.view_table import view_kind
from viewer.wireframe import draw_wireframe

REMOVED = (255.0, 30.0, 200.0)
NOTHING = 2**63 - 1
DIM = 0.35  # of a picture that something is drawn over


@dataclass(frozen=True)
class Painted:
    picture: torch.Tensor  # [H, W, 3] uint8
    legend: Legend | None = None


def paint(kind: str, shot: Shot, scale: colours.Scale | None = None, wireframe: bool = False,
          ruler: Ruler = Ruler()) -> Painted:
    """The picture of a kind in view_table.py; where culling is frozen, with the frustum that it is for.

    scale      of the numbers that it shows as colours, where another picture has one; without it, one that fits them
    wireframe  with the edges of the proxy's triangles over it, where there is a proxy
    ruler      that lengths are told by
    """
    shot.scale, shot.ruler = scale, ruler
    result, legend = PAINTERS[kind](shot)
    if wireframe and shot.scene.proxy is not None:
        result = draw_wireframe(result, shot.surfaces)
    if shot.settings.culling_camera is not None:
        low, high = shot.scene.model.bounds
        z = shot.proxy_depth if view_kind(kind).needs_proxy else shot.frame.depth
        result = draw_frustum(result, z, shot.camera, shot.settings.culling_camera, float((high - low).norm()) / 2)
    return Painted(result, legend)


def picture(shot: Shot):
    return shot.picture, None


def alpha(shot: Shot):
    return _scaled(shot.frame.alpha, colours.Scale(0, 1), colours.GREYS, "covered share of the background")


def depth(shot: Shot):
    return _distance(shot, shot.frame.depth, "mean view z of the Gaussians")


def proxy(shot: Shot):
    return _distance(shot, shot.proxy_depth, "view z of the proxy")


def gap(shot: Shot):
    behind = (shot.frame.depth - shot.proxy_depth) * shot.ruler.factor
    return _scaled(behind, shot.scale or colours.signed(behind), colours.SIGNED,
                   f"Gaussians behind the proxy, {shot.ruler.name}")


def removed(shot: Shot):
    """As bright as what was removed, so that its shapes are seen through what hides it."""
    kept, left_out = shot.picture.float(), shot.removed
    brightness = left_out.rgba[..., :3].float().mean(-1, keepdim=True) / 255
    tint = (0.35 + 0.65 * brightness) * kept.new_tensor(REMOVED)
    return torch.lerp(kept, tint, 0.75 * left_out.alpha[..., None]).to(torch.uint8), None


def points(shot: Shot):
    """Centres, three pixels wide, the nearest on top; coarse levels red, fine ones green, as in `levels`."""
    model, camera = shot.scene.model, shot.camera
    chosen = shot.items.long()
    pose = torch.tensor(camera.camera_from_world, device=chosen.device)
    p = model.items.position[chosen] @ pose[:, :3].T + pose[:, 3]
    front = _nearest_points(camera, p)
    if model.levels:
        finest = max(int(model.items.level.max()), 1)
        colour, key = colours.hues(model.items.level[chosen] / finest / 3), _levels_legend(finest)
    else:
        z = p[:, 2] * shot.ruler.factor
        scale = shot.scale or colours.distances(z[p[:, 2] > camera.near])
        colour = ramp(colours.DISTANCE, scale.place(z)).float()
        key = legend(f"view z, {shot.ruler.name}", colours.DISTANCE, scale)
    below = DIM * shot.picture.float()
    over = colour[front.clamp(min=0)] if len(p) else below
    return torch.where((front >= 0)[..., None], over, below).to(torch.uint8), key


def _nearest_points(camera: Camera, p: torch.Tensor) -> torch.Tensor:
    """[H, W] int64: which of the points [N, 3] in the camera's space is seen at a pixel or beside it; -1 for none."""
    x, y, z = p.T
    column, row = (camera.fx * x / z + camera.cx).floor(), (camera.fy * y / z + camera.cy).floor()
    # View z above the index in one number, of which each pixel keeps the least.
    nearest = torch.full((camera.height * camera.width,), NOTHING, device=p.device)
    key = (z.contiguous().view(torch.int32).long() << 32) + torch.arange(len(z), device=p.device)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            u, v = column + right, row + down
            inside = (z > camera.near) & (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
            at = v[inside].long() * camera.width + u[inside].long()
            nearest.scatter_reduce_(0, at, key[inside], "amin")
    nearest = nearest.view(camera.height, camera.width)
    return torch.where(nearest < NOTHING, nearest & 0xFFFFFFFF, -1)


def ellipses(shot: Shot):
    """Flat discs in the splats' own colours, darker towards the rim."""
    look = shot.inspection
    height, width = look.front.shape
    shown, front = look.front >= 0, look.front.clamp(min=0).long()
    if not len(look.colour):
        return painted(torch.zeros((height, width, 3), device=front.device), shown), None
    y, x = torch.meshgrid(torch.arange(height, device=front.device), torch.arange(width, device=front.device),
                          indexing="ij")
    dx, dy = x - look.centre[front, 0], y - look.centre[front, 1]
    xx, xy, yy = look.conic[front].unbind(-1)
    sigmas = (xx * dx * dx + 2 * xy * dx * dy + yy * dy * dy).clamp(0, 1).sqrt()
    shade = 1 - 0.6 * sigmas ** 4
    return painted(255 * look.colour[front].clamp(0, 1) * shade[..., None], shown), None


def overdraw(shot: Shot):
    blended = shot.inspection.blended.float()
    return _scaled(blended, shot.scale or colours.counts(blended), colours.HEAT, "splats that a pixel took")


def pairs(shot: Shot):
    listed = shot.tile_splats.float()
    listed[listed == 0] = torch.inf  # nothing to show
    return _scaled(_over_tiles(listed, shot), shot.scale or colours.wide_counts(listed), colours.HEAT,
                   f"splats in the list of a tile of {TILE} x {TILE} pixels")


def tiles(shot: Shot):
    kept = shot.picture.float()
    edge = kept.new_tensor((255.0, 255.0, 255.0))
    line = torch.zeros(kept.shape[:2], device=kept.device)
    line[::TILE], line[:, ::TILE] = 0.35, 0.35
    return torch.lerp(kept, edge - (kept.mean(-1, keepdim=True) > 128) * edge, line[..., None]).to(torch.uint8), None


def _distance(shot: Shot, z: torch.Tensor, what: str):
    z = z * shot.ruler.factor
    return _scaled(z, shot.scale or colours.distances(z), colours.DISTANCE, f"{what}, {shot.ruler.name}")


def _scaled(values: torch.Tensor, scale: colours.Scale, table, title: str):
    shown = values.isfinite()
    place = scale.place(torch.where(shown, values, scale.most))
    return painted(ramp(table, place), shown), legend(title, table, scale)


def _over_tiles(values: torch.Tensor, shot: Shot) -> torch.Tensor:
    """[rows, columns] of tiles to [H, W] of pixels."""
    pixels = values.repeat_interleave(TILE, 0).repeat_interleave(TILE, 1)
    return pixels[:shot.camera.height, :shot.camera.width]


def _levels_legend(finest: int) -> Legend:
    bar = colours.hues(torch.arange(finest + 1) / finest / 3).int().tolist()
    steps = max(1, -(-colours.STEPS // len(bar)))
    ticks = tuple(((level + 0.5) / len(bar), str(level)) for level in range(finest + 1))
    return Legend("level of detail of the anchors", tuple(tuple(c) for c in bar for _ in range(steps)), ticks)


PAINTERS = {"picture": picture, "alpha": alpha, "depth": depth, "proxy": proxy, "gap": gap, "removed": removed,
            "points": points, "ellipses": ellipses, "overdraw": overdraw, "pairs": pairs, "tiles": tiles,
            "clusters": clusters, "levels": levels, "triangles": triangles}
