"""The memory on the device that draws, by name, and what each name stands for."""

from __future__ import annotations

from gsrender.memory import MemoryLimit, size
from gsrender.renderer import MEMORY as OF_RENDERER
from vk_interop.proxy_depth import MEMORY as OF_PROXY

_RING, _COMPARISON, _LOOKING, _REST = "pictures to the screen", "comparison", "other pictures", "screen, panels, other"
MEMORY = OF_RENDERER | OF_PROXY | {
    _RING: "Finished pictures, 8 bits a channel: one on the screen, one being drawn, one between.",
    _COMPARISON: "A second renderer's buffers, which draw the view without culling, to tell what culling changes.",
    _LOOKING: "Further renderers' buffers, for kinds of pictures that need a frame of their own, and for the second "
              "settings of a comparison.",
    _REST: "What Vulkan has besides: what is on the screen, the panels' letters and thumbnails, padding of buffers."}


def memory_by_name(app) -> dict[str, int]:
    """Bytes; together, all that counts towards the scene's limit."""
    canvas = app.canvas
    return _whole(app.scene, {_RING: canvas.nbytes, _COMPARISON: app.comparison.nbytes,
                              _LOOKING: canvas.looking.nbytes})


def memory_of_page(scene, looking: int) -> dict[str, int]:
    """The same of a page, whose further renderers take `looking` bytes."""
    return _whole(scene, {_LOOKING: looking})


def _whole(scene, beside: dict[str, int]) -> dict[str, int]:
    named = scene.memory | beside
    return named | {_REST: scene.limit.used - sum(named.values())}


def memory_rows(by_name: dict[str, int], limit: MemoryLimit) -> list[tuple[str, str, str]]:
    """(name, bytes in words, meaning): all of it first, then by name, so that the rows stay where they are."""
    of = "" if limit.most is None else ", no limit" if limit.is_lifted else f" of {size(limit.most)}"
    ordered = sorted(by_name.items(), key=lambda row: row[0].lower())
    whole = f"{size(sum(by_name.values()))}{of}"
    return [("memory in all", whole, "On the device that draws: the sum of what stands by its name in this panel."),
            *((name, size(nbytes), MEMORY[name]) for name, nbytes in ordered)]
