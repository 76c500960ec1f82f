"""`clusters` builds a mesh's levels of detail once, shows how far it is, and says what they are."""

import json
import re
import shutil
import sys

import pytest


@pytest.fixture
def proxy(tmp_path, street):
    return shutil.copy(street / "proxy.glb", tmp_path)


def test_it_builds_once_and_tells_every_level(viewer, proxy):
    first, second = viewer("clusters", proxy, "--json"), viewer("clusters", proxy, "--json")
    assert first.code == second.code == 0 and first.out == second.out
    assert "112,019 triangles in" in first.err and second.err == ""
    facts = json.loads(first.out)
    levels = facts["levels"]
    assert facts["triangles"] == levels[0]["triangles"] == 112_019 and levels[0]["largest error"] == 0
    assert levels[-1]["clusters"] == 1 and [level["level"] for level in levels] == list(range(len(levels)))
    errors = [level["error"] for level in levels]
    assert errors == sorted(errors) and all(level["error"] <= level["largest error"] for level in levels)


def test_as_text_it_has_a_line_for_each_level(viewer, proxy):
    lines = viewer("clusters", proxy).out.splitlines()
    levels = json.loads(viewer("clusters", proxy, "--json").out)["levels"]
    assert lines[0].startswith(f"{proxy}: 112,019 triangles; ") and len(lines) == 2 + len(levels)
    assert [line.split()[:3] for line in lines[2:]] == [
        [f"{level[name]:,}" for name in ("level", "clusters", "triangles")] for level in levels]


def test_a_terminal_sees_how_far_it_is_and_how_long_it_takes(viewer, proxy, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr("viewer.progress.INTERVAL", 0)
    shown = viewer("clusters", proxy).err.split("\r")
    bar = r"clusters \[#+\.+\] [\d,]+/112,019 triangles, [\d,.]+ a second, \d+ s left"
    assert sum(bool(re.match(bar, line)) for line in shown) > 5


def test_ctrl_c_ends_it_and_leaves_nothing(viewer, proxy, tmp_path, monkeypatch):
    def press(bar, done, total):
        if done:
            raise KeyboardInterrupt
    monkeypatch.setattr("viewer.progress.Bar.show", press)
    ran = viewer("clusters", proxy)
    assert ran.code == 130 and not ran.out and [path.name for path in tmp_path.iterdir()] == ["proxy.glb"]


def test_what_cannot_be_kept_is_a_warning(viewer, proxy, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    tmp_path.chmod(0o555)
    ran = viewer("clusters", proxy, "--json")
    assert ran.code == 0 and json.loads(ran.out)["levels"] and "warning: the clusters cannot be kept" in ran.err


def test_a_wrong_mesh_is_one_sentence(viewer, tmp_path):
    (tmp_path / "a.glb").write_bytes(b"glTF")
    ran = viewer("clusters", tmp_path / "a.glb")
    assert ran.code == 2 and ran.err.count("\n") == 1 and str(tmp_path / "a.glb") in ran.err and not ran.out
