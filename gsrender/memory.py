"""How much of a device's memory may be taken, and by whom it is."""

from __future__ import annotations

import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from gsrender.errors import DeviceError

RESERVE = 1 << 30  # bytes of a device that are left to others by default: the screen, drivers, other programs


class NoRoom(DeviceError):
    """There would be more memory than may be taken. Nothing has changed; something smaller may fit."""


class Holder(Protocol):
    """What is counted."""

    nbytes: int  # on the device, now


class MemoryLimit:
    """A ceiling over all that it was told to count.

    most       bytes; None: whatever the device has
    is_lifted  for what is open now a person has allowed whatever the device has; `most` holds for what is opened next
    """

    def __init__(self, most: int | None = None, is_lifted: bool = False):
        self.most, self.is_lifted = most, is_lifted
        self._holders: dict[int, weakref.ref] = {}

    def count(self, holder: Holder):
        """From now on, for as long as it lives. Twice is once."""
        self._holders[id(holder)] = weakref.ref(holder)

    @property
    def used(self) -> int:
        """Bytes of all that is counted, now."""
        holders = list(self._holders.items())  # a copy: another thread may open a model meanwhile
        for key, ref in holders:
            if ref() is None and self._holders.get(key) is ref:
                self._holders.pop(key, None)  # another thread may have been here
        return sum(holder.nbytes for _, ref in holders if (holder := ref()) is not None)

    def check(self, more: int, what: str):
        """Raises NoRoom where `what`, which takes so many more bytes, would go above a ceiling that is not lifted."""
        if self.most is not None and not self.is_lifted and more > 0 and self.used + more > self.most:
            raise NoRoom(f"{what} needs {size(more)} more, and of the {size(self.most)} of memory that may be taken "
                         f"{size(self.used)} are: draw a smaller picture or model, cull more, or allow more memory")


@contextmanager
def memory_or(sentence: str):
    """Turns torch's failure to allocate into a NoRoom of that sentence."""
    import torch
    try:
        yield
    except DeviceError:
        raise
    except (RuntimeError, MemoryError) as error:
        # On the CPU torch has no error of its own for it, only this word in a RuntimeError's text.
        if isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "alloc" in str(error):
            raise NoRoom(sentence) from error
        raise


def default_most(backend: str) -> int:
    """Bytes of a ceiling for a device that nothing was taken of yet: what it has free, less a reserve."""
    free = free_bytes(backend)
    return max(free - RESERVE, free // 2)


def free_bytes(backend: str) -> int:
    """What a device has free now: `cuda`, torch's current one, or `cpu`, the host. Raises DeviceError."""
    if backend == "cuda":
        import torch
        return torch.cuda.mem_get_info()[0]
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    raise DeviceError("/proc/meminfo does not say how much memory is available; give --memory-limit")


def size(nbytes: int) -> str:
    """As people read it."""
    if nbytes < 2**20:
        return f"{nbytes / 2**10:.1f} KiB"
    return f"{nbytes / 2**30:.2f} GiB" if nbytes >= 2**30 else f"{nbytes / 2**20:.1f} MiB"
