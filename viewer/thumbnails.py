"""Small pictures of photographs for the panels: read beside the frames, a few put on the GPU with each."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from vk_interop.imgui_layer import ImguiLayer

SIZE = 160, 120  # pixels at most
MOST = 400  # that are kept, 30 MB; those not looked at for longest go first
A_FRAME = 2  # that are put on the GPU with a frame, which takes a fraction of a millisecond each


class Thumbnails:
    def __init__(self, layer: ImguiLayer):
        self._layer = layer
        self._thread = ThreadPoolExecutor(1, "thumbnails")
        self._read: OrderedDict[Path, Future] = OrderedDict()
        self._textures: dict[Path, object] = {}
        self._made = 0

    def begin_frame(self):
        self._made = 0

    def of(self, path: Path):
        """(ImGui's texture, width, height); None while it is not there, or where the file is no picture."""
        if path not in self._read:
            self._read[path] = self._thread.submit(_read, path)
            self._drop_oldest()
        self._read.move_to_end(path)
        if path not in self._textures:
            future = self._read[path]
            if self._made >= A_FRAME or not future.done() or future.result() is None:
                return None
            pixels = future.result()
            self._made += 1
            self._textures[path] = self._layer.add_texture(pixels), pixels.shape[1], pixels.shape[0]
        return self._textures[path]

    @property
    def are_coming(self) -> bool:
        return any(not future.done() or future.result() is not None and path not in self._textures
                   for path, future in self._read.items())

    def _drop_oldest(self):
        if len(self._read) > MOST:
            path, future = self._read.popitem(last=False)
            future.cancel()
            if path in self._textures:
                self._layer.remove_texture(self._textures.pop(path)[0])

    def close(self):
        """The layer closes the textures that are left."""
        self._thread.shutdown(wait=True, cancel_futures=True)


def _read(path: Path) -> np.ndarray | None:
    """[H, W, 4] uint8."""
    try:
        with Image.open(path) as picture:
            picture.draft("RGB", SIZE)  # a JPEG is read at an eighth of its size
            picture.thumbnail(SIZE)
            return np.asarray(picture.convert("RGBA"))
    except Exception:  # Pillow lets through what its decoders raise
        return None
