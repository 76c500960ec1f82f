"""A viewer for Gaussian models with a proxy mesh, as a program (`python -m viewer`) and from Python.

    show(model, scene=None, ...)    a window where there is a display, else a web page
    open_scene(model, mesh, ...)    a model, its proxy and its cameras, ready to be drawn
    render_frame(scene, camera, settings)    one picture of it, culled by the proxy

These names are stable; what lies deeper may move. Gaussians alone, without a proxy's depth: see gsrender.
"""

import importlib

_HOME = {"show": "library", "open_scene": "scene", "render_frame": "frame"}
__all__ = list(_HOME)


def __getattr__(name: str):
    # Looked up when it is first used, so that `--help` comes at once.
    if name not in _HOME:
        raise AttributeError(f"module 'viewer' has no attribute {name!r}")
    return getattr(importlib.import_module(f"viewer.{_HOME[name]}"), name)
