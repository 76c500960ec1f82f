"""The command that opens a window: `python -m viewer MODEL`."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from gsrender.errors import DeviceError, InputError
from gsrender.settings import RenderSettings
from viewer.app import Viewer
from viewer.bindings import first_words
from viewer.chosen import as_chosen
from viewer.export import save_png
from viewer.first_opening import open_beside
from viewer.fit import Fit
from viewer.headless import check_view, tell
from viewer.look import Look
from viewer.output import check_place
from viewer.remembered import Remembered, load, place, save
from viewer.scene import Scene, check_culling, limit_of, open_options, pick_backend, proxy_of, render_settings
from viewer.settings import ViewerSettings
from viewer.shot import VIEW_OUTPUTS
from viewer.warm_up import warm_up
from vk_interop.device import Device
from vk_interop.offscreen import Offscreen
from vk_interop.placement import Placement
from vk_interop.screen import Screen
from vk_interop.window import Window, monitors, surface_extensions

SAMPLE = Path(__file__).resolve().parent.parent / "assets" / "street" / "model"
WELCOME = 10.0  # seconds that the first words stand, for there is a picture to look at
KEEP = 5.0  # seconds between two looks at what is to be remembered
WARM_UP = 20  # frames at most before the counted ones: the buffers take one, the panel four


def run(options) -> int:
    """Opens the model and flies until the window is closed; with --frames, for that many frames."""
    if options.screenshot:
        check_place(options.screenshot)
    extensions = _extensions(needs_display=options.frames is None)
    # A run of so many frames is to be the same for everyone.
    remembered, damaged = Remembered(), None
    if options.frames is None and not options.fresh:
        remembered, damaged = load(place())
    if options.model is None:
        options.model, proxy = _scene_at_hand(remembered)
        options.scene = options.scene or proxy
    habits = remembered.habits
    alignment = remembered.alignment(options.model, options.scene or proxy_of(options.model, options.iteration))
    if options.given & {"proxy_transform", "up"}:
        alignment = replace(alignment, fit=Fit())
    options.metres = options.metres or alignment.metres
    if "lod_error" not in options.given:
        options.lod_error = habits.detail.lod_error
    if "raster" not in options.given:
        options.raster = habits.detail.raster
    vsync = habits.vsync if options.vsync is None else options.vsync == "on"
    with ExitStack() as opened:
        screen, scene = _open(options, alignment.fit, extensions, remembered.placement, vsync, opened)
        if scene is None:
            return 0
        tell(scene)
        scene.draw_proxy_by(replace(scene.detail, occlusion=habits.occlusion))
        settings = ViewerSettings(_picture(options, scene, remembered), **habits.of_window | {"vsync": vsync})
        if options.mode:
            settings = replace(settings, mode=options.mode)
        if options.frames is not None:  # every one is drawn, so that the figures are of that many
            settings = replace(settings, always=True)
        check_culling(settings.render.culling, scene)
        check_view(options, scene, settings.render)
        settings = replace(settings, look=Look(options.view, wireframe=options.wireframe))
        home = _index(options.camera, [view.name for view in scene.cameras])
        viewer = Viewer(scene, screen, settings, home, remembered)
        if options.frames is None:
            viewer.say(first_words(), WELCOME)
        if damaged:
            viewer.complain(damaged)
        keeper = _Keeper(viewer) if options.frames is None else None
        try:
            fly(viewer, options.frames, options.screenshot, keeper.look if keeper else None)
        finally:
            if keeper:
                keeper.keep()
            opened.pop_all()
            viewer.close()
            viewer.scene.close()  # which may be another one by now
    return 0


def _open(options, fit: Fit, extensions: list[str], placement: Placement, vsync: bool,
          opened: ExitStack) -> tuple[Screen, Scene | None]:
    """A screen, and the scene that is to be shown there, both closed with `opened`. Who is to look at a window has it
    while the scene is read: None where it was closed meanwhile."""
    def read(**more) -> Scene:
        scene = open_options(options, fit=fit, outputs=VIEW_OUTPUTS, **more)
        try:
            warm_up(scene)
        except BaseException:
            scene.device = None if "device" in more else scene.device
            scene.close()
            raise
        return scene

    if not extensions or options.frames is not None:
        scene = opened.enter_context(read(surface_extensions=extensions))
        screen = _screen(scene.device, options, placement, vsync, bool(extensions))
        opened.callback(screen.close)
        return screen, scene
    backend = pick_backend(options.backend)
    device = opened.enter_context(closing(Device.open(backend, extensions, limit=limit_of(
        backend, options.memory_limit, options.anyway))))
    screen = opened.enter_context(closing(_screen(device, options, placement, vsync, has_display=True)))
    scene = open_beside(screen, options.model, lambda go_on, foretell: read(
        device=device, on_step=go_on, on_forecast=foretell))
    if scene and scene.proxy:
        opened.callback(scene.proxy.close)
    return screen, scene


def _screen(device: Device, options, placement: Placement, vsync: bool, has_display: bool) -> Screen:
    if not has_display:
        return Offscreen(device, *(options.size or placement.size))
    if options.size:
        placement = replace(placement, size=options.size, maximised=False)
    else:
        placement = placement.on(monitors())
    return Window(device, *placement.size, f"viewer: {options.model}", vsync, placement.at, placement.maximised)


def _picture(options, scene: Scene, remembered: Remembered) -> RenderSettings:
    """As the command line says; of what it does not, as it was chosen for the scene."""
    chosen = {name: value for name, value in remembered.chosen(scene.opened).items() if name not in options.given}
    return as_chosen(scene, render_settings(options, scene, options.culling), chosen)


def _scene_at_hand(remembered: Remembered) -> tuple[Path, Path | None]:
    """For who names no model: the one that was open last, with its proxy, where they are still there; else the sample.
    Raises InputError where that was not brought along."""
    for scene in remembered.recent[:1]:
        if Path(scene.model).exists():
            return Path(scene.model), Path(scene.proxy) if scene.proxy and Path(scene.proxy).exists() else None
    if not SAMPLE.exists():
        raise InputError("which model? python -m viewer MODEL opens one (--help lists the options)")
    return SAMPLE, None


class _Keeper:
    """Writes what is remembered: at the end, and now and then while the window rests, so that what ends the program
    otherwise takes little of it along."""

    def __init__(self, viewer: Viewer):
        self._viewer, self._kept, self._due = viewer, None, time.monotonic() + KEEP

    def look(self):
        if self._viewer.idle and time.monotonic() > self._due:
            self.keep()

    def keep(self):
        remembered, self._due = self._viewer.remember(), time.monotonic() + KEEP
        if remembered == self._kept:
            return
        self._kept = remembered
        try:
            save(remembered, place())
        except InputError as error:
            print(f"viewer: {error}: the window's settings are not kept", file=sys.stderr)


def fly(viewer: Viewer, frames=None, screenshot=None, between=None):
    """Frame after frame until the window is closed or `frames` were presented, and `between` after each; then saves
    what is on the screen. They are counted once the picture is whole and the panel has its size."""
    if frames is not None:
        for _ in range(WARM_UP):
            if not viewer.settled:
                viewer.frame()
    last = None if frames is None else viewer.presented + frames - (screenshot is not None)
    while not viewer.closing and (last is None or viewer.presented < last):
        viewer.frame()
        if between:
            between()
    if screenshot is not None:
        pixels = viewer.frame(capture=True)
        if pixels is None:
            raise DeviceError(f"--screenshot {screenshot}: the window is minimised, so nothing is on the screen")
        save_png(pixels, screenshot)


def _extensions(needs_display: bool) -> list[str]:
    """What the display asks of Vulkan; none, for an off-screen target, where there is no display and none is needed."""
    try:
        return surface_extensions()
    except DeviceError:
        if needs_display:
            raise
        print("no display: the frames are drawn off-screen", file=sys.stderr)
        return []


def _index(name: str | None, names: list[str]) -> int | None:
    if name is None:
        return None
    if name not in names:
        some = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        raise InputError(f"--camera {name}: the model's cameras.json has {some or 'no cameras'}")
    return names.index(name)
