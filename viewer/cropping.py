"""The crop box of the window: where it stands, on or off."""

from __future__ import annotations

from gsrender.crop import Crop
from viewer.crop_box import box_around, box_axes, turned


class Cropping:
    """A part of the App, which has `scene`, `settings`, `canvas`, `space` and `say`."""

    def begin_cropping(self):
        """In another scene, or with another proxy."""
        self._box: Crop | None = self.settings.render.crop

    @property
    def crop_box(self) -> Crop:
        """At first around the whole scene. Where another axis came to be up, around where it was."""
        box, axes = self._box or self.box_around_scene(), box_axes(self.space.up)
        self._box = box if box.axes == axes else turned(box, axes)
        return self._box

    @crop_box.setter
    def crop_box(self, box: Crop):
        self._box = box

    def box_around_scene(self) -> Crop:
        """But for its outermost items."""
        return box_around(self.scene.model.items.position, box_axes(self.space.up))

    def box_around_seen(self) -> Crop:
        """Around what the picture is drawn from, but for the outermost items; where that is nothing, as it was."""
        shot = self.canvas.shot
        seen = self.scene.model.items.position[shot.items.long()] if shot else ()
        if not len(seen):
            self.say("nothing is seen, so the crop box stays")
            return self.crop_box
        return box_around(seen, box_axes(self.space.up))
