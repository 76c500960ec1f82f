"""The native library of a device. `library(device)` is the only place that knows which one runs."""

from __future__ import annotations

import functools
from pathlib import Path

import cffi

from gsrender.errors import DeviceError

HERE = Path(__file__).parent
ffi = cffi.FFI()
ffi.cdef((HERE / "csrc" / "gsrender.h").read_text())
constants = ffi.dlopen(None)  # the header's enums, whichever library runs


def library_path(device_type: str) -> Path:
    """Where the library is, or will be."""
    return HERE / "_lib" / f"libgsrender_{device_type}.so"


@functools.cache
def library(device_type: str):
    """The library for torch devices of the type 'cpu' or 'cuda', a cffi object with the functions of gsrender.h.
    Raises DeviceError."""
    path = library_path(device_type)
    if not path.exists():
        wants = " with nvcc on the PATH" if device_type == "cuda" else ""
        raise DeviceError(f"{path.name} is missing: run ./build_ext.sh{wants}")
    try:
        native = ffi.dlopen(str(path))
    except OSError as error:
        raise DeviceError(f"{path.name} does not load ({error}): run ./build_ext.sh on this machine") from error
    if native.gs_version() != native.GS_VERSION:
        raise DeviceError(f"{path.name} is of another version: run ./build_ext.sh")
    return native


def check(native, error: int) -> None:
    """Raises DeviceError where a call of the library returned an error."""
    if error:
        raise DeviceError(f"gsrender: {ffi.string(native.gs_error(error)).decode()}")


def pointer(tensor, ctype: str):
    """A tensor's memory as a C pointer, which does not keep the tensor alive; None is NULL."""
    return ffi.NULL if tensor is None else ffi.cast(ctype, tensor.data_ptr())
