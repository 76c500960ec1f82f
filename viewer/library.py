"""The program's window and its web page, from a script or a notebook."""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gsrender.errors import InputError
from viewer.options import option_names, read_options

if TYPE_CHECKING:
    from viewer.page import Page


def show(model: str | Path, scene: str | Path | None = None, *, where: str | None = None, **options) -> Page | None:
    """Shows a model, as `python -m viewer MODEL --scene MESH` does.

    model, scene  a trained model and its proxy mesh; without it, the one that lies beside the model
    where         'window': returns once it is closed. 'page': the address is printed, and the Page returned that draws
                  while the program goes on; `page.wait()` waits for Ctrl+C, `page.close()` ends it, and as the last
                  line of a notebook's cell it shows itself. None: a window where there is a display and no notebook,
                  else a page
    options       of the command line of the window or of `serve`, underscores for hyphens: culling="off", margin=0.2,
                  host="0.0.0.0", proxy_transform=[16 numbers], token=True
    Raises InputError, a ValueError, and DeviceError where the machine cannot.
    """
    where = where or ("window" if has_display() and not in_notebook() else "page")
    if where not in ("window", "page"):
        raise InputError(f"where={where!r}: not 'window' or 'page'")
    command = ["serve"] if where == "page" else []
    _check_names(options, command[0] if command else "window")
    given = read_options([*command, *_words(options | {"scene": scene}), "--", str(model)])
    if where == "window":
        from viewer.window import run
        run(given)
        return None
    from viewer.serve import open_page
    page = open_page(given)
    page.start()
    print(page.address, flush=True)
    return page


def _check_names(options: dict, command: str):
    known = sorted(name.replace("-", "_") for name in option_names(command))
    for name in options:
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise InputError(f"show(): no option {name}{f', did you mean {near[0]}?' if near else ';'} there are "
                             f"{', '.join(known)}")


def has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def in_notebook() -> bool:
    """Whether a browser stands between this process and the person."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return getattr(shell, "kernel", None) is not None


def _words(options: dict) -> list[str]:
    """As they would be typed."""
    words = []
    for name, value in options.items():
        if value is None or value is False:
            continue
        words.append(f"--{name.replace('_', '-')}")
        if not isinstance(value, (bool, str, Path)) and np.ndim(value):
            value = ("x" if name == "size" else ",").join(map(str, np.ravel(value)))
        words += [] if value is True else [str(value)]
    return words
