"""The window's frame: panels docked around the picture, which fills what they leave."""

from __future__ import annotations

from importlib import import_module

from imgui_bundle import imgui

from viewer.panels import PANELS

LEFT, FOOT = 25, 15  # font sizes
MOST = 0.5, 0.45  # of the window's width and height that they take at first
UPPER = 0.56  # of what is left at the left: at 1280 x 800 it shows three photographs, and the lower part the funnel
ROOT = 0x7669  # ImGui's number of the whole; any but 0
FLAGS = imgui.DockNodeFlags_.passthru_central_node | imgui.DockNodeFlags_.no_docking_over_central_node

DRAW = {panel.name: import_module(f"viewer.panels.{panel.module}").draw for panel in PANELS}


def draw(app):
    """All panels that are open, each in its place."""
    root = imgui.internal.dock_builder_get_node(ROOT)
    is_new = root is None or root.is_leaf_node()
    if is_new:
        build()
    imgui.dock_space_over_viewport(ROOT, None, FLAGS)
    for panel in PANELS:
        if panel.name in app.settings.closed:
            continue
        visible, stays = imgui.begin(panel.name, True)
        if imgui.is_window_focused(imgui.FocusedFlags_.root_and_child_windows):
            app.used_panel = panel.name
        if visible:
            app.settings = DRAW[panel.name](app)
        imgui.end()
        if not stays:
            app.close_panel(panel.name)
    if is_new:
        for panel in reversed(PANELS):  # the first of each place is the one in front
            imgui.set_window_focus(panel.name)


def focus(name: str, is_navigated: bool) -> bool:
    """Brings a window to the front, before it is drawn; where windows are used by keyboard, that one is now, from what
    was used last in it or from its first control. Whether it is there."""
    window = imgui.internal.find_window_by_name(name)
    if window is None or not window.was_active:
        return False
    imgui.set_window_focus(name)
    if is_navigated:
        if not imgui.get_current_context().nav_id:
            imgui.internal.nav_init_window(window, False)
        imgui.set_nav_cursor_visible(True)
    return True


def keep():
    """Panels are not drawn, and keep their places."""
    imgui.dock_space_over_viewport(ROOT, None, FLAGS | imgui.DockNodeFlags_.keep_alive_only)


def picture_area() -> tuple[float, float, float, float]:
    """Left, top, width and height of what the panels leave, in units of the mouse."""
    node = imgui.internal.dock_builder_get_central_node(ROOT)
    return (*node.pos, *node.size)


def restore(layout: str):
    """Puts the panels where they were; those of a program that had others, where they are at first."""
    if all(f"[Window][{panel.name}]\n" in layout for panel in PANELS):
        imgui.load_ini_settings_from_memory(layout)


def layout() -> str:
    """Where the panels stand, for `restore`."""
    return imgui.save_ini_settings_to_memory()


def reset():
    """Every panel goes where it is at first, with the next frame."""
    imgui.internal.dock_builder_remove_node(ROOT)


def build():
    """Puts every panel where it is at first."""
    split, font = imgui.internal.dock_builder_split_node, imgui.get_font_size()
    size = imgui.get_main_viewport().work_size
    imgui.internal.dock_builder_remove_node(ROOT)
    imgui.internal.dock_builder_add_node(ROOT, imgui.internal.DockNodeFlagsPrivate_.dock_space)
    imgui.internal.dock_builder_set_node_size(ROOT, size)
    left = split(ROOT, imgui.Dir.left, min(LEFT * font / size.x, MOST[0]))
    foot = split(left.id_at_opposite_dir, imgui.Dir.down, min(FOOT * font / size.y, MOST[1]))
    upper = split(left.id_at_dir, imgui.Dir.up, UPPER)
    places = {"upper": upper.id_at_dir, "lower": upper.id_at_opposite_dir, "foot": foot.id_at_dir}
    for panel in PANELS:
        imgui.internal.dock_builder_dock_window(panel.name, places[panel.place])
    imgui.internal.dock_builder_finish(ROOT)
