"""What a culling that cannot change the picture would have to draw: how often kept splats finish all pixels of a tile
before the nearest one there that `footprint` has dropped.

    python -m tests.bench.exact plain block --data DIR
    python -m tests.bench.exact plain-7x7 --views 4 --data DIR

Such tiles, and those that no dropped splat comes to, are right as they are; the others need a second blend, of one list
of kept and dropped. A dropped splat comes to a tile by its `footprint`, the tiles of its 3 sigma square, which is what
cull knows of it; or only where it `shows`, which sort would have to find out. The footprint of an anchor is larger than
those of its Gaussians, which are taken here. Runs on the CPU, whose lists are in order of depth.
"""

import os
import sys
from dataclasses import astuple, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F

from gsrender import Camera, DepthBuffer, Renderer, RenderSettings
from gsrender._native import check, constants, ffi, pointer
from gsrender.frame_queue import stage_names
from tests.bench.command import exit_code, parser_of
from tests.bench.measure import given_depth
from tests.bench.named import NAMED, open_named

TILE = constants.GS_TILE
NOWHERE = 1 << 32  # behind the bits of every depth
# Of the lamp: just enough opacity to be drawn, pixels of sigma that make it the same all over the picture, and a colour
# of which the 1e-4 that an unfinished pixel lets through at least is a byte of 100.
FAINT, WIDE, BRIGHT = 1.001 / 255, 1e6, 1e6


@dataclass(frozen=True)
class Found:
    """Counts of a view. A dropped splat counts where it is drawn without culling."""

    tiles: int
    untouched: int  # tiles that no dropped splat comes to
    finished: int  # tiles that one comes to, and that are finished before it
    pairs: int  # of kept and dropped splats
    kept: int  # of kept ones
    again: int  # of both, in the tiles that are left
    dropped: int  # splats
    back: int  # dropped splats that come to the tiles that are left


@dataclass(frozen=True)
class Lists:
    """The splats and the tiles' lists of the frame that was drawn last, in memory of its own."""

    splats: torch.Tensor  # [splats, 12] float32, see GsSplat
    pairs: torch.Tensor  # [pairs] int64, near to far within a tile: depth bits << 32 | splat
    tile: torch.Tensor  # [pairs]
    sizes: torch.Tensor  # [tiles]

    @staticmethod
    def of(renderer: Renderer) -> "Lists":
        renderer.wait()
        tensors, counts = renderer.buffers.tensors, renderer.stats.counts
        sizes = renderer.tile_splats.reshape(-1).long()
        return Lists(tensors["splats"][:counts["gaussians"]].clone(), tensors["pairs"][:counts["pairs"]].clone(),
                     torch.repeat_interleave(sizes), sizes)

    def shows(self) -> tuple[torch.Tensor, torch.Tensor]:
        """(tile, splat) wherever a splat shows."""
        return self.tile, self.pairs & 0xFFFFFFFF

    def footprint(self, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
        """(tile, splat) of all tiles of the splats' squares."""
        left, top, right, bottom = self.splats.view(torch.int16)[:, 20:24].long().unbind(1)
        area = (right - left) * (bottom - top)
        splat = torch.repeat_interleave(area)
        within = torch.arange(len(splat)) - (area.cumsum(0) - area)[splat]
        wide = (right - left)[splat]
        return (top[splat] + within // wide) * columns + left[splat] + within % wide, splat

    def nearest(self, tile: torch.Tensor, splat: torch.Tensor) -> torch.Tensor:
        """[tiles] depth bits of the nearest of these."""
        return torch.full_like(self.sizes, NOWHERE).scatter_reduce(0, tile, self.depth_bits[splat], "amin")

    @property
    def depth_bits(self) -> torch.Tensor:
        """[splats] of view z, in its order."""
        return self.splats[:, 9].contiguous().view(torch.int32).long()


def kept_and_dropped(renderer: Renderer, camera: Camera, depth: DepthBuffer) -> tuple[Lists, Lists]:
    """What `footprint` keeps of a view, and what it drops of what is in it."""
    renderer.render(camera)
    everything, pairs = renderer.drawn_items.clone(), renderer.stats.counts["pairs"]
    renderer.render(camera, depth, RenderSettings("footprint"))
    kept_items, kept = renderer.drawn_items.clone(), Lists.of(renderer)
    renderer.render(camera, items=everything[~torch.isin(everything, kept_items)])
    dropped = Lists.of(renderer)
    if len(kept.pairs) + len(dropped.pairs) != pairs:
        raise RuntimeError(f"of {pairs} pairs, {len(kept.pairs)} are kept and {len(dropped.pairs)} dropped")
    return kept, dropped


def look(renderer: Renderer, camera: Camera, depth: DepthBuffer) -> dict[str, Found]:
    """By how a dropped splat comes to a tile."""
    kept, dropped = kept_and_dropped(renderer, camera, depth)
    comes = {"footprint": dropped.footprint(-(-camera.width // TILE)), "shows": dropped.shows()}
    return {by: _counts(renderer, kept, dropped, *where) for by, where in comes.items()}


def _counts(renderer: Renderer, kept: Lists, dropped: Lists, tile: torch.Tensor, splat: torch.Tensor) -> Found:
    nearest = dropped.nearest(tile, splat)
    untouched = nearest == NOWHERE
    finished = finished_before(renderer, kept, nearest) & ~untouched
    left, pairs = ~untouched & ~finished, kept.sizes + dropped.sizes
    return Found(len(left), int(untouched.sum()), int(finished.sum()), int(pairs.sum()), int(kept.sizes.sum()),
                 int(pairs[left].sum()), len(splat.unique()), len(splat[left[tile]].unique()))


def finished_before(renderer: Renderer, lists: Lists, nearest: torch.Tensor) -> torch.Tensor:
    """[tiles] bool: no pixel takes another splat after those of the lists that are nearer than the tile's depth bits.

    Blend itself says so: these splats are painted black, and a pixel that is not finished shows the lamp behind them.
    """
    view, buffers = ffi.new("GsView *", renderer._view[0]), ffi.new("GsBuffers *", renderer._buffers[0])
    nearer = lists.depth_bits[lists.pairs & 0xFFFFFFFF] < nearest[lists.tile]
    tile, lamp = lists.tile[nearer], len(lists.splats)
    splats = F.pad(lists.splats, (0, 0, 0, 1))
    splats[:, 6:9] = 0
    splats[lamp, :10] = torch.tensor([view.width / 2, view.height / 2, WIDE**-2, 0, WIDE**-2, FAINT, *3 * [BRIGHT], 1])
    end = (tile.bincount(minlength=len(nearest)) + 1).cumsum(0)
    pairs = torch.full((len(tile) + len(nearest),), lamp)
    pairs[torch.arange(len(tile)) + tile] = lists.pairs[nearer]  # past the lamps of the tiles before
    pair_from_tile = F.pad(end, (1, 0)).int()
    rgba = torch.empty((view.height, view.width, 4), dtype=torch.uint8)
    view.background, view.rgba = (0, 0, 0), pointer(rgba, "unsigned char *")
    buffers.splats, buffers.pairs = pointer(splats, "GsSplat *"), pointer(pairs, "unsigned long long *")
    buffers.pair_from_tile = pointer(pair_from_tile, "unsigned *")
    buffers.rgb = buffers.alpha = buffers.z = ffi.NULL
    native = renderer._native
    check(native, native.gs_stage(stage_names(native).index("blend"), renderer._model.struct, view, buffers, ffi.NULL))
    lit = (rgba[..., 0] > 0).float()
    return F.max_pool2d(lit[None], TILE, ceil_mode=True).reshape(-1) == 0


def measure(name: str, options) -> list[str]:
    """Lines of the table, over a scene's test views."""
    with open_named(name, options.data, "cpu") as opened:
        cameras = opened.cameras(opened.test, (options.width, options.height), options.views)
        views = [look(opened.scene.renderer, camera, given_depth(opened.scene, camera)) for camera in cameras]
    return [line(name, by, [view[by] for view in views]) for by in views[0]]


def line(name: str, by: str, views: list[Found]) -> str:
    """Shares of what there is in all of these views."""
    of = Found(*(sum(counts) for counts in zip(*map(astuple, views))))
    again = [_share(view.again, view.pairs) for view in views]
    shares = (_share(of.kept, of.pairs), _share(of.untouched, of.tiles), _share(of.finished, of.tiles),
              1 - _share(of.untouched + of.finished, of.tiles), _share(of.again, of.pairs),
              _share(of.back, of.dropped))
    return (f"{name:12}{len(views):6}{by:>11}" + "".join(f"{share:10.1%}" for share in shares)
            + f"{min(again):9.0%} to {max(again):.0%}")


def _share(part: int, of: int) -> float:
    return part / of if of else 0.0


def main(arguments: list[str]) -> int:
    parser = parser_of("exact", __doc__)
    parser.add_argument("scenes", nargs="*", default=["plain", "block"],
                        help=f"of {', '.join(NAMED)} (default: plain block)")
    parser.add_argument("--data", type=Path, metavar="DIR", default=os.environ.get("GSRENDER_DATA"),
                        help="folder of the larger scenes (default: $GSRENDER_DATA)")
    parser.add_argument("--views", type=int, default=16, help="test cameras at most (default: %(default)s)")
    parser.add_argument("--width", type=int, default=960)
    parser.add_argument("--height", type=int, default=640)
    options = parser.parse_args(arguments)
    if min(options.views, options.width, options.height) < 1:
        parser.error("--views, --width and --height: expected 1 or more")
    print("                    dropped     pairs     tiles     tiles     tiles     pairs   dropped     pairs there,\n"
          "scene        views     comes      kept untouched  finished      left     there     there    by the view")

    def work():
        for name in options.scenes:
            print("\n".join(measure(name, options)), flush=True)
    return exit_code(work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
