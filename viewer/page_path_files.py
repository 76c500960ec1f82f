"""Where a browser's path comes from and goes to: files beside the model, and files of the browser's machine."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path, PurePath
from typing import Callable

import viser

from gsrender.errors import InputError
from gsrender.load.colmap import SUFFIXES, find_colmap
from viewer.camera_path import CameraPath
from viewer.output import write_whole
from viewer.page_controls import complain
from viewer.path_file import FORMAT, load_path, path_text
from viewer.scene import Scene

NO_PATH, DATASET = "–", "the dataset's cameras"
LIMIT = 16 << 20  # bytes of an upload; 10,000 cameras have 5 MB
HEAD = 100  # bytes of a file that tell whether it is a path
COLMAP = "images", "cameras"  # of which a model has both


class PathFiles:
    """What a hand may choose from is in a model's folder and in the one above it. What a browser uploads goes into a
    folder of its own, which is gone with it; no other file is ever read."""

    def __init__(self, client: viser.ClientHandle, scene: Scene):
        self._client = client
        found = {name: file for name, file in path_files(scene.folder).items() if file != scene.cameras_file}
        self._files = ({DATASET: scene.cameras_file} if scene.cameras else {}) | found
        self._uploaded: tempfile.TemporaryDirectory | None = None

    def add(self, take: Callable[[CameraPath], None]):
        """The controls. `take` is called with the path that was chosen."""
        self._take = take
        gui = self._client.gui
        choice = gui.add_dropdown("fly along", [NO_PATH, *self._files], hint="The dataset's cameras, a second from "
                                  "one to the next; or a path or cameras that lie beside the model.")
        upload = gui.add_upload_button("load", hint="Takes the path from a file of your machine: one that was saved, a "
                                       "cameras.json or a transforms.json; or a COLMAP model, its cameras and its "
                                       "images one after the other.")
        choice.on_update(self._choose)
        upload.on_upload(self._load)

    def save(self, path: CameraPath):
        """Sends it to the browser."""
        if not path.keyframes:
            return complain(self._client, "Path", "There is no path yet: add a keyframe, or record.")
        self._client.send_file_download(time.strftime("path-%Y%m%d-%H%M%S.json"), path_text(path).encode(),
                                        save_immediately=True)

    def close(self):
        if self._uploaded:
            self._uploaded.cleanup()

    def _choose(self, event):
        """What a browser sends may be anything."""
        if not event.client:
            return
        file = self._files.get(event.target.value)
        if file is None:
            self._take(CameraPath())
        else:
            self._read(file, file.name, photographs=True)

    def _load(self, event):
        name, content = PurePath(event.target.value.name), event.target.value.content
        try:
            file = self._keep(name, content)
        except InputError as error:
            return complain(self._client, "Path", str(error))
        other = file.with_stem(next((other for other in COLMAP if file.suffix in SUFFIXES and other != file.stem),
                                    file.stem))
        if not other.exists():
            return complain(self._client, "Path", f"{name.name} is half of a COLMAP model: load {other.name} too.")
        self._read(file, name.name, photographs=False)
        file.unlink(missing_ok=True)
        other.unlink(missing_ok=True)

    def _keep(self, name: PurePath, content: bytes) -> Path:
        """Under a name of ours, which only tells what it is."""
        suffix = name.suffix.lower()
        if suffix != ".json" and (suffix not in SUFFIXES or name.stem not in COLMAP):
            raise InputError(f"{name.name[:80]}: expected a .json, or the images and cameras, both .bin or .txt, of a "
                             "COLMAP model")
        if len(content) > LIMIT:
            raise InputError(f"{name.name[:80]}: {len(content):,} bytes, expected {LIMIT:,} at most")
        self._uploaded = self._uploaded or tempfile.TemporaryDirectory(prefix="gsrender-path-")
        file = Path(self._uploaded.name) / ("path.json" if suffix == ".json" else f"{name.stem}{suffix}")
        with write_whole(file) as whole:
            whole.write(content)
        return file

    def _read(self, file: Path, name: str, photographs: bool):
        def told(sentence):  # by the names that the browser knows
            return sentence.replace(str(file), name).replace(f"{file.parent}{os.sep}", "")
        try:
            path, warning = load_path(file, photographs)
        except InputError as error:
            return complain(self._client, "Path", told(str(error)))
        if warning:
            complain(self._client, "Path", told(warning))
        self._take(path)


def path_files(folder: Path) -> dict[str, Path]:
    """Paths that were saved, cameras*.json, transforms*.json and COLMAP models, in a model's folder and in the one
    above it, by the names that they are chosen by."""
    found = {}
    for place in (folder.resolve().parent, folder):
        found |= {file.name: file for file in sorted(place.glob("*.json")) if file.is_file() and _is_path(file)}
        try:
            images = find_colmap(place)
            found[f"COLMAP: {images.relative_to(place)}"] = images
        except InputError:
            pass  # none there
    return found


def _is_path(file: Path) -> bool:
    if file.name.startswith(("cameras", "transforms")):
        return True
    try:
        with file.open("rb") as opened:
            return FORMAT.encode() in opened.read(HEAD)
    except OSError:
        return False
