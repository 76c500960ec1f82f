"""A browser without a screen and a hand on its mouse, for the tests of the web page, by Chromium's own protocol."""

import base64
import io
import json
import shutil
import subprocess
import time
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

PATIENCE = 60.0  # seconds; a loaded machine takes its time
PROGRAMS = ("chromium", "google-chrome", "chromium-browser")
# Its own sandbox needs rights that containers do not give; WebGL is drawn on the CPU.
FLAGS = ("--headless=new", "--no-sandbox", "--no-first-run", "--disable-dev-shm-usage", "--use-angle=swiftshader",
         "--enable-unsafe-swiftshader", "--remote-debugging-port=0", "--window-size=900,640")


@contextmanager
def own_browser(folder):
    """Starts Chromium with a profile in that folder."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("needs chromium: apt-get install chromium")
    process = subprocess.Popen([program, *FLAGS, f"--user-data-dir={folder}", "about:blank"], stderr=subprocess.PIPE,
                               text=True)
    try:
        line = next(line for line in process.stderr if "DevTools listening on " in line)
        with Browser(line.split()[-1]) as browser:
            yield browser
    finally:
        process.terminate()
        process.stderr.read()  # until it has ended, so that it never waits for a full pipe
        process.wait()


class Browser:
    def __init__(self, address: str):
        from websockets.sync.client import connect
        self._line, self._count = connect(address, max_size=None), 0

    def open(self, address: str) -> "Tab":
        target = self.ask("Target.createTarget", url=address)["targetId"]
        return Tab(self, target, self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])

    def ask(self, method: str, session: str | None = None, **parameters) -> dict:
        self._count += 1
        self._line.send(json.dumps({"id": self._count, "method": method, "params": parameters}
                                   | ({"sessionId": session} if session else {})))
        while (answer := json.loads(self._line.recv(PATIENCE))).get("id") != self._count:
            pass  # events
        assert "error" not in answer, answer
        return answer["result"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._line.close()


class Tab:
    """A page that is open."""

    def __init__(self, browser: Browser, target: str, session: str):
        self._browser, self._target, self._session = browser, target, session

    def _ask(self, method: str, **parameters) -> dict:
        return self._browser.ask(method, self._session, **parameters)

    def see(self) -> np.ndarray:
        """[H, W, 3] uint8."""
        png = base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"])
        return np.array(Image.open(io.BytesIO(png)).convert("RGB"))

    def run(self, code: str):
        """The value of some JavaScript, or of its promise."""
        answer = self._ask("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        return answer["result"].get("value")

    def rest(self):
        """Until what was done before has been drawn, and is on its way to the server."""
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))")

    def drag(self, start, end, steps=8):
        self._mouse("mousePressed", start)
        for share in np.linspace(0, 1, steps):
            self._mouse("mouseMoved", np.add(start, share * np.subtract(end, start)))
        self._mouse("mouseReleased", end)

    def click(self, text: str, kind: str = "*"):
        """What says just that, or is of that kind; the last of several."""
        code = (f"(() => {{ const found = [...document.querySelectorAll({kind!r})].filter(e => e.offsetParent && "
                f"(!{text!r} || (e.innerText || e.value) === {text!r})).pop(); if (!found) return null; "
                "found.scrollIntoView({block: 'nearest'}); "
                "const box = found.getBoundingClientRect(); "
                "return [box.x + box.width / 2, box.y + box.height / 2] })()")
        self.click_at(until(lambda: self.run(code), f"{text!r} on the page"))

    def click_at(self, at):
        """Column and row."""
        self._mouse("mousePressed", at)
        self._mouse("mouseReleased", at)

    def choose(self, option: str, before: str):
        """From the list that says `before`."""
        self.click(before, "input")
        self.click(option)

    def unfold(self, folder: str):
        """A folder of the panel, or folds it, until it has come to rest."""
        code = (f"(() => {{ const found = [...document.querySelectorAll('.mantine-Paper-root')].filter(e => "
                f"e.offsetParent && e.innerText === {folder!r}).pop(); found?.click(); return !!found }})()")
        until(lambda: self.run(code), f"{folder!r} on the page")  # not by the mouse: what is above it may grow
        self.rest()
        self.run("Promise.allSettled(document.getAnimations().filter(a => a instanceof CSSTransition)"
                 ".map(a => a.finished)).then(() => 0)")

    def type(self, text: str, into: str):
        """In the place of what stands in the last input of that kind that is seen."""
        self.run(f"(() => {{ const own = [...document.querySelectorAll({into!r})].filter(e => e.offsetParent).pop(); "
                 "own.focus(); own.select() })()")
        self._ask("Input.insertText", text=text)

    def press(self, key: str, ctrl: bool = False):
        """A letter, a digit or the space bar."""
        code = f"Key{key}" if key.isalpha() else "Space" if key == " " else f"Digit{key}"
        for kind in ("keyDown", "keyUp"):
            self._ask("Input.dispatchKeyEvent", type=kind, key=key.lower(), code=code, modifiers=2 * ctrl,
                      windowsVirtualKeyCode=ord(key))

    def upload(self, file):
        """Through the last button for that which is there."""
        found = self._ask("Runtime.evaluate", expression="[...document.querySelectorAll('input[type=file]')].pop()")
        self._ask("DOM.setFileInputFiles", files=[str(file)], objectId=found["result"]["objectId"])

    def _mouse(self, kind: str, at):
        self._ask("Input.dispatchMouseEvent", type=kind, x=float(at[0]), y=float(at[1]), button="left", buttons=1,
                  clickCount=1)

    def close(self):
        self._browser.ask("Target.closeTarget", targetId=self._target)


def until(condition, what: str):
    """Its value, once it holds."""
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.02)
    return value
