"""`doctor`: what this machine has, what is missing, and the command that mends it.

It must get through on the barest machine: nothing but the standard library is imported before it is known to be there.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import Callable, Iterator

from viewer.machine import cpu_name, nvidia_driver

CUDA_13_DRIVER = 580  # the oldest NVIDIA driver that runs CUDA 13, which torch and cuda-python are built for
SET_UP = "./build_ext.sh run"
# What is imported, what it is for, and whether nothing works without it.
PACKAGES = (("numpy", "numpy", "arrays", True), ("torch", "torch", "tensors", True),
            ("cffi", "cffi", "native code", True),
            ("PIL", "pillow", "pictures", True), ("vulkan", "vulkan", "the proxy's depth", True),
            ("trimesh", "trimesh", "meshes", True), ("pygltflib", "pygltflib", "meshes", True),
            ("meshoptimizer", "meshoptimizer", "levels of detail", True),
            ("imgui_bundle", "imgui-bundle", "the window", False), ("glfw", "glfw", "the window", False),
            ("viser", "viser", "the web page", False),
            ("cuda.bindings", "cuda-bindings", "CUDA", False))


@dataclass(frozen=True)
class Finding:
    """`mend` is a command or a sentence, empty where nothing is wrong. The program cannot do without what is `needed`.
    """

    name: str
    found: str
    mend: str = ""
    needed: bool = False


def doctor(options) -> int:
    """Prints every finding; 1 where something that is needed is missing."""
    failed = False
    for check in (_system, _packages, _native, _cuda, _vulkan, _display, _video):
        for finding in _run(check):
            mark = "ok" if not finding.mend else "MISSING" if finding.needed else "note"
            print(f"{mark:8} {finding.name:18} {finding.found}", flush=True)
            if finding.mend:
                print(f"{'':8} {'':18} -> {finding.mend}")
            failed |= bool(finding.mend) and finding.needed
    print("\nsomething that is needed is missing" if failed else "\nthe program can run")
    return 1 if failed else 0


def _run(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """A check's findings. One that fails in a way that nobody foresaw is a finding, not the end."""
    try:
        yield from check()
    except Exception as error:
        yield Finding(check.__name__.strip("_"), f"{type(error).__name__}: {error}", SET_UP, needed=True)


def _system():
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", f"{version}, {sys.executable}",
                  "install Python 3.10 or newer: apt-get install python3" if sys.version_info < (3, 10) else "", True)
    if sys.platform != "linux":
        yield Finding("system", sys.platform, "the platform is Linux", True)
    yield Finding("CPU", cpu_name())


def _packages():
    for module, package, purpose, needed in PACKAGES:
        try:
            version = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(package, f"not installed, for {purpose}", SET_UP, needed)
            continue
        try:
            importlib.import_module(module)
            yield Finding(package, version)
        except Exception as error:  # a library of the system that it loads is not there
            yield Finding(package, f"{version} does not load: {error}", _library_mend(package), needed)


def _library_mend(package: str) -> str:
    libraries = {"vulkan": "libvulkan1 mesa-vulkan-drivers", "glfw": "libx11-6", "imgui-bundle": "libx11-6 libxext6"}
    return f"apt-get install {libraries[package]}" if package in libraries else SET_UP


def _native():
    from gsrender._native import library, library_path
    from gsrender.errors import DeviceError
    for device in ("cpu", "cuda"):
        name = f"native, {device}"
        try:
            library(device)
            yield Finding(name, str(library_path(device)))
        except DeviceError as error:
            wanted = device == "cpu" or nvidia_driver() is not None
            yield Finding(name, str(error), "./build_ext.sh" if wanted else "", needed=device == "cpu")
    yield Finding("nvcc", shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")
                  or "none, which is needed only to compile for CUDA",
                  "install NVIDIA's CUDA toolkit, 12 or newer, then ./build_ext.sh"
                  if nvidia_driver() and not library_path("cuda").exists() else "")


def _cuda():
    driver = nvidia_driver()
    if driver is None:
        yield Finding("NVIDIA driver", "none: Gaussians are drawn on the CPU")
        return
    yield Finding("NVIDIA driver", driver)
    import torch
    if torch.version.cuda is None:
        yield Finding("torch with CUDA", f"{torch.__version__} has none", SET_UP)
    elif not torch.cuda.is_available():
        old = int(driver.split(".")[0]) < CUDA_13_DRIVER
        yield Finding("torch with CUDA", f"{torch.version.cuda}, and it sees no GPU",
                      f"update NVIDIA's driver to {CUDA_13_DRIVER} or newer" if old else "nvidia-smi (does it list the "
                      "GPU? is CUDA_VISIBLE_DEVICES set?)")
    else:
        from gsrender.memory import size
        memory = size(torch.cuda.get_device_properties(0).total_memory)
        yield Finding("torch with CUDA", f"{torch.version.cuda}, {torch.cuda.get_device_name(0)}, {memory}")


def _vulkan():
    import torch

    from gsrender.errors import DeviceError
    from vk_interop.device import Device
    needed = True  # by one backend, whichever it is
    for backend in ["cuda"] * torch.cuda.is_available() + ["cpu"]:
        try:
            with Device.open(backend) as device:
                yield Finding(f"Vulkan, {backend}", f"{device.name}, {device.driver}")
                needed = False
        except DeviceError as error:
            yield Finding(f"Vulkan, {backend}", "cannot be used", str(error), needed)


def _display():
    shown = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    if not shown:
        yield Finding("display", "none: only the window needs one, and it is drawn off-screen with --frames N "
                                 "--screenshot F.png")
        return
    # In a process of its own: a display that does not answer can end the one that asks.
    code = "import imgui_bundle, glfw, sys; sys.exit(0 if glfw.init() and glfw.vulkan_supported() else 1)"
    answer = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, timeout=30)
    yield Finding("display", f"{shown} opens" if answer.returncode == 0 else f"{shown} cannot be opened for Vulkan",
                  "" if answer.returncode == 0 else "is it set to a running display? apt-get install libx11-6 "
                  "libxcursor1 libxi6 libxinerama1 libxrandr2 libxkbcommon0 mesa-vulkan-drivers")


def _video():
    found = shutil.which("ffmpeg")
    yield Finding("ffmpeg", found or "none: `fly` writes PNG files, but no .mp4",
                  "" if found else "apt-get install ffmpeg")
