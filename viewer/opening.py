"""Opens another scene, or another proxy, beside the running window, on a thread of its own."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import numpy as np

from gsrender.errors import InputError
from viewer.fit import Fit
from viewer.forecast import Forecast, check_room, forecast
from viewer.path_file import is_path_folder
from viewer.remembered import Remembered
from viewer.scene import MESH_SUFFIXES, Scene, proxy_of, read_model, read_proxy
from vk_interop.proxy_depth import ProxyDepth

STEPS = ("the model", "the proxy mesh", "the proxy's levels of detail")
HEADER = 1 << 16  # bytes of a .ply that surely hold its header


class Cancelled(Exception):
    """Nobody waits for the scene any more."""


class NoScene(Exception):
    """But cameras for a path."""


class Opening:
    """
    outputs     what a Frame carries besides the picture
    path        a model, or a proxy mesh for the model that is open
    remembered  how the proxy lies, where another one than the one that is open has been laid
    proxy       of a model; None: the one that lies beside it
    precision   None: as what is open
    anyway      though the forecast says that there is too little memory: the ceiling is lifted, until another scene is
                open or this one will not be
    """

    def __init__(self, opened: Scene, outputs: tuple[str, ...], path: Path, remembered: Remembered,
                 proxy: Path | None = None, precision: str | None = None, anyway: bool = False):
        self.name, self.path = str(path), path
        self.began = time.perf_counter()
        self.step = 0  # of STEPS
        self.taken = self.parts = ""  # what of memory, in words, as soon as it is known
        self._opened, self._remembered, self._proxy = opened, remembered, proxy
        self._precision, self._anyway, self._outputs = precision or opened.precision, anyway, outputs
        self._was_lifted = opened.limit.is_lifted
        opened.limit.is_lifted = self._was_lifted or anyway
        self._lock, self._cancelled = threading.Lock(), threading.Event()
        self._proxy_depth: ProxyDepth | None = None  # that nobody has taken yet
        self._thread = ThreadPoolExecutor(1, "opening")
        self._read: Future = self._thread.submit(self._run)
        self._thread.shutdown(wait=False)

    @property
    def is_done(self) -> bool:
        return self._read.done()

    def again(self, precision: str | None, anyway: bool) -> Opening:
        """The same once more, in another way."""
        return Opening(self._opened, self._outputs, self.path, self._remembered, self._proxy, precision, anyway)

    def cancel(self):
        """Ends it after the step that is under way; `take` raises Cancelled."""
        with self._lock:
            self._cancelled.set()
            if self._proxy_depth:
                self._proxy_depth.close()
        self._opened.limit.is_lifted = self._was_lifted

    def wait(self):
        """Until its thread is over."""
        wait([self._read])

    def take(self) -> Scene:
        """The scene, whole, on the device of the one that was open, which is still to be closed. Raises Cancelled,
        NoScene, TooLarge, InputError, DeviceError; then nothing has changed."""
        limit = self._opened.limit
        limit.is_lifted = self._was_lifted  # should it raise
        scene = self._read.result()
        if self._cancelled.is_set():
            raise Cancelled
        scene.device, self._proxy_depth, limit.is_lifted = self._opened.device, None, self._anyway
        return scene

    def _run(self):
        opened = self._opened
        if is_path_folder(self.path):
            raise NoScene
        model, proxy = parts_of(self.path, self._proxy)
        ahead = foretell(opened, self.path, self._outputs, self._proxy, self._precision, self._anyway)
        if ahead:
            self.taken, self.parts = ahead.taken(opened.limit), ahead.parts
        if model:
            scene = read_model(model, opened.backend, opened.limit, self._outputs, precision=self._precision)
        else:
            scene = replace(opened, proxy=None, mesh=None, mesh_path=None, warnings=list(opened.model.warnings))
        scene.detail = opened.detail
        scene.first_view  # so that the window need not work it out
        self._go_on(1)
        given, fit = self._lies(scene.opened, proxy)
        clusters = read_proxy(scene, proxy, given, fit, scene.detail, on_mesh=lambda: self._go_on(2))
        if clusters is not None:
            self._keep(ProxyDepth(opened.device, clusters, scene.detail))
            scene.proxy = self._proxy_depth
        if opened.backend == "cuda":
            import torch
            torch.cuda.synchronize()
        return scene

    def _lies(self, model: Path, proxy: Path | None) -> tuple[np.ndarray, Fit]:
        """How the proxy lies, by the command line's word and on top of that: see Scene."""
        opened = self._opened
        if proxy and opened.mesh_path and proxy.resolve() == opened.mesh_path.resolve():
            return opened.given, opened.fit
        return np.eye(4), self._remembered.alignment(model, proxy).fit

    def _go_on(self, step: int):
        if self._cancelled.is_set():
            raise Cancelled
        self.step = step

    def _keep(self, proxy: ProxyDepth):
        with self._lock:
            if self._cancelled.is_set():
                proxy.close()
                raise Cancelled
            self._proxy_depth = proxy


def parts_of(path: Path, proxy: Path | None = None) -> tuple[Path | None, Path | None]:
    """The model and the proxy mesh that a path means: a mesh alone, or a model with this mesh, else with the one beside
    it. Raises InputError."""
    return (None, path) if is_mesh(path) else (path, proxy or proxy_of(path))


def foretell(opened: Scene, path: Path, outputs: tuple[str, ...], proxy: Path | None = None,
             precision: str | None = None, anyway: bool = False) -> Forecast | None:
    """What opening a path beside a scene will take; None where the heads of the files do not tell. Raises InputError,
    and TooLarge unless `anyway`."""
    model, mesh = parts_of(path, proxy)
    wanted = {"model": model, "mesh": mesh, "backend": opened.backend, "detail": opened.detail, "outputs": outputs,
              "precision": precision or opened.precision}
    return forecast(**wanted) if anyway else check_room(opened.limit, **wanted)


def is_mesh(path: Path) -> bool:
    """Whether a path that a person gave is a proxy mesh and not a model. Raises InputError where it is neither."""
    if not path.exists():
        raise InputError(f"{path}: there is no such file or directory")
    if path.is_dir():
        return False
    if path.suffix.lower() not in MESH_SUFFIXES:
        raise InputError(f"{path}: neither a model (a directory, .ply) nor a proxy mesh ({', '.join(MESH_SUFFIXES)})")
    if path.suffix.lower() != ".ply":
        return True
    try:
        with open(path, "rb") as file:
            header = file.read(HEADER).split(b"end_header")[0]
    except OSError as error:
        raise InputError(f"{path}: cannot be read, {error.strerror}") from error
    return b"element face" in header and b"opacity" not in header
