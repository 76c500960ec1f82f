"""The committed SPIR-V is what the GLSL beside it says."""

import re
import shutil
import subprocess

import pytest

import shaders

SOURCES = sorted(path for kind in ("vert", "frag", "comp") for path in shaders.FOLDER.glob(f"*.{kind}"))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A folder with every shader compiled anew."""
    if not shutil.which("glslangValidator"):
        pytest.skip("needs glslangValidator: apt-get install glslang-tools")
    folder = tmp_path_factory.mktemp("spirv")
    done = subprocess.run([shaders.FOLDER / "compile.sh", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_each_source_is_committed_compiled_and_nothing_else_is():
    assert SOURCES
    assert {path.name for path in shaders.FOLDER.glob("*.spv")} == {f"{source.name}.spv" for source in SOURCES}


def test_every_shader_compiles(compiled):
    assert {path.name for path in compiled.iterdir()} == {f"{source.name}.spv" for source in SOURCES}


@pytest.mark.parametrize("source", [source.name for source in SOURCES])
def test_the_committed_code_is_that_of_the_source(compiled, source):
    version = subprocess.run(["glslangValidator", "--version"], capture_output=True, text=True).stdout
    if not re.search(r"Glslang Version: \S*:12\.0\.0", version):
        pytest.skip("needs glslang 12.0.0 (Debian 12's); other versions write other bytes for the same code")
    assert (compiled / f"{source}.spv").read_bytes() == shaders.load(source)
