"""Every knob of the window, a frozen value: what the panels draw and hand back changed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gsrender.settings import RenderSettings
from viewer.choices import FRAME_MODES
from viewer.look import Look

RESOLUTION_SCALES = (0.25, 1.0)  # least and most; above 1 the extra pixels would be thrown away by the screen

MOST = 1e9  # of a number that is typed, dragged or pasted; squares of lengths must stay below the largest float


def changed(value, **fields):
    """A frozen value with these fields; itself where they are so already, as in nearly every frame."""
    for name, wanted in fields.items():
        if getattr(value, name) != wanted:
            return replace(value, **fields)
    return value


@dataclass(frozen=True)
class ViewerSettings:
    """
    render            what the Gaussian stages do
    look              what of that is shown
    vsync             wait for the screen; off shows what the machine can do
    resolution_scale  edge of the picture over the edge of the window; the picture is stretched to fill it
    adaptive          coarser while the camera moves, where frames are slow
    panel             whether panels are drawn
    closed            names of the panels that are not
    help              whether the list of keys is open
    always            draw every frame, even where nothing changed
    mode              of FRAME_MODES: whether the proxy's depth is drawn a frame ahead
    """

    render: RenderSettings = field(default_factory=RenderSettings)
    look: Look = field(default_factory=Look)
    vsync: bool = True
    resolution_scale: float = 1.0
    adaptive: bool = True
    panel: bool = True
    closed: tuple[str, ...] = ()
    help: bool = False
    always: bool = False
    mode: str = FRAME_MODES[0]

    def __post_init__(self):
        least, most = RESOLUTION_SCALES
        if not least <= self.resolution_scale <= most:
            raise ValueError(f"resolution scale {self.resolution_scale} not in {least} .. {most}")
        if self.mode not in FRAME_MODES:
            raise ValueError(f"mode {self.mode!r} is not one of {', '.join(FRAME_MODES)}")

    def picture_size(self, width: int, height: int, share: float = 1.0) -> tuple[int, int]:
        """Pixels of the picture in a window of that many, at least 1 x 1; `share` of the edge that it would have."""
        scale = self.resolution_scale * share
        return max(1, round(width * scale)), max(1, round(height * scale))
