"""Gaussian rendering with culling by a proxy's depth. A library of its own: no window, no Vulkan."""

from gsrender.camera import Camera
from gsrender.depth import DepthBuffer
from gsrender.errors import DeviceError, InputError
from gsrender.frame import STAGES, Frame, FrameStats
from gsrender.model import Anchors, GaussianModel, Mlp, Splats
from gsrender.settings import CULLING, RenderSettings
