"""What the window keeps for the next run."""

from __future__ import annotations

from dataclasses import astuple, fields, replace

import numpy as np

from viewer.alignment import Alignment
from viewer.chosen import CHOSEN, usual_picture
from viewer.habits import Habits, habits_of
from viewer.panels import dock
from viewer.remembered import Remembered, kept
from viewer.scene import up_of
from vk_interop.placement import Placement


class Keeping:
    """A part of the App, which has `screen`, `scene`, `settings`, `space` and what habits_of reads.

    remembered  from the run before, and of the scenes that were open meanwhile. What the window, or a scene, began with
                is held beside it: what differs from that in the end, a person has changed
    """

    def begin_keeping(self):
        """Everything is as this run begins."""
        self._begun = habits_of(self)

    def begin_scene(self):
        """The scene is as it is opened."""
        self._begun_picture, self._begun_alignment = self.settings.render, self._alignment

    def end_scene(self):
        """Another one will be opened."""
        self.remembered = self._with_scene()

    def remember(self) -> Remembered:
        """For the next run."""
        before, begun, now = self.remembered, self.screen.asked, self.screen.placement
        placement = Placement(*(old if new == first else new
                                for old, first, new in zip(*map(astuple, (before.placement, begun, now)))))
        settings = kept(before.settings, self._begun, habits_of(self), Habits(), [f.name for f in fields(Habits)])
        return replace(self._with_scene(), placement=placement, settings=settings, layout=dock.layout(),
                       scale=float(self.screen.ui.scale))

    def _with_scene(self) -> Remembered:
        """With what was chosen for the scene that is open, and how it lies now."""
        scene, before, now = self.scene, self.remembered, self._alignment
        changed = {f.name: getattr(now, f.name) for f in fields(Alignment)
                   if getattr(now, f.name) != getattr(self._begun_alignment, f.name)}
        if not np.array_equal(scene.given, np.eye(4)):  # what lies on top of that means nothing to the next window
            changed.pop("fit", None)
        alignment = replace(before.alignment(scene.opened, scene.mesh_path), **changed)
        chosen = kept(before.chosen(scene.opened), self._begun_picture, self.settings.render, usual_picture(scene),
                      CHOSEN)
        return before.with_scene(scene.opened, alignment=alignment, chosen=chosen)

    @property
    def _alignment(self) -> Alignment:
        """How the scene lies now."""
        up = None if self.space.up == up_of([view.camera for view in self.scene.cameras]) else self.space.up
        return Alignment(up, self.scene.ruler.metres, self.scene.fit)
