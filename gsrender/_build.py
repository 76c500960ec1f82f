"""Compiles the native libraries into gsrender/_lib: with g++ always, with nvcc where there is one.

They are plain shared libraries behind the C interface of csrc/gsrender.h, bound neither to a Python nor to a torch.
setup.py calls `build`, and so does `python -m gsrender._build`; what has not changed is left as it is. Environment:

    CXX            the C++ compiler, g++ by default
    GSRENDER_ARCH  what g++ compiles for, native by default; x86-64-v3 runs on any x86 CPU since 2013, and blends half
                   as fast as one with AVX-512 can
    CUDA_ARCH      GPUs that nvcc compiles for, such as "90" or "86 89"; by default every one from 75 (RTX 20) that it
                   knows, and PTX for later ones; "none" leaves the CUDA library out
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from gsrender.whole_file import remove_leftovers, whole_file

CSRC = Path(__file__).parent / "csrc"
LIB = Path(__file__).parent / "_lib"
GPUS = ("75", "80", "86", "89", "90", "100", "120")
# Not -ffast-math: depth holds infinities.
CXX_FLAGS = ("-std=c++17 -O3 -fopenmp -fno-math-errno -fno-trapping-math -fno-signed-zeros -fvisibility=hidden -Wall "
             "-shared -fPIC").split()
NVCC_FLAGS = ("-std=c++17 -O3 -shared -cudart static --threads 0 "
              "-Xcompiler -fPIC,-fvisibility=hidden,-fno-math-errno").split()


def build(lib: Path = LIB, say=print) -> None:
    """Brings both libraries in the folder `lib` up to date. Exits with a sentence where that fails."""
    if sys.platform != "linux":
        sys.exit(f"gsrender: the platform is Linux, this is {sys.platform}")
    _library(lib / "libgsrender_cpu.so", _cpu_command(), "cpu", say)
    nvcc = _find_nvcc()
    gpus = os.environ.get("CUDA_ARCH", "").replace(",", " ").split()
    if gpus == ["none"]:
        say("CUDA_ARCH is none: only the CPU library is built")
    elif not nvcc:
        say("no nvcc on the PATH or in /usr/local/cuda/bin: only the CPU library is built")
    else:
        _library(lib / "libgsrender_cuda.so", _cuda_command(nvcc, gpus), "cuda", say)


def _cpu_command() -> list[str]:
    compiler = os.environ.get("CXX", "g++")
    if not shutil.which(compiler):
        sys.exit(f"gsrender: no C++ compiler: {compiler} is not on the PATH; install it: apt-get install g++")
    return [compiler, *CXX_FLAGS, f"-march={os.environ.get('GSRENDER_ARCH', 'native')}"]


def _find_nvcc() -> str | None:
    return shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")


def _cuda_command(nvcc: str, gpus: list[str]) -> list[str]:
    release = _output([nvcc, "--version"]).rpartition("release ")[2].split(",")[0]
    if int(release.split(".")[0]) < 12:
        sys.exit(f"gsrender: {nvcc} is of CUDA {release}, and 12 or newer is needed; CUDA_ARCH=none does without")
    known = {line.removeprefix("compute_") for line in _output([nvcc, "--list-gpu-arch"]).split()}
    gpus = gpus or [gpu for gpu in GPUS if gpu in known]
    unknown = [gpu for gpu in gpus if gpu not in known]
    if unknown:
        sys.exit(f"gsrender: CUDA_ARCH: {', '.join(unknown)} unknown to nvcc {release}, which knows "
                 f"{', '.join(sorted(known, key=int))}")
    targets = [f"-gencode=arch=compute_{gpu},code=sm_{gpu}" for gpu in gpus]
    last = max(gpus, key=int)
    return [nvcc, *NVCC_FLAGS, *targets, f"-gencode=arch=compute_{last},code=compute_{last}"]


def _library(target: Path, command: list[str], folder: str, say) -> None:
    sources = sorted(path for path in (CSRC / folder).iterdir() if path.suffix in (".cpp", ".cu"))
    key = _key(command, folder)
    stamp = target.with_suffix(".stamp")
    if target.exists() and stamp.exists() and stamp.read_text() == key:
        say(f"{target.name} is up to date")
        return
    say(f"compiling {target.name}: {' '.join(command)}")
    start = time.monotonic()
    remove_leftovers(target.parent, target.name.__eq__)
    # A process that has the old library loaded keeps it: the new one takes its name only when it is whole.
    with whole_file(target) as unfinished:
        if subprocess.run([*command, *map(str, sources), "-o", str(unfinished)]).returncode:
            sys.exit(f"gsrender: {target.name} does not compile; the compiler says why above"
                     + ("; CUDA_ARCH=none builds only the CPU library" if folder == "cuda" else ""))
    stamp.write_text(key)
    say(f"{target.name} took {time.monotonic() - start:.0f} s")


def _key(command: list[str], folder: str) -> str:
    """A hash of all that the library depends on: command, compiler, the CPU behind `native`, its sources."""
    digest = hashlib.sha256(repr(command).encode() + _output([command[0], "--version"]).encode())
    if "-march=native" in command:
        digest.update(_output([command[0], "-march=native", "-Q", "--help=target"]).encode())
    for path in sorted(path for place in (CSRC, CSRC / folder) for path in place.iterdir() if path.is_file()):
        digest.update(path.relative_to(CSRC).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    build()
