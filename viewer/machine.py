"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path


def describe(scene) -> dict[str, str]:
    """Backend, GPU or CPU, drivers: what a figure means nothing without."""
    import torch
    found = {"backend": scene.backend, "cpu": cpu_name(), "threads": str(torch.get_num_threads())}
    if scene.backend == "cuda":
        found["gpu"] = torch.cuda.get_device_name(scene.model.device)
        found["driver"] = nvidia_driver() or "unknown"
        found["cuda"] = torch.version.cuda
    if scene.device:
        found["vulkan"] = f"{scene.device.name}, {scene.device.driver}"
    return found


def cpu_name() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        text = ""
    match = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return f"{match[1] if match else platform.machine()}, {len(os.sched_getaffinity(0))} cores"


def nvidia_driver() -> str | None:
    """Version of NVIDIA's kernel driver; None where it is not loaded."""
    try:
        text = Path("/proc/driver/nvidia/version").read_text()
    except OSError:
        return None
    match = re.search(r"(\d{3}\.\d+(?:\.\d+)?)", text)
    return match[1] if match else None
