"""`fly`: the film of a camera path."""

from __future__ import annotations

import sys
from contextlib import closing

from viewer.film import check_film
from viewer.headless import check_view, tell
from viewer.look import Look
from viewer.lost import EmptyFrames
from viewer.path_file import load_path
from viewer.path_render import render_path
from viewer.progress import Bar
from viewer.scene import check_culling, open_options, render_settings
from viewer.shot import outputs_for

SIZE = (1280, 720)


def fly(options) -> int:
    """Draws the film; Ctrl+C leaves nothing half-written."""
    path, warning = load_path(options.path)
    size, frames = options.size or SIZE, path.frame_count(options.fps, options.seconds)
    check_film(options.out, size, frames)
    if warning:
        print(f"warning: {warning}", file=sys.stderr)
    with open_options(options, outputs=outputs_for(options.view)) as scene:
        tell(scene)
        settings = render_settings(options, scene, options.culling)
        check_culling(settings.culling, scene)
        check_view(options, scene, settings)
        look, empty = Look(options.view, wireframe=options.wireframe), EmptyFrames()
        film = render_path(scene, settings, look, path, size, options.fps, options.out, empty, options.seconds)
        with closing(film), Bar("fly", "frames") as bar:
            for done in film:
                bar.show(done, frames)
        if empty.sentence:
            print(f"warning: {options.out}: {empty.sentence}", file=sys.stderr)
    return 0
