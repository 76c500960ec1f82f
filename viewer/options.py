"""The command line's options: what each command takes. Nothing heavy is imported here, so that --help comes at once."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from pathlib import Path

from gsrender.errors import InputError
from gsrender.settings import CULLING, FARTHEST, LARGEST_SIDE
from viewer.choices import AXES, FRAME_MODES
from viewer.view_table import VIEW_NAMES, VIEWS
from vk_interop.depth_settings import MOST_ERROR, RASTERS

SUMMARIES = {
    "window": "open a window and fly (the command that is meant where none is given)",
    "serve": "show the scene in web browsers, drawn here",
    "render": "draw the views of cameras files as PNG",
    "fly": "draw the film of a camera path as .mp4 or as PNG",
    "depth": "write depth caches of a proxy mesh",
    "bench": "measure frames with and without culling",
    "clusters": "build a proxy mesh's levels of detail, or say what was built",
    "info": "say what a model or a mesh is",
    "doctor": "say what this machine has and what is missing",
}
MESHES = (".glb", ".gltf", ".obj")  # which models never are
EPILOG = ("exit codes: 0 done, 1 doctor found something missing, 2 a file or an option is wrong, 3 the machine cannot, "
          "130 stopped by Ctrl+C")


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise InputError(f"{self.prog}: {message} (--help lists the options)")


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options, with the command's name in `command` and the names of those that were typed in `given`. Exits on
    --help, and with 2 and a sentence on a wrong one."""
    try:
        return read_options(arguments)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def read_options(arguments: list[str]) -> argparse.Namespace:
    """The same. Raises InputError on a wrong one."""
    command, rest = "window", arguments
    if arguments and arguments[0] in SUMMARIES:
        command, rest = arguments[0], arguments[1:]
    parser, words = _parser(command), _with_their_options(rest)
    options = parser.parse_args(words)
    options.command, options.given = command, _given(parser, words, options)
    return options


def _given(parser: Parser, words: list[str], options: argparse.Namespace) -> frozenset[str]:
    """Names of the options that somebody typed, be it with their default."""
    unset = []  # of the one kind that those which may be given several times can begin with
    found = parser.parse_args(words, argparse.Namespace(**dict.fromkeys(vars(options), unset)))
    return frozenset(name for name, value in vars(found).items() if value is not unset)


def option_names(command: str) -> set[str]:
    """Of a command's options, without their hyphens: "proxy-transform"."""
    words = (word for action in _parser(command)._actions for word in action.option_strings)
    return {word.removeprefix("--") for word in words if word.startswith("--")} - {"help"}


def _with_their_options(arguments: list[str]) -> list[str]:
    """The same, with axes and lists of numbers that begin with a minus joined to the option before: argparse would take
    them for options."""
    joined = []
    for argument in arguments:
        is_value = re.match(r"-([\d.][^ ]*,|[xyz]$)", argument)
        if is_value and joined and joined[-1].startswith("--") and "=" not in joined[-1]:
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _parser(command: str) -> Parser:
    default = command == "window"
    others = "\n".join(f"  {name:8} {summary}" for name, summary in SUMMARIES.items())
    parser = Parser(
        prog="python -m viewer" if default else f"python -m viewer {command}", allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter, description=SUMMARIES[command],
        epilog=f"commands (python -m viewer COMMAND --help):\n{others}\n\n{EPILOG}" if default else EPILOG)
    {"window": _window, "serve": _serve, "render": _render, "fly": _fly, "depth": _depth, "bench": _bench,
     "clusters": _clusters, "info": _info, "doctor": lambda parser: None}[command](parser)
    return parser


def _window(parser):
    _model(parser, nargs="?", default_text=" (default: the scene that was open last, else the sample)")
    _pixel_size(parser)
    _culling(parser)
    parser.add_argument("--camera", metavar="NAME",
                        help="camera of the model's cameras.json to begin at (default: the one that shows most)")
    _view(parser)
    parser.add_argument("--frames", type=_count, metavar="N", help="present N frames, then close")
    parser.add_argument("--screenshot", type=_png, metavar="F.png", help="save what is on the screen at the end")
    _mode(parser, "default: as last time, at first same-frame")
    parser.add_argument("--vsync", choices=("on", "off"), help="wait for the screen (default: as last time)")
    parser.add_argument("--fresh", action="store_true",
                        help="forget what the window remembers: its place, settings, panels and recent scenes")


def _serve(parser):
    _model(parser)
    _culling(parser)
    parser.add_argument("--host", default="localhost", metavar="H",
                        help="name or address of this machine to listen on, 0.0.0.0 for all; others than localhost "
                             "take a token, which the printed address has (default: %(default)s, for this machine and "
                             "tunnels to it)")
    parser.add_argument("--port", type=_port, metavar="P",
                        help="0 for any that is free (default: 8080, or the next that is free)")
    parser.add_argument("--token", action="store_true",
                        help="a token at localhost too, where others are logged in to this machine")


def _render(parser):
    _model(parser)
    _pixel_size(parser)
    _culling(parser)
    _cameras(parser, "default: the model's own cameras.json")
    parser.add_argument("--depth-from", type=Path, metavar="DIR",
                        help="read the depth from DIR/<img_name>.npy instead of drawing the proxy")
    _view(parser)
    parser.add_argument("--freeze", metavar="NAME",
                        help="cull for this view, and draw what is left from the others; its frustum is drawn as lines")
    _out(parser, "DIR/<img_name>.png and DIR/stats.json")


def _fly(parser):
    _model(parser)
    _pixel_size(parser, "1280x720")
    _culling(parser)
    parser.add_argument("--path", type=Path, metavar="FILE", required=True,
                        help="a camera path that the window saved; or cameras.json, transforms*.json or a COLMAP "
                             "model, flown through with a second from one camera to the next")
    parser.add_argument("--fps", type=_fps, metavar="N", default=30.0, help="frames a second (default: 30)")
    parser.add_argument("--seconds", type=_seconds, metavar="S",
                        help="fly it in that time (default: what the path says)")
    _view(parser)
    parser.add_argument("--out", type=Path, metavar="DIR|F.mp4", required=True,
                        help="writes DIR/000000.png and so on, or a video, for which it needs ffmpeg")


def _depth(parser):
    parser.add_argument("mesh", type=Path, metavar="MESH", help="proxy mesh: .glb, .gltf, .ply or .obj")
    _proxy(parser)
    _machine(parser)
    _pixel_size(parser)
    _detail(parser, None, "off: what training reads is exact")
    parser.add_argument("--near", type=_positive, metavar="N", default=0.01,
                        help="near plane, scene units of view z (default: %(default)s)")
    _cameras(parser, "required", required=True)
    _out(parser, "DIR/<img_name>.npy: float32 [H, W], linear view z, +inf where empty")


def _bench(parser):
    _model(parser)
    _pixel_size(parser)
    parser.add_argument("--culling", type=_modes, metavar="A,B,...",
                        help=f"modes to compare, of {', '.join(CULLING)} (default: all; off where there is no proxy)")
    _cameras(parser, "default: the model's own cameras.json")
    _mode(parser, "default: same-frame")
    parser.add_argument("--frames", type=_count, metavar="N", default=100,
                        help="measured frames of each mode, going round the views (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="F", help="write the figures to a file as well")
    parser.add_argument("--contact-sheet", type=_png, metavar="F.png", help="save some of the frames on one sheet")


def _clusters(parser):
    parser.add_argument("mesh", type=Path, metavar="MESH", help="proxy mesh: .glb, .gltf, .ply or .obj")
    _proxy(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def _info(parser):
    parser.add_argument("path", type=Path, metavar="PATH", help="a trained model or a mesh")
    _proxy(parser)
    parser.add_argument("--iteration", type=int, default=-1, metavar="N", help="of a model (default: the newest)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _model(parser, nargs=None, default_text: str = ""):
    parser.add_argument("model", type=_model_path, metavar="MODEL", nargs=nargs,
                        help=f"a trained model: an output directory, or a .ply of 3D Gaussians{default_text}")
    parser.add_argument("--scene", type=Path, metavar="MESH",
                        help="its proxy mesh (default: proxy.glb, .gltf, .ply or .obj, or the only .glb, in the "
                             "model's directory, else in the one above)")
    _proxy(parser)
    _machine(parser)
    _detail(parser, 1.0, "1")
    parser.add_argument("--iteration", type=int, default=-1, metavar="N", help="of the model (default: the newest)")
    parser.add_argument("--precision", choices=("full", "half"), default="full",
                        help="half keeps the colours of plain splats in 16 bits: less memory and time (default: full)")
    parser.add_argument("--margin", type=_not_negative, metavar="M", default=0.3,
                        help="scene units an item may lie behind the proxy (default: %(default)s)")
    parser.add_argument("--crop", type=_crop, metavar="X0,Y0,Z0,X1,Y1,Z1",
                        help="a box, scene units along the model's axes or, where it lies askew, along level ones and "
                             "up: anchors or splats with their centres outside are not drawn, and the proxy hides "
                             "nothing by what of it is outside (default: no box)")
    parser.add_argument("--background", type=_background, metavar="C", default="model",
                        help="black, white, R,G,B in 0..1 or model, the one it was trained on (default: %(default)s)")
    parser.add_argument("--near", type=_positive, metavar="N",
                        help="near plane, scene units of view z (default: what the model's trainer used)")
    parser.add_argument("--model-up", type=_axis, metavar="AXIS",
                        help="which axis of the model points up, for turning, walking and the crop box: x, y, z, -x, "
                             "-y, -z or X,Y,Z (default: as its cameras stand, else z; a window remembers what is set "
                             "there)")
    parser.add_argument("--metres", type=_positive, metavar="M",
                        help="that one scene unit is: lengths and speeds are told in metres, and walking is at the "
                             "height and the pace of a person (default: unknown; a window remembers what is set there)")
    parser.add_argument("--anyway", action="store_true",
                        help="open what will not fit into memory as far as the files' heads tell")
    parser.add_argument("--appearance", type=_index, metavar="N", default=0,
                        help="row of the appearance embedding, where the model has one (default: %(default)s)")


def _detail(parser, default: float | None, said: str):
    parser.add_argument("--lod-error", type=_pixels, metavar="PX|off", default=default,
                        help="pixels that the proxy's surface may be off; off draws all of its triangles (default: "
                             f"{said})")
    parser.add_argument("--raster", choices=RASTERS,
                        help="what draws the proxy's triangles: a compute shader the small ones and the vertex "
                             "pipeline the others, or one of them all (default: compute; on a CPU or with --lod-error "
                             "off, vertex)")


def _proxy(parser):
    parser.add_argument("--proxy-transform", type=_transform, metavar="T",
                        help="model from mesh, 4 x 4: 16 numbers with commas, row by row, or a .txt, .json or .npy "
                             "file")
    parser.add_argument("--up", choices=("y", "z"), default="z",
                        help="which axis of the mesh is the model's z (default: %(default)s, as it is)")


def _machine(parser):
    parser.add_argument("--backend", choices=("auto", "cuda", "cpu"), default="auto",
                        help="where to draw (default: %(default)s: CUDA where there is an NVIDIA GPU)")
    parser.add_argument("--memory-limit", type=gibibytes, metavar="GIB",
                        help="GiB of the device's memory that may be taken (default: what is free, less 1)")
    parser.add_argument("--far", type=_far, metavar="F", default=math.inf,
                        help="scene units of view z beyond which the proxy is not there (default: infinite)")


def _pixel_size(parser, default="the camera's"):
    parser.add_argument("--size", type=size, metavar="WxH", help=f"pixels of the picture (default: {default})")


def _culling(parser):
    parser.add_argument("--culling", choices=CULLING,
                        help="by the proxy's depth (default: centre for a model with levels of detail, else off)")


def _mode(parser, default):
    parser.add_argument("--mode", choices=FRAME_MODES,
                        help="pipelined draws the proxy's depth a frame ahead: the highest rate, and each picture is "
                             f"of one camera earlier ({default})")


def _cameras(parser, default, required=False):
    parser.add_argument("--cameras", type=Path, metavar="FILE", action="append", required=required,
                        help="cameras.json, transforms*.json or a COLMAP model, which may be a folder with sparse/0; "
                             f"may be given several times ({default})")
    parser.add_argument("--views", type=_names, metavar="A,B,...", help="only these views (default: all)")


def _view(parser):
    parser.add_argument("--view", choices=VIEW_NAMES, default="picture", metavar="KIND",
                        help=" ".join(f"{view.name}: {view.help}." for view in VIEWS) + " (default: %(default)s)")
    parser.add_argument("--wireframe", action="store_true",
                        help="with the edges of the proxy's triangles over it, as it is drawn, and its outlines")


def _out(parser, what):
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help=f"writes {what}")


def _model_path(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() in MESHES:
        raise argparse.ArgumentTypeError(f"{text} is a mesh: name the model, and this with --scene")
    return path


def _number(text: str, allowed: str, low: float, strict: bool) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (low < value <= FARTHEST or value == low and not strict):  # NaN fails
        raise argparse.ArgumentTypeError(f"{text!r} is not {allowed}")
    return value


def _positive(text: str) -> float:
    return _number(text, f"a finite number above 0, at most {FARTHEST:g}", 0, strict=True)


def gibibytes(text: str) -> int:
    """In bytes."""
    return int(_positive(text) * 2**30)


def _not_negative(text: str) -> float:
    return _number(text, f"a finite number from 0 on, at most {FARTHEST:g}", 0, strict=False)


def _far(text: str) -> float:
    if text.lower() in ("inf", "infinity"):
        return math.inf
    return _number(text, f"inf or a number above 0, at most {FARTHEST:g}", 0, strict=True)


def _fps(text: str) -> float:
    value = _positive(text)
    if not 0.01 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a rate from 0.01 to 1000 frames a second")
    return value


def _seconds(text: str) -> float:
    value = _positive(text)
    if value < 0.001:
        raise argparse.ArgumentTypeError(f"{text!r} is less than 0.001 seconds")
    return value


def _png(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() != ".png":
        raise argparse.ArgumentTypeError(f"{text!r} does not end in .png, the one format that is written")
    return path


def _pixels(text: str) -> float | None:
    value = None if text == "off" else _not_negative(text)
    if value is not None and value > MOST_ERROR:
        raise argparse.ArgumentTypeError(f"{text!r} is more than {MOST_ERROR} pixels")
    return value


def _whole(text: str, least: int) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text) < 2**31):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} on")
    return int(text)


def _count(text: str) -> int:
    return _whole(text, 1)


def _index(text: str) -> int:
    return _whole(text, 0)


def _port(text: str) -> int:
    port = _whole(text, 0)
    if port > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, 0 to 65535")
    return port


def size(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    digits = len(parts) == 2 and all(part.isascii() and part.isdigit() for part in parts)
    if not digits or not all(0 < int(part) <= LARGEST_SIDE for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT with 1 to {LARGEST_SIDE} pixels each, such as "
                                         "960x640")
    return int(parts[0]), int(parts[1])


def _names(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    if not names:
        raise argparse.ArgumentTypeError("no name given")
    return names


def _modes(text: str) -> list[str]:
    modes = list(dict.fromkeys(_names(text)))
    for mode in modes:
        if mode not in CULLING:
            raise argparse.ArgumentTypeError(f"{mode!r} is not one of {', '.join(CULLING)}")
    return modes


def _background(text: str):
    """'model' or three numbers."""
    named = {"black": (0.0, 0.0, 0.0), "white": (1.0, 1.0, 1.0), "model": "model"}
    if text in named:
        return named[text]
    try:
        colour = tuple(float(part) for part in text.split(","))
    except ValueError:
        colour = ()
    if len(colour) != 3 or not all(0 <= value <= 1 for value in colour):
        raise argparse.ArgumentTypeError(f"{text!r} is not black, white, model or R,G,B with three numbers in 0..1")
    return colour


def _axis(text: str) -> tuple[float, float, float]:
    """Of length 1."""
    if re.fullmatch("[+-]?[xyz]", text):
        return AXES[text if len(text) == 2 else f"+{text}"]
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    length = math.hypot(*values)
    if len(values) != 3 or not 0 < length <= FARTHEST:  # NaN fails
        raise argparse.ArgumentTypeError(f"{text!r} is not x, y, z, -x, -y, -z or X,Y,Z, three finite numbers that are "
                                         "not all 0")
    return tuple(value / length for value in values)


def _crop(text: str) -> tuple[float, ...]:
    """The lower ends and the upper ends."""
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) != 6 or not all(-FARTHEST <= low <= high <= FARTHEST for low, high in zip(values, values[3:])):
        raise argparse.ArgumentTypeError(f"{text!r} is not X0,Y0,Z0,X1,Y1,Z1 with six finite numbers, at most "
                                         f"{FARTHEST:g} from 0, each of the first three at most its counterpart")
    return values


def _transform(text: str) -> list[list[float]]:
    """Four rows of four."""
    path = Path(text)
    try:
        if path.suffix == ".npy":
            import numpy as np
            values = np.load(path, allow_pickle=False).astype(float).tolist()
        elif path.suffix == ".json":
            values = json.loads(path.read_text())
        elif path.suffix == ".txt":
            values = path.read_text().replace(",", " ").split()
        else:
            values = text.replace(",", " ").split()
        if values and isinstance(values[0], list):
            values = [value for row in values for value in row]
        values = [float(value) for value in values]
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error.strerror}")
    except Exception:  # NumPy lets through what its parts raise: of zip files, of the tokenizer, at the end of the file
        raise argparse.ArgumentTypeError(f"{text!r} holds something else than numbers")
    if len(values) != 16 or not all(map(math.isfinite, values)):
        raise argparse.ArgumentTypeError(f"{text!r} holds {len(values)} numbers, a transform is 16 finite ones")
    rows = [values[i:i + 4] for i in range(0, 16, 4)]
    if rows[3] != [0, 0, 0, 1]:
        raise argparse.ArgumentTypeError(f"{text!r}: the last row is {rows[3]}, expected 0 0 0 1")
    return rows
