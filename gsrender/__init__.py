"""Gaussian rendering with culling by a proxy's depth. A library of its own: no window, no Vulkan."""

import importlib

_HOME = {
    "Camera": "camera", "DepthBuffer": "depth", "InputError": "errors", "DeviceError": "errors", "STAGES": "frame",
    "Frame": "frame", "FrameStats": "frame", "Anchors": "model", "GaussianModel": "model", "Mlp": "model",
    "Splats": "model", "Crop": "crop", "CULLING": "settings", "RenderSettings": "settings", "Renderer": "renderer",
    "load_model": "load", "load_cameras": "load",
}
__all__ = list(_HOME)


def __getattr__(name: str):
    # Names are looked up when they are first used: torch takes two seconds to import, and `--help` needs none of it.
    if name not in _HOME:
        raise AttributeError(f"module 'gsrender' has no attribute {name!r}")
    return getattr(importlib.import_module(f"gsrender.{_HOME[name]}"), name)
