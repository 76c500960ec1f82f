"""What the packages need, in versions that were tested together; native code is compiled by gsrender/_build.py.

Linux is the platform. `pip install .` compiles for this machine's CPU: see gsrender/_build.py for other ones.
"""

import sys
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent))
from gsrender import _build  # noqa: E402

REQUIRES = [
    "torch>=2.8",  # build_ext.sh pins the version that is tested
    "numpy==2.2.6; python_version < '3.11'",  # the last for Python 3.10
    "numpy==2.4.6; python_version >= '3.11'",
    "cffi==2.1.1",
    "vulkan==1.3.275.1",
    "cuda-python==13.4.4",
    "glfw==2.11.0",
    "imgui-bundle==1.93.0; python_version >= '3.11'",  # no wheel for 3.10, where all but the window works
    "trimesh==5.2.0",
    "pygltflib==1.16.5",
    "pillow==12.3.0",
    "viser==1.1.1",  # page_server.py guards its server from within: a newer one has to be read first
    "meshoptimizer==0.2.30a0",  # a source package: g++ takes ten seconds over it
]


class BuildWithNative(build_py):
    def run(self):
        super().run()
        _build.build(_build.LIB if self.editable_mode else Path(self.build_lib, "gsrender", "_lib"))


class NativeDistribution(Distribution):
    def has_ext_modules(self):
        return True  # so that the wheel is marked as made for one platform


setup(
    name="gsrender-viewer",
    version="0.1.0",
    description="A real-time viewer for Gaussian models with a proxy mesh",
    python_requires=">=3.10",
    packages=["gsrender", "gsrender.load", "vk_interop", "viewer", "viewer.panels", "shaders"],
    package_data={"gsrender": ["csrc/gsrender.h"], "shaders": ["*.spv"]},
    install_requires=REQUIRES,
    extras_require={"test": ["pytest==9.2.0", "pytest-timeout==2.4.0"]},
    cmdclass={"build_py": BuildWithNative},
    distclass=NativeDistribution,
)
