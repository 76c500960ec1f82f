"""A ceiling is never gone through, and what does not fit below it is said in one sentence."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gsrender import DeviceError, Renderer
from gsrender._native import ffi, library
from gsrender.buffers import COUNTS, COUNTS_WORDS, Buffers, Room
from gsrender.chunks import arranged
from gsrender.frame_queue import stage_names
from gsrender.memory import MemoryLimit, NoRoom, default_most, free_bytes
from gsrender.renderer import MEMORY


class Held:
    def __init__(self, nbytes: int):
        self.nbytes = nbytes


def test_what_lives_is_counted_once_and_what_is_gone_is_not():
    limit, first, second = MemoryLimit(100), Held(30), Held(50)
    limit.count(first), limit.count(first), limit.count(second)
    assert limit.used == 80
    limit.check(20, "a picture")
    with pytest.raises(NoRoom, match=r"^a picture needs 0.0 KiB more, and of the 0.1 KiB of memory"):
        limit.check(21, "a picture")
    del second
    first.nbytes = 35
    assert limit.used == 35
    limit.check(65, "a picture")


def test_by_default_a_device_keeps_some_of_what_it_has_free():
    free = free_bytes("cpu")
    assert 0 < free // 3 < default_most("cpu") < free


def test_all_that_a_renderer_takes_has_a_name_and_counts(model, device, camera):
    limit = MemoryLimit()
    renderer = Renderer(model.to(device), limit=limit)
    renderer.render(camera)
    assert limit.used == sum(renderer.memory.values()) and renderer.memory["model"] == renderer.model.nbytes
    other = Renderer(renderer.model, (), limit)  # the model is there once
    assert limit.used == sum(renderer.memory.values()) + other.nbytes
    del renderer
    assert limit.used == sum(other.memory.values())


def test_each_name_of_memory_is_explained_and_each_explanation_is_of_one(model, device):
    renderer = Renderer(model.to(device))
    elsewhere = {"cpu": "camera", "cuda": "Gaussians"}[device]
    assert renderer.memory.keys() == MEMORY.keys() - {elsewhere}
    assert all(help.endswith(".") and "_" not in name for name, help in MEMORY.items())


def test_bounds_and_weights_count_from_the_start(model, device):
    model = arranged(model).to(device)
    needed = model.nbytes + Renderer(model, ()).nbytes
    Renderer(model, (), MemoryLimit(needed))
    with pytest.raises(NoRoom, match="^room for .* Gaussians and 262,144 tile pairs needs"):
        Renderer(model, (), MemoryLimit(needed - 1))


def test_a_frame_that_may_not_grow_stays_incomplete_and_says_why(model, device, camera):
    limit = MemoryLimit()
    renderer = Renderer(model.to(device), ("rgb",), limit)
    right = renderer.render(camera).rgb.clone()
    few = replace(renderer.buffers.room, pairs=renderer.stats.counts["pairs"] // 3)
    renderer.buffers.fit(few)
    limit.most = limit.used
    for _ in range(3):
        renderer.draw(camera)
        assert not renderer.wait() and limit.used <= limit.most and renderer.buffers.room == few
        assert "tile pairs needs" in renderer.refusal and "allow more memory" in renderer.refusal
    with pytest.raises(NoRoom, match="tile pairs needs .* KiB more, and of the .* [KM]iB of memory that may be taken"):
        renderer.render(camera)
    limit.most *= 2
    assert torch.equal(renderer.render(camera).rgb, right) and renderer.refusal is None


def test_where_there_is_no_room_to_spare_there_is_what_the_frame_needs(model, device, camera):
    limit = MemoryLimit()
    renderer = Renderer(model.to(device), ("rgb",), limit)
    right, needed = renderer.render(camera).rgb.clone(), renderer.stats.counts["pairs"]
    renderer.buffers.fit(replace(renderer.buffers.room, pairs=needed))
    limit.most = limit.used
    renderer.buffers.fit(replace(renderer.buffers.room, pairs=needed // 3))
    assert torch.equal(renderer.render(camera).rgb, right) and renderer.buffers.room.pairs == needed


def test_a_picture_too_large_for_the_ceiling_is_refused_and_the_next_one_drawn(model, device, camera):
    limit = MemoryLimit()
    renderer = Renderer(model.to(device), ("rgb",), limit)
    right = renderer.render(camera).rgb.clone()
    limit.most = limit.used
    with pytest.raises(NoRoom, match=f"^a picture of {4 * camera.width} x {4 * camera.height} with "):
        renderer.draw(camera.resized(4 * camera.width, 4 * camera.height))
    assert torch.equal(renderer.render(camera).rgb, right)


def test_memory_that_runs_out_halfway_leaves_the_buffers_as_they_were(model, device, camera, monkeypatch):
    renderer = Renderer(model.to(device), ("rgb",))
    right, room = renderer.render(camera).rgb.clone(), renderer.buffers.room
    made, new = [], Buffers._new

    def runs_out(buffers, shape, dtype):
        made.append(shape)
        if len(made) == 2:
            raise torch.OutOfMemoryError("no more memory to allocate")
        return new(buffers, shape, dtype)
    monkeypatch.setattr(Buffers, "_new", runs_out)
    with pytest.raises(NoRoom, match="not enough memory for a picture of 512 x 512: draw a smaller one"):
        renderer.draw(camera.resized(512, 512))
    assert len(made) > 3 and renderer.buffers.room == room and torch.equal(renderer.render(camera).rgb, right)


@pytest.mark.parametrize("counts, refused", [
    ({"gaussians": 1, "pairs": 2**31}, "2,147,483,648 pairs and at most 1,717,986,918"),
    ({"gaussians": 2**33, "pairs": 1}, "8,589,934,592 gaussians and at most 1,717,986,918")])
def test_more_than_32_bits_count_is_refused_before_anything_is_allocated(model, device, counts, refused):
    renderer = Renderer(model.to(device), ())
    before = renderer.memory
    assert refused in renderer._grow(counts) and "draw a smaller picture or cull more" in renderer._grow(counts)
    assert renderer.memory == before


@pytest.mark.parametrize("items, each", [(2**31, 1), (2**28, 8)])
def test_a_model_of_more_gaussians_than_32_bits_count_is_refused(items, each):
    offset = torch.zeros(1).expand(items, each, 3)  # no memory behind it
    kind = "splats" if each == 1 else "anchors"
    huge = SimpleNamespace(kind=kind, device=torch.device("cpu"),
                           items=type("Items", (), {"__len__": lambda self: items, "offset": offset})())
    with pytest.raises(DeviceError, match=f"{items:,} {kind} of {each} Gaussians: fewer than 2\\^31 in all"):
        Buffers(huge, (), lambda room: 0, MemoryLimit())


def test_bytes_beyond_32_bits_are_counted_right(model, device):
    """A picture of the largest size, and a billion pairs: never allocated, as the ceiling is far below."""
    renderer = Renderer(model.to(device), limit=(limit := MemoryLimit()))
    limit.most = limit.used
    with pytest.raises(NoRoom) as refused:
        renderer.buffers.fit(Room(10**9, 10**9, 16384, 16384))
    needed = 48 * 10**9 + 8 * 10**9 + 2**28 * (4 + 12 + 4 + 4)
    assert float(str(refused.value).split(" needs ")[1].split(" GiB")[0]) > needed / 2**30


def test_pairs_beyond_32_bits_are_counted_right_and_never_written():
    """Splats over the whole of the largest picture, 2^20 tiles each, with room for few of their pairs. On the CPU:
    CUDA's sort begins with what other stages left."""
    native, splats, side = library("cpu"), 2100, 1024
    pairs, room = splats * side * side, 16
    assert pairs > 2**31
    view = ffi.new("GsView *", {"width": 16 * side, "height": 16 * side})
    row = np.zeros(splats, np.dtype([("floats", "<f4", 10), ("tiles", "<i2", 4)]))
    row["floats"] = 8 * side, 8 * side, 1e-12, 0, 1e-12, 0.9, 1, 1, 1, 5  # centre, conic, opacity, colour, z
    row["tiles"] = 0, 0, side, side
    counts, first = np.zeros(COUNTS_WORDS, np.int64), np.zeros(side * side + 1, np.uint32)
    counts[COUNTS.index("gaussians")] = splats
    listed = np.full(room + 16, 77, np.uint64)
    buffers = ffi.new("GsBuffers *", {"gaussian_capacity": splats, "pair_capacity": room})
    model = ffi.new("GsModel *")
    scratch = np.zeros(native.gs_scratch_bytes(model, view, buffers), np.uint8)
    for name, array in (("counts", counts), ("splats", row), ("pair_from_tile", first), ("pairs", listed),
                        ("scratch", scratch)):
        setattr(buffers, name, ffi.cast(ffi.typeof(getattr(buffers, name)), array.ctypes.data))
    assert native.gs_stage(stage_names(native).index("sort"), model, view, buffers, ffi.NULL) == 0
    assert counts[COUNTS.index("pairs")] == pairs and first[-1] == room
    assert (listed[:room] != 77).all() and (listed[room:] == 77).all()
