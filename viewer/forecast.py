"""What opening a scene will take of memory, from the heads of its files, before any of it is taken."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gsrender.errors import InputError
from gsrender.memory import MemoryLimit, NoRoom, free_bytes, size
from vk_interop.depth_settings import DepthSettings

PROXY = "proxy mesh"
LEAST = 0.01  # of all, for what is told by name
OWN = 10 << 20  # bytes of the host that libraries take for themselves meanwhile


@dataclass(frozen=True)
class Forecast:
    """
    what     is opened, in words
    by_name  bytes on the device once it is open, but for pictures, by the names of memory.py
    host     bytes of the host's memory at a time, at most, until then; on the CPU those of the device are among them
    """

    what: str
    backend: str
    by_name: dict[str, int]
    host: int

    @property
    def device(self) -> int:
        return sum(self.by_name.values())

    def taken(self, limit: MemoryLimit) -> str:
        """What it will take and what there is, in words."""
        held = limit.most is not None and not limit.is_lifted
        there = limit.most - limit.used if held else free_bytes(self.backend)
        return f"about {size(self.device)} of {self._memory}, {size(max(there, 0))} are free"

    @property
    def parts(self) -> str:
        """What it will take by name, the most first, and until then, in words."""
        most_first = sorted(self.by_name.items(), key=lambda part: -part[1])
        named = [f"{name} {size(nbytes)}" for name, nbytes in most_first if nbytes >= LEAST * self.device]
        rest = sum(nbytes for nbytes in self.by_name.values() if nbytes < LEAST * self.device)
        named += [f"other {size(rest)}"] * bool(rest)
        return f"By name: {', '.join(named)}. While it is read, {size(self.host)} of the host's memory at most."

    def problem(self, limit: MemoryLimit) -> str | None:
        """Where it will not fit, a sentence without an end, to which a way out can be added. A ceiling that was lifted
        for another scene counts."""
        if limit.most is not None and self.device > limit.most - limit.used:
            taken = f"{size(limit.used)} of the {size(limit.most)} that may be taken are taken already" \
                if limit.used else f"{size(limit.most)} may be taken"
            return f"{self.what} will take about {size(self.device)} of {self._memory}, and {taken}"
        free = free_bytes("cpu")
        if self.host > free:
            return f"{self.what} will take about {size(self.host)} of memory while read, and {size(free)} are free"
        return None

    @property
    def _memory(self) -> str:
        return "the GPU's memory" if self.backend == "cuda" else "memory"


class TooLarge(NoRoom):
    """It will not fit. `half`: in half precision it would."""

    def __init__(self, sentence: str, half: bool):
        super().__init__(sentence)
        self.half = half


def check_room(limit: MemoryLimit, precision: str, **opened) -> Forecast | None:
    """Raises TooLarge where a forecast says so, else returns it; `opened` are the arguments of `forecast`."""
    ahead = forecast(precision=precision, **opened)
    problem = ahead and ahead.problem(limit)
    if problem:
        smaller = forecast(precision="half", **opened)
        raise TooLarge(problem, smaller.device < ahead.device and smaller.problem(limit) is None)
    return ahead


def forecast(model: str | Path | None, mesh: Path | None, backend: str, detail: DepthSettings, *,
             precision: str = "full", outputs: tuple[str, ...] = (), iteration: int = -1) -> Forecast | None:
    """Of a model, of a proxy mesh, or of both, on that backend. Takes milliseconds. None where the head of a file does
    not tell: reading it will say what is wrong."""
    from gsrender.load.outline import outline
    from gsrender.renderer import planned_memory
    from vk_interop.mesh_outline import outline_mesh
    words, by_name, host, resident = [], {}, 0, 0
    try:
        if model is not None:
            head = outline(model, iteration, precision)
            words.append(f"{len(head.model.items):,} {head.model.kind}")
            by_name, host = planned_memory(head.model, outputs, backend), head.host
            resident = sum(by_name.values()) if backend == "cpu" else 0
        if mesh is not None:
            head = outline_mesh(mesh)
            words.append(f"{head.triangles:,} triangles")
            on_device = head.device_bytes(detail, backend == "cpu")
            host = max(host, resident + max(head.reading, head.building if detail.lod_error is not None else 0))
            by_name, resident = by_name | {PROXY: on_device}, resident + (on_device if backend == "cpu" else 0)
    except InputError:
        return None
    return Forecast(" and ".join(words), backend, by_name, OWN + max(host, resident))
