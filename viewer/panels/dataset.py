"""The cameras of the dataset, each with its photograph where it was found: a part of the panel Camera."""

from __future__ import annotations

from imgui_bundle import imgui

from viewer.panels.rows import beside, button, dim, tooltip

HEIGHT = 4.0  # font sizes of a row with a photograph
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
        clipper = imgui.ListClipper()
        clipper.begin(len(views), height)
        while clipper.step():
            for i in range(clipper.display_start, clipper.display_end):
                _row(app, i, height)
        clipper.end()
    imgui.end_child()


def _row(app, i: int, height: float):
    view, edge = app.scene.cameras[i], height - imgui.get_style().item_spacing.y
    imgui.push_id(i)
    if view.image:
        texture, width, tall = app.thumbnails.of(view.image) or (None, 4, 3)
        size = min(edge * width / tall, 2 * edge), edge
        imgui.image(texture, size) if texture else imgui.dummy(size)
        imgui.same_line()
    split = f" ({view.split})" if view.split and view.split not in view.name else ""
    if imgui.selectable(view.name + split, i == app.view, 0, (0, edge))[0]:
        app.fly_to(i)
    tooltip(f"Flies to {view.name}.")
    imgui.pop_id()
