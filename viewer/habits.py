"""What a person sets for good, whatever scene is open. What belongs to a scene is in chosen.py and alignment.py; what
belongs to a moment, such as a crop box, frozen culling or the kind of picture, is not kept."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from gsrender.settings import LARGEST_SIDE
from viewer.choices import FRAME_MODES
from viewer.controls import FLIGHT
from viewer.settings import ViewerSettings
from vk_interop.depth_settings import DepthSettings

OF_WINDOW = ("vsync", "resolution_scale", "adaptive", "panel", "closed", "always", "mode")  # of ViewerSettings
FASTEST = "fastest"  # for DepthSettings' None
LONGEST_FLIGHT, FASTEST_FILM = 60.0, 1000.0  # seconds; frames a second


@dataclass(frozen=True)
class Habits:
    """
    vsync ... mode    as in ViewerSettings
    lod_error ... occlusion  as in DepthSettings; a lod_error of None is the command line's word, and never kept
    flight_time, level       as in State
    shot_size         pixels of a picture that is saved without the panels
    film_size, film_rate     pixels of a film, and its frames a second

    Raises ValueError where one is out of range.
    """

    vsync: bool = True
    resolution_scale: float = 1.0
    adaptive: bool = True
    panel: bool = True
    closed: tuple[str, ...] = ()
    always: bool = False
    mode: str = FRAME_MODES[0]
    lod_error: float | None = 1.0
    raster: str = FASTEST
    occlusion: bool = True
    flight_time: float = FLIGHT
    level: bool = False
    shot_size: tuple[int, int] = (1920, 1080)
    film_size: tuple[int, int] = (1280, 720)
    film_rate: float = 30.0

    def __post_init__(self):
        ViewerSettings(**self.of_window)
        self.detail
        for edges in (self.shot_size, self.film_size):
            if len(edges) != 2 or not all(type(edge) is int and 1 <= edge <= LARGEST_SIDE for edge in edges):
                raise ValueError(f"{edges} is no size of a picture")
        for value, most in ((self.flight_time, LONGEST_FLIGHT), (self.film_rate, FASTEST_FILM)):
            if not (math.isfinite(value) and 0 <= value <= most):
                raise ValueError(f"{value} not in 0 .. {most}")

    @property
    def of_window(self) -> dict:
        """For ViewerSettings."""
        return {name: getattr(self, name) for name in OF_WINDOW}

    @property
    def detail(self) -> DepthSettings:
        return DepthSettings(self.lod_error, None if self.raster == FASTEST else self.raster, self.occlusion)


def habits_of(app) -> Habits:
    """As they are set now."""
    settings, detail, state, path = app.settings, app.scene.detail, app.state, app.path
    return Habits(*(getattr(settings, name) for name in OF_WINDOW), detail.lod_error, detail.raster or FASTEST,
                  detail.occlusion, state.flight_time, state.level, app.shot_size, path.size, path.fps)


def read_habits(data: dict) -> dict:
    """Those that a file has, by name; names that this program does not know are left out. Raises one of many errors
    where a value is of another kind or out of range."""
    usual = Habits()
    found = {f.name: _like(getattr(usual, f.name), data[f.name]) for f in fields(Habits) if f.name in data}
    Habits(**found)
    return found


def _like(usual, value):
    """The value, where it is of the kind of the usual one."""
    if type(usual) is tuple and type(value) is list:
        kind = int if usual else str  # sizes, and the names of panels
        if all(type(part) is kind for part in value):
            return tuple(value)
    elif type(usual) is float and type(value) is int:
        return float(value)
    elif type(value) is type(usual):
        return value
    raise TypeError(value)
