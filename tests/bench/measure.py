"""What is measured of a scene at one size: whole frames, the frame with nothing in it, the stages alone, memory."""

from __future__ import annotations

import gc
import time
from contextlib import closing

import numpy as np
import torch

from gsrender import Camera, DepthBuffer, Renderer, RenderSettings
from tests.bench import proxy_depth
from tests.bench.floor import Floor
from viewer.choices import FRAME_MODES
from viewer.frame import FrameOrder, end_frame, render_frame
from viewer.scene import Scene
from viewer.statistics import stage_order
from vk_interop.proxy_depth import ProxyDepth

ROUNDS = 3  # of all test cameras: one pause of the host's, of 10 ms, is 0.03 ms a frame of 300
BURST = 4  # frames that are queued behind a sleeping GPU
SLEEP = 6_000_000  # of its clock's ticks, which is 3 ms or more: longer than the host takes to queue them


def whole_frames(scene: Scene, cameras: list[Camera], fly: list[Camera], settings: RenderSettings, frames: int) -> dict:
    """Milliseconds from the camera to the finished RGBA8 picture: of each test camera, which stands still for that many
    frames, the middle of ROUNDS times; and of the fly path; with the floor of the same minute."""
    for camera in (*cameras, *fly):  # so that every buffer has its size
        render_frame(scene, camera, settings)
    size = cameras[0].width, cameras[0].height
    with closing(Floor(scene.device, scene.stream, size)) as floor:
        row = {mode: _in_mode(mode, scene, cameras, fly, settings, frames, floor) for mode in FRAME_MODES}
    if scene.renderer.stats.incomplete:
        raise RuntimeError("pictures are incomplete, so these figures are of other ones")
    return row


def _in_mode(mode: str, scene: Scene, cameras, fly, settings: RenderSettings, frames: int, floor: Floor) -> dict:
    order, waits = FrameOrder(scene), mode == "same-frame"

    def draw(camera):
        end_frame(scene, order.begin(camera, settings, mode))

    rounds, floors = [], []
    gc.collect()
    for _ in range(ROUNDS):
        rounds.append([])
        for camera in cameras:
            floors.append(_clock(floor.draw, [mode] * max(2, frames // 3), waits, floor.wait))
            order.rest()
            draw(camera), scene.renderer.wait()
            rounds[-1].append(_clock(draw, [camera] * frames, waits, scene.renderer.wait))
    still = np.median(rounds, axis=0).tolist()
    path = _intervals(draw, fly, waits, scene.renderer.wait)
    return {"floor": float(np.median(floors)), "frame": float(np.median(still)), "frame_by_camera": still,
            "fly": _spread(path)}


def _clock(draw, frames: list, waits: bool, wait) -> float:
    """Milliseconds of the clock on the wall, divided by the number of frames; only the last is waited for, or all."""
    start = time.perf_counter()
    for frame in frames:
        draw(frame)
        if waits:
            wait()
    wait()
    return 1000 * (time.perf_counter() - start) / len(frames)


def _intervals(draw, frames: list, waits: bool, wait) -> list[float]:
    """Milliseconds of each frame: from the one before being done, or only queued, to this one. A queue that is full
    holds the host up until a frame is done, so these too are the times from picture to picture."""
    marks = [time.perf_counter()]
    for frame in frames:
        draw(frame)
        if waits:
            wait()
        marks.append(time.perf_counter())
    wait()
    return (1000 * np.diff(marks)).tolist()


def _spread(values: list[float]) -> dict:
    return {"frames": len(values), "median": float(np.median(values)),
            "p95": float(np.percentile(values, 95, method="higher")),
            "p99": float(np.percentile(values, 99, method="higher")), "most": max(values)}


def gaussian_stages(scene: Scene, cameras: list[Camera], settings: RenderSettings, frames: int) -> dict:
    """GPU milliseconds of the Gaussian stages with the depth there already: each by the GPU's clock, as stages stamp
    it, and all of them by CUDA events around frames that the GPU finds queued. Median over the cameras."""
    by_stage, events, counts = [], [], []
    for camera in cameras:
        depth = None if settings.culling == "off" else given_depth(scene, camera)
        scene.renderer.render(camera, depth, settings)
        measured = []
        for _ in range(frames):
            scene.renderer.render(camera, depth, settings)
            measured.append(scene.renderer.stats.milliseconds)
        by_stage.append({stage: float(np.median([one[stage] for one in measured])) for stage in measured[0]})
        counts.append(scene.renderer.stats.counts)
        if scene.renderer.is_cuda:
            events.append(_burst(scene.renderer, camera, depth, settings, max(1, frames // BURST)))
    stages = sorted(by_stage[0], key=stage_order)
    return {"stages": {stage: float(np.median([one[stage] for one in by_stage])) for stage in stages},
            "sum": float(np.median([sum(one.values()) for one in by_stage])),
            "events": float(np.median(events)) if events else None,
            "counts": {name: float(np.mean([one[name] for one in counts])) for name in counts[0]}}


def _burst(renderer: Renderer, camera, depth, settings, times: int) -> float:
    """Milliseconds of a frame on the GPU, by events around BURST of them. The GPU sleeps while they are queued, so that
    it does not wait for the host between two."""
    measured = []
    for _ in range(times):
        renderer.wait()
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        torch.cuda._sleep(SLEEP)
        begin.record()
        for _ in range(BURST):
            renderer.draw(camera, depth, settings)
        end.record()
        end.synchronize()
        measured.append(begin.elapsed_time(end) / BURST)
    renderer.wait()
    return float(np.median(measured))


def given_depth(scene: Scene, camera: Camera) -> DepthBuffer:
    """The proxy's depth as it is for this view, in memory of its own."""
    for _ in range(2):  # what the first frame of a view did not know to be visible, it drew in its second pass
        drawn = scene.proxy.render(camera)
        drawn.ready.wait(None)
        levels = drawn.levels.clone()
        if scene.renderer.is_cuda:
            torch.cuda.current_stream().synchronize()
        scene.proxy.finished(None, drawn)
    return DepthBuffer(levels, camera.width, camera.height)


def depth_alone(proxy: ProxyDepth, cameras: list[Camera], fly: list[Camera]) -> dict:
    """GPU milliseconds of the proxy's depth, and the clock's from the call to the depth being there for the host."""
    row = {}
    for name, views in (("test", cameras), ("fly", fly)):
        proxy_depth.run(proxy, views)
        row[name] = proxy_depth.summary(proxy_depth.run(proxy, views))
    return row


def memory(scene: Scene) -> dict:
    """Bytes on the device by name; those of torch's that have no name; and the bound on all of them."""
    own, proxy = scene.renderer.memory, scene.proxy.memory
    report = {"by_name": own | proxy, "model": scene.model.nbytes, "total": sum((own | proxy).values()),
              "bound": int(1.15 * scene.model.nbytes + 600e6)}
    if scene.renderer.is_cuda:
        report["unnamed"] = torch.cuda.memory_allocated() - sum(own.values())
    return report
