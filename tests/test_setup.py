"""Compiling and packaging: what is up to date is left alone, what fails leaves nothing behind."""

import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gsrender import _build
from vk_interop.cluster_lod_meshopt import VERSION

ROOT = Path(__file__).parent.parent


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A library of one function, compiled the way the real one is."""
    (tmp_path / "csrc" / "cpu").mkdir(parents=True)
    (tmp_path / "csrc" / "answer.h").write_text("#define ANSWER 42\n")
    (tmp_path / "csrc" / "cpu" / "a.cpp").write_text(
        '#include "../answer.h"\nextern "C" int answer() { return ANSWER; }\n')
    monkeypatch.setattr(_build, "CSRC", tmp_path / "csrc")
    monkeypatch.setenv("CUDA_ARCH", "none")
    said = []

    def build():
        said.clear()
        _build.build(tmp_path / "lib", said.append)
        return said[0].split()[0]
    build.library, build.source = tmp_path / "lib" / "libgsrender_cpu.so", tmp_path / "csrc"
    return build


def test_only_what_changed_is_compiled_again(small, monkeypatch):
    assert small() == "compiling" and small() == "libgsrender_cpu.so"
    (small.source / "answer.h").write_text("#define ANSWER 43\n")
    assert small() == "compiling" and small() == "libgsrender_cpu.so"
    monkeypatch.setenv("GSRENDER_ARCH", "x86-64" if platform.machine() == "x86_64" else "armv8-a")
    assert small() == "compiling"
    small.library.unlink()
    assert small() == "compiling" and small.library.exists()


def test_what_a_killed_compiler_left_goes(small):
    small.library.parent.mkdir()
    small.library.with_name(".libgsrender_cpu.so.999999999").touch()  # no Linux has as many processes
    small()
    assert {path.name for path in small.library.parent.iterdir()} == {"libgsrender_cpu.so", "libgsrender_cpu.stamp"}


def test_a_source_that_does_not_compile_leaves_the_old_library_and_nothing_else(small, capfd):
    small()
    old, files = small.library.read_bytes(), sorted(small.library.parent.iterdir())
    (small.source / "cpu" / "a.cpp").write_text("int answer() { return }\n")
    with pytest.raises(SystemExit, match="libgsrender_cpu.so does not compile"):
        small()
    assert small.library.read_bytes() == old and sorted(small.library.parent.iterdir()) == files
    assert "a.cpp" in capfd.readouterr().err


def test_without_a_compiler_the_way_out_is_named(small, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(SystemExit, match="no-such-compiler is not on the PATH; install it: apt-get install g[+][+]"):
        small()


def test_without_nvcc_only_the_cpu_library_is_built_and_that_is_said(small, monkeypatch, capsys):
    monkeypatch.delenv("CUDA_ARCH")
    monkeypatch.setattr(_build, "_find_nvcc", lambda: None)
    said = []
    _build.build(small.library.parent, said.append)
    assert "only the CPU library is built" in said[-1] and small.library.exists()


@pytest.mark.skipif(not _build._find_nvcc(), reason="needs nvcc")
def test_a_gpu_that_nvcc_does_not_know_is_refused_by_name(monkeypatch):
    with pytest.raises(SystemExit, match="CUDA_ARCH: 12345 unknown to nvcc .* which knows"):
        _build._cuda_command(_build._find_nvcc(), ["90", "12345"])


def test_the_mesh_library_that_is_installed_is_the_one_whose_functions_are_known():
    assert f'"meshoptimizer=={VERSION}"' in (ROOT / "setup.py").read_text()


def test_a_wheel_holds_all_that_runs(tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, ROOT]
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                         env={**os.environ, "CUDA_ARCH": "none"})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    wheel, = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    python = {str(path.relative_to(ROOT)) for room in ("gsrender", "vk_interop", "viewer", "shaders")
              for path in (ROOT / room).rglob("*.py")}
    shaders = {f"shaders/{path.name}" for path in (ROOT / "shaders").glob("*.spv")}
    assert python | shaders | {"gsrender/csrc/gsrender.h", "gsrender/_lib/libgsrender_cpu.so"} <= names
    assert not any(name.startswith(("tests/", "assets/")) for name in names) and "linux" in wheel.name
