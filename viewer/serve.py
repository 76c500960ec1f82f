"""`serve`: a web page of the scene, drawn here."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from viewer.headless import tell
from viewer.page import Page
from viewer.page_server import check_place
from viewer.scene import check_culling, open_options, render_settings
from viewer.shot import VIEW_OUTPUTS
from viewer.warm_up import warm_up


def serve(options) -> int:
    """Opens the model and draws for browsers until Ctrl+C."""
    with open_page(options) as page:
        print(page.address, flush=True)
        print("open this in a browser; Ctrl+C ends", file=sys.stderr)
        try:
            page.run()
        except KeyboardInterrupt:
            print(file=sys.stderr)
    return 0


def open_page(options) -> Page:
    """Raises InputError and DeviceError."""
    check_place(options.host, options.port)
    with ExitStack() as opened:
        scene = opened.enter_context(open_options(options, outputs=VIEW_OUTPUTS))
        tell(scene)
        warm_up(scene)
        render = render_settings(options, scene, options.culling)
        check_culling(render.culling, scene)
        page = Page(scene, render, options.host, options.port, options.token)
        opened.pop_all()  # the page closes it
    return page
