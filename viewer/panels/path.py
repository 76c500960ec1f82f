"""A path that the camera flies: recorded, edited, played, kept in a file and filmed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from imgui_bundle import imgui

from gsrender.settings import LARGEST_SIDE
from viewer.camera_path import GAP, CameraPath
from viewer.panels.rows import (DIM, along_slider, beside, button, checkbox, dim, drag_row, heading, list_row,
                                sizes_row, slider_row, table, text_row, tooltip)
from viewer.progress import how_far
from viewer.settings import ViewerSettings
from viewer.tour import Tour
from viewer.view_table import VIEW_NAMES
from viewer.words import NOTHING

SAVE = "Keeps the path in a file; one that is no path is not written over. (Ctrl+S)"
LOAD = ("Takes the path from a file in the place of this one; or cameras, which are flown through with a second from "
        "one to the next: a cameras.json, a transforms.json, a COLMAP model. They can be dropped on the window too. "
        "(Ctrl+L)")
KIND = ("What kind of picture each frame is, as the panel Views tells of them; culling is as it is set now, frozen "
        "where it is. Colours that stand for numbers mean the same in all of the film.")
DRAW = "Draws the film, a frame of it between two of the window's."
NO_FILM = f"{DRAW} First it needs a path: keyframes that K adds, a flight, or a file."
OUT = ("A folder for PNG frames or, where ffmpeg is installed, a video whose name ends in .mp4. The window's settings "
       "are the film's.")

MOST_MARKS = 200  # more would cover the slider


def draw(app) -> ViewerSettings:
    desk = app.path
    _buttons(desk)
    if not desk.tour.path.keyframes:
        dim("No path yet: fly somewhere and press K, or record.")
    _time(desk)
    _keyframe(desk)
    _file(desk)
    heading("film")
    _film(desk)
    return app.settings


def _buttons(desk):
    tour = desk.tour
    if button("stop##play" if tour.doing == "playing" else "play", "Flies along the path; moving the camera stops it. "
              "(Space)"):
        desk.play_or_stop()
    imgui.same_line()
    if button("stop##record" if tour.doing == "recording" else "record",
              "Goes on at the path's end with how you fly, until it is stopped."):
        desk.record_or_stop()
    imgui.same_line()
    if button("add", "A keyframe where the camera is: at the path's end, or at the time that was scrubbed to. (K)"):
        desk.add()
    imgui.same_line()
    imgui.begin_disabled(not tour.before)
    if button("undo##path", "Takes the last change of the path back."):
        desk.edit(Tour.undone)
    imgui.end_disabled()
    imgui.same_line()
    imgui.begin_disabled(not tour.path.keyframes)
    if button("clear", "Removes all keyframes."):
        desk.edit(lambda tour: tour.edited(CameraPath()))
    beside("loop", is_box=True)
    loops = bool(tour.path.closing)
    if checkbox("loop", loops, "Whether the last keyframe leads on to the first, at the path's mean speed.") != loops:
        desk.edit(lambda tour: tour.looped(not loops))
    imgui.end_disabled()


def _time(desk):
    path = desk.tour.path
    imgui.begin_disabled(not path.duration)
    with table("path", 0.3):
        at = slider_row("time", desk.tour.time, 0.0, max(path.duration, GAP), "%.2f s",
                        "Where on the path the camera is; drag to scrub. The marks are its keyframes.")
        _marks(path)
        if at != desk.tour.time:
            desk.edit(lambda tour: tour.scrubbed(at), goes=True)
        seconds = drag_row("duration", path.duration, 0.05, GAP * len(path.keyframes), "%.2f s",
                           "Seconds that the whole path takes. All of its parts are stretched alike.")
        if seconds != path.duration and path.duration:
            desk.edit(lambda tour: tour.stretched(seconds))
    imgui.end_disabled()


def _marks(path):
    """A line for each keyframe on the slider that was drawn last."""
    if not path.duration or len(path.keyframes) > MOST_MARKS:
        return
    low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
    colour, foot = imgui.get_color_u32(DIM), low.y + 0.75 * (high.y - low.y)
    for key in path.keyframes:
        x = along_slider(low, high, key.time / path.duration)
        imgui.get_window_draw_list().add_line((x, foot), (x, high.y), colour)


@dataclass(frozen=True)
class _Names(Sequence):
    """Made when they are looked at: a long recording has thousands, and one of them is shown."""

    keyframes: tuple

    def __len__(self):
        return len(self.keyframes)

    def __getitem__(self, i):
        return f"{i + 1} of {len(self)}, at {self.keyframes[i].time:.2f} s"


def _keyframe(desk):
    tour, path = desk.tour, desk.tour.path
    names = _Names(path.keyframes)
    imgui.begin_disabled(not path.keyframes)
    with table("keyframe", 0.3):
        chosen = list_row("keyframe", tour.chosen, names, "One to edit; the camera goes there.", NOTHING)
        if chosen != tour.chosen:
            desk.edit(lambda tour: tour.chose(chosen), goes=True)
        index = desk.tour.chosen
        imgui.begin_disabled(index is None or index == 0 and not path.closing)
        before = path.closing if not index else path.keyframes[index].time - path.keyframes[index - 1].time
        seconds = drag_row("comes", before, 0.02, GAP, "%.2f s after the one before", "Seconds from the keyframe "
                           "before to the chosen one; later ones move along. Of the first of a loop: from the last.")
        if seconds != before and index is not None:
            desk.edit(lambda tour: tour.spaced(seconds))
        imgui.end_disabled()
    imgui.begin_disabled(desk.tour.chosen is None)
    if button("move here", "Puts the chosen keyframe where the camera is."):
        desk.move()
    imgui.same_line()
    if button("remove", "Removes the chosen keyframe; the others keep their times."):
        desk.edit(Tour.removed)
    imgui.end_disabled()
    imgui.end_disabled()


def _file(desk):
    if button("load...", LOAD):
        desk.choose_to_load()
    imgui.same_line()
    imgui.begin_disabled(not desk.tour.path.keyframes)
    if button("save...", SAVE):
        desk.choose_to_save()
    imgui.end_disabled()


def _film(desk):
    film = desk.film
    imgui.begin_disabled(film is not None)
    with table("film", 0.3):
        desk.out = text_row("to", desk.out, OUT)
        names = (f"as in the window: {desk.shown_view}", *VIEW_NAMES)
        chosen = list_row("shows", 0 if desk.view is None else names.index(desk.view), names, KIND)
        desk.view = names[chosen] if chosen else None
        desk.size = sizes_row("size", desk.size, LARGEST_SIDE, "Width and height of the film, pixels; of a video even.")
        desk.fps = min(drag_row("rate", desk.fps, 0.1, 0.1, "%.3g frames/s", "Frames a second of the film."), 1000.0)
    imgui.end_disabled()
    if film is None:
        frames = desk.tour.path.frame_count(desk.fps)
        imgui.begin_disabled(not frames)
        if button(f"draw {frames:,} frame{'s' * (frames != 1)}###draw film", DRAW if frames else NO_FILM):
            desk.start_film()
        imgui.end_disabled()
        return
    if button("cancel", "Ends the film. Finished PNG frames stay, of a video nothing."):
        return desk.cancel()
    imgui.same_line()
    imgui.progress_bar(film.done / film.total, (-1, 0), f"{film.done / film.total:.0%}")
    told = how_far(film.done, film.total, time.perf_counter() - film.began, " frames")
    imgui.text_colored(DIM, told)
    tooltip("Frames drawn, how fast, and how long the rest will take.")
