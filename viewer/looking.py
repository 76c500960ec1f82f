"""Paints what the window shows where that is not the frame as it is drawn: views, and two settings side by side."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

import torch

from gsrender.camera import Camera
from gsrender.errors import DeviceError
from gsrender.frame import Frame
from gsrender.settings import RenderSettings
from viewer.arriving import Arriving
from viewer.colours import Legend
from viewer.compare import decibels, mean_square
from viewer.look import Look, resized
from viewer.picture_views import paint
from viewer.scene import Scene
from viewer.seen import Seen
from viewer.shot import Shot, Spare
from viewer.view_table import view_kind
from viewer.way import Way, described

AMPLIFY = 10  # of a difference


class Looking:
    """
    legend  of the last picture
    second  the second one that was painted last; None where it could not be
    names   what told the first from the second then, and the other way round
    """

    def __init__(self, scene: Scene, spare: Spare):
        self._scene, self._spare = scene, spare
        self._seconds: dict[bool, tuple[Spare, Spare]] = {}  # see `_spares`
        self.legend: Legend | None = None
        self.second: Seen | None = None
        self.names = "", ""
        self._problem: str | None = None
        self._error: Arriving | None = None

    @property
    def psnr(self) -> float | None:
        """dB between the last two pictures that were compared; None without any, and until it is known."""
        return decibels(float(self._error.values[0])) if self._error and self._error.is_here else None

    @property
    def nbytes(self) -> int:
        """On the device, of the renderers for pictures beside the frame, and of colours in half precision."""
        spares = {self._spare}.union(*self._seconds.values())
        colours = self._seconds[True][0].scene.model.nbytes if True in self._seconds else 0
        return colours + sum(spare.nbytes for spare in spares)

    def paint(self, look: Look, shot: Shot, rgba: torch.Tensor):
        """Writes the picture to `rgba`, [H, W, 4] uint8. `shot` is of the first settings."""
        try:
            rgba[..., :3] = self.picture(look, shot)
        except DeviceError as error:
            self._problem, self.legend, self.second = str(error), None, None
            rgba[..., :3] = shot.drawn.rgba[..., :3]
        rgba[..., 3] = 255

    def picture(self, look: Look, shot: Shot) -> torch.Tensor:
        """[H, W, 3] uint8; `legend` is what its colours mean. `shot` is of the first settings. Raises DeviceError."""
        view = look.view if self.possible(look.view, shot.settings) else "picture"
        painted = paint(view, shot, wireframe=look.wireframe, ruler=self._scene.ruler)
        self.legend, picture = painted.legend, painted.picture
        if look.compare == "first":
            self._error = None
        else:
            with self._second(look, shot) as other:
                self._error = Arriving(mean_square(shot.frame.rgba, other.frame.rgba)[None])
                self._note_second(look, shot, other)
                kind = view if self.possible(view, other.settings) else "picture"
                scale = self.legend and self.legend.scale
                second = paint(kind, other, scale, look.wireframe, self._scene.ruler)
            picture = combined(look, picture, second.picture)
        return picture

    def _note_second(self, look: Look, shot: Shot, other: Shot):
        first, second = self.both(look, shot.settings)
        self.names = described(first, second), described(second, first)
        self.second = Seen(other, other.stats, self.names[1], second)

    def take_problem(self) -> str | None:
        """Why a picture could not be painted, so that the frame itself was; said once."""
        problem, self._problem = self._problem, None
        return problem

    def possible(self, view: str, settings: RenderSettings) -> bool:
        """Whether there is what a kind of picture needs."""
        return not view_kind(view).lack(self._scene.proxy is not None, settings.culling)

    def both(self, look: Look, settings: RenderSettings) -> tuple[Way, Way]:
        """The ways that are compared: as it is drawn by these settings, and the look's second one."""
        first = Way.of(self._scene, settings)
        return first, look.second(first, self._scene.usual_culling)

    def are_alike(self, look: Look, settings: RenderSettings) -> bool:
        """Whether both pictures would be the same for there is nothing to cull by."""
        if self._scene.proxy is not None:
            return False
        first, second = self.both(look, settings)
        return (first.render, first.half) == (second.render, second.half)

    @contextmanager
    def _second(self, look: Look, shot: Shot) -> Iterator[Shot]:
        """The same view, drawn by the second way; whatever is asked of it, within this."""
        camera, (_, way) = shot.camera, self.both(look, shot.settings)
        drawn, spare = self._spares(way.half)
        with self._scene.aside(way.detail, way.fit):
            yield Shot(drawn.scene, camera, resized(way.render, camera.width, camera.height), spare)

    def _spares(self, half: bool) -> tuple[Spare, Spare]:
        """What draws the second picture, and what it needs besides. Raises DeviceError."""
        if half not in self._seconds:
            drawn = Spare(self._scene.in_half()) if half else self._spare
            self._seconds[half] = drawn, Spare(drawn.scene)
        return self._seconds[half]

    def shot(self, camera: Camera, settings: RenderSettings, frame: Frame) -> Shot:
        """Of a frame that was drawn just now."""
        return Shot(self._scene, camera, settings, self._spare, frame)


def combined(look: Look, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """One [H, W, 3] uint8 of two, as the look compares them."""
    if look.compare == "second":
        return second
    if look.compare == "difference":
        return (AMPLIFY * (first.short() - second.short()).abs()).clamp(max=255).to(torch.uint8)
    column = round(look.at * first.shape[1])
    return torch.cat([first[:, :column], second[:, column:]], 1)
