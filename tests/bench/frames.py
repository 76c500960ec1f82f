"""Measures named scenes and writes one table: whole frames beside their floor, the Gaussian stages alone, the proxy's
depth alone, and memory by name.

    python -m tests.bench.frames --scenes block,block-4x4 --sizes 960x640 --out DIR
    python -m tests.bench.frames --scenes street --frames 4 --views 2 --out DIR      a try, on a machine without a GPU

Writes frames.json and frames.md, anew after each scene; `tests.bench.results` puts such files into RESULTS.md. Levels
of detail are read from `<mesh>.clusters` where they were built before: `python -m viewer clusters MESH`.

Time of a whole frame: the clock on the wall over --frames frames of a test camera divided by their number, each
waited for in `same-frame`, only the last in `pipelined`, from the camera to the finished RGBA8 picture: the middle of
three such times, and then the median over the test cameras. The fly path's frames are timed one by one. The floor is
measured in turn with them: the same Vulkan submit, hand-over and CUDA launch with nothing in them.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from gsrender import Renderer, RenderSettings
from tests.bench.command import exit_code, parser_of
from tests.bench.measure import depth_alone, gaussian_stages, memory, whole_frames
from tests.bench.named import NAMED, Opened, open_named
from tests.bench.tables import tables
from viewer.machine import describe
from viewer.options import size
from viewer.output import check_place, write_whole

SIZES = "960x640,1920x1280,3840x2160"


def measure(opened: Opened, size: tuple[int, int], options, report: dict):
    """Adds this scene's rows at this size to the report."""
    scene = opened.scene
    named, cameras = NAMED[opened.name], opened.cameras(opened.test, size, options.views)
    fly = opened.cameras(opened.fly, size, options.fly)
    row = {"scene": opened.name, "size": list(size), "triangles": opened.triangles, "items": len(scene.model.items),
           "kind": scene.model.kind, "cameras": len(cameras), "frames": options.frames}
    report["depth"].append(row | depth_alone(scene.proxy, cameras, fly))
    if named.whole:
        settings = _fresh(scene, named.whole)
        found = whole_frames(scene, cameras, fly, settings, options.frames)
        report["frames"].append(row | {"culling": named.whole} | found)
        report["memory"].append(row | {"culling": named.whole} | memory(scene))
    for culling in named.alone:
        found = gaussian_stages(scene, cameras, _fresh(scene, culling), max(1, options.frames // 5))
        report["gaussians"].append(row | {"culling": culling} | found)


def _fresh(scene, culling: str) -> RenderSettings:
    """Settings, and a renderer whose memory is that of this way of drawing alone."""
    scene.renderer = None
    scene.renderer = Renderer(scene.model, ())
    return RenderSettings(culling, background=scene.model.background)


def sizes_of(text: str) -> list[tuple[int, int]]:
    return [size(one) for one in text.split(",")]


def commit() -> str:
    """Of the working tree."""
    try:
        return subprocess.run(["git", "describe", "--always", "--dirty"], cwd=Path(__file__).parent, check=True,
                              capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def command(options) -> str:
    """That measures the same again; folders are anyone's own."""
    sizes = ",".join(f"{width}x{height}" for width, height in options.sizes)
    return (f"python -m tests.bench.frames --scenes {','.join(options.scenes)} --sizes {sizes} "
            f"--frames {options.frames} --views {options.views} --fly {options.fly}")


def run(options) -> dict:
    report = {"command": command(options), "commit": options.commit,
              "machine": {}, "lod_error": options.lod_error, "seconds": {},
              "frames": [], "gaussians": [], "depth": [], "memory": []}
    for name in options.scenes:
        _add_scene(name, options, report)
        for suffix, text in (("json", json.dumps(report, indent=1)), ("md", tables([report]))):
            with write_whole(options.out / f"frames.{suffix}") as file:
                file.write(text.encode())
    return report


def _add_scene(name: str, options, report: dict):
    start = time.monotonic()
    with open_named(name, options.data, options.backend, options.lod_error) as opened:
        took = time.monotonic() - start
        report["machine"] = describe(opened.scene)
        for size in options.sizes:
            measure(opened, size, options, report)
    report["seconds"][name] = time.monotonic() - start
    print(f"{name}: opened in {took:.1f} s, done in {report['seconds'][name]:.1f} s", file=sys.stderr, flush=True)


def parsed(arguments: list[str]):
    parser = parser_of("frames", __doc__)
    parser.add_argument("--scenes", default=",".join(NAMED), type=lambda text: text.split(","),
                        help="with commas (default: %(default)s)")
    parser.add_argument("--sizes", default=SIZES, type=sizes_of, help="with commas (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--data", metavar="DIR", default=os.environ.get("GSRENDER_DATA"),
                        help="folder of the larger scenes, block and town (default: $GSRENDER_DATA)")
    parser.add_argument("--frames", type=int, default=300, help="of each test camera (default: %(default)s)")
    parser.add_argument("--views", type=int, default=16,
                        help="test cameras at most, evenly from all of them (default: %(default)s)")
    parser.add_argument("--fly", type=int, default=1000, help="frames of the fly path at most (default: all)")
    parser.add_argument("--lod-error", type=float, default=1.0, metavar="PX",
                        help="pixels that the proxy's surface may be off (default: %(default)s)")
    parser.add_argument("--commit", default=commit(), help="what is measured (default: what git says)")
    parser.add_argument("--backend", default="auto", choices=("auto", "cuda", "cpu"))
    options = parser.parse_args(arguments)
    options.data = Path(options.data) if options.data else None
    if min(options.frames, options.views, options.fly) < 1:
        parser.error("--frames, --views and --fly: expected 1 or more")
    return options


def main(arguments: list[str]) -> int:
    options = parsed(arguments)

    def work():
        check_place(options.out / "frames.json")
        print(tables([run(options)]))
    return exit_code(work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
