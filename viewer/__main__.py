"""python -m viewer: opens a window on a model, or does without one what a command says."""

from __future__ import annotations

import importlib
import os
import signal
import sys

from gsrender.errors import DeviceError, InputError
from viewer.options import parse

# Where a command lives: a function that takes the options and returns the exit code.
RUNS = {"window": ("viewer.window", "run"), "serve": ("viewer.serve", "serve"),
        "render": ("viewer.headless", "render"), "fly": ("viewer.fly", "fly"), "depth": ("viewer.headless", "depth"),
        "bench": ("viewer.bench", "bench"), "clusters": ("viewer.clusters", "clusters"),
        "info": ("viewer.info", "info"), "doctor": ("viewer.doctor", "doctor")}

ROOMS = ("gsrender", "vk_interop", "viewer", "shaders", "assets")


def main(arguments: list[str] | None = None) -> int:
    """Runs a command and returns its exit code: 2 for wrong input, 3 where the machine cannot, each with a sentence."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    module, function = RUNS[options.command]
    try:
        return getattr(importlib.import_module(module), function)(options)
    except InputError as error:
        return _say(error, 2)
    except DeviceError as error:
        return _say(error, 3)
    except ModuleNotFoundError as error:
        if error.name.split(".")[0] in ROOMS:
            raise
        return _say(f"{sys.executable} has no package {error.name}: ./build_ext.sh run installs it into "
                    ".venv/bin/python", 3)
    except BrokenPipeError:  # `| head` has read enough; nothing may be flushed to it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 128 + signal.SIGINT


def _say(error: Exception | str, code: int) -> int:
    print(f"viewer: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
