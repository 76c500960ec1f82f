"""The cameras of the dataset, each with its photograph where it was found: a part of the panel Camera."""

from __future__ import annotations

from imgui_bundle import imgui

from viewer.panels.rows import beside, button, dim, tooltip
from viewer.panels.sampled import Sampled

STANDING = Sampled(0.1)
HEIGHT = 3.2  # font sizes of a row with a photograph
LEAST = 3.5  # font sizes of the list
NEIGHBOURS = (("previous", "previous camera", "The camera before in the dataset. (Left)"),
              ("next", "next camera", "The next camera of the dataset. (Right)"),
              ("nearest", "nearest camera", "The camera of the dataset that stands nearest and looks most the same "
                "way. (N)"))


def draw(app):
    views = app.scene.cameras
    if not views:
        return dim("The model came without cameras.")
    photographs = sum(view.image is not None for view in views)
    dim(f"{len(views):,} cameras of the dataset, {photographs or 'no'} photographs found")
    for label, action, help in NEIGHBOURS:
        if action != NEIGHBOURS[0][1]:
            beside(label)
        if button(label, help):
            app.act(action)
    font = imgui.get_font_size()
    size = (0, max(imgui.get_content_region_avail().y, LEAST * font))
    if imgui.begin_child("views", size, imgui.ChildFlags_.borders):
        height = HEIGHT * font if photographs else imgui.get_text_line_height_with_spacing()
        [standing] = STANDING.get(app.scene, lambda: [app.standing], at_once=app.idle)
        _follow(app.view if standing is None else standing, height)
        clipper = imgui.ListClipper()
        clipper.begin(len(views), height)
        while clipper.step():
            for i in range(clipper.display_start, clipper.display_end):
                _row(app, i, height, standing)
        clipper.end()
    imgui.end_child()


def _follow(i: int | None, height: float):
    """Scrolls to a row of that height, once, when it becomes the one that is marked."""
    marked, seen = imgui.get_id("marked"), imgui.get_state_storage()
    if i is None or seen.get_int(marked, -1) == i:
        return
    seen.set_int(marked, i)
    room = imgui.get_window_height() - 2 * imgui.get_style().window_padding.y
    if not imgui.get_scroll_y() <= i * height <= imgui.get_scroll_y() + room - height:
        imgui.set_scroll_y((i + 0.5) * height - room / 2)


def _row(app, i: int, height: float, standing: int | None):
    """Marked where the camera stands there; else the one that it was flown to last is named so."""
    view, edge = app.scene.cameras[i], height - imgui.get_style().item_spacing.y
    imgui.push_id(i)
    if view.image:
        texture, width, tall = app.thumbnails.of(view.image) or (None, 4, 3)
        size = min(edge * width / tall, 2 * edge), edge
        imgui.image(texture, size) if texture else imgui.dummy(size)
        imgui.same_line()
    split = f" ({view.split})" if view.split and view.split not in view.name else ""
    last = "   visited last" if i == app.view and standing is None else ""
    if imgui.selectable(f"{view.name}{split}{last}", i == standing, 0, (0, edge))[0]:
        app.fly_to(i)
    tooltip(f"Flies to {view.name}.")
    imgui.pop_id()
