"""What the tests of the web page share: visits, and what they wait for."""

from contextlib import contextmanager

import numpy as np
from browser import until

PANEL = 560  # column that the page's panel begins after


def open_sample(street):
    from viewer.scene import open_scene
    from viewer.shot import VIEW_OUTPUTS
    from vk_interop.depth_settings import DepthSettings
    return open_scene(street / "model", backend="cpu", outputs=VIEW_OUTPUTS, detail=DepthSettings(1.0))


def visit(page, browser):
    before = set(page.visitors)
    tab = browser.open(f"{page.address}?fixedDpr=1")  # else a slow machine is asked for fewer pixels
    number = until(lambda: page.visitors.keys() - before, "a visitor").pop()
    visitor = page.visitors[number]
    until(lambda: visitor.is_settled, "the first picture")
    return tab, visitor


def shows(tab, picture) -> bool:
    """Whether the page shows the picture left of its panel and below its messages, but for what JPEG loses."""
    seen = tab.see()
    assert seen.shape == picture.shape
    error = np.square(seen[250:, :PANEL].astype(float) - picture[250:, :PANEL]).mean()
    return 10 * np.log10(255 ** 2 / max(error, 1e-9)) > 35


def slide(tab, to: float):
    """Drags the last slider that is seen to that share of its width."""
    box = tab.run("(() => { const own = [...document.querySelectorAll('.mantine-Slider-root')].filter(e => "
                  "e.offsetParent).pop(); own.scrollIntoView({block: 'center'}); "
                  "const box = own.getBoundingClientRect(); return [box.x, box.y + box.height / 2, box.width] })()")
    tab.drag((box[0] + 0.3 * box[2], box[1]), (box[0] + to * box[2], box[1]))


def change(tab, visitor, what: str, act):
    """Does something and waits until there is the sharp picture of it, and nothing more comes from the page."""
    before = visitor.sent

    def stands():
        sent = visitor.sent
        if sent == before or not visitor.is_settled:
            return False
        tab.rest()
        return visitor.is_settled and visitor.sent == sent
    act()
    until(stands, what)
    return before, visitor.sent


@contextmanager
def opened(tab, *folders):
    """While those of the page's panel are unfolded."""
    for folder in folders:
        tab.unfold(folder)
    yield
    for folder in reversed(folders):
        tab.unfold(folder)


def field(handle) -> str:
    """Where a control is typed into."""
    return f"input[id='{handle._impl.uuid}']"


def pick(tab, handle, option: str):
    """From a list."""
    tab.click("", field(handle))
    tab.click(option)


def told(tab, visitor):
    """Until the browser shows what it was sent: it answers in that order."""
    visitor._client.local_storage.get_item("any", 30)
    tab.rest()
