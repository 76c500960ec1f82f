"""Calls of Vulkan and of CUDA, and what they report as sentences for the person at the keyboard."""

from __future__ import annotations

from gsrender.errors import DeviceError
from gsrender.memory import NoRoom

try:
    import vulkan as vk
except OSError:  # what the package raises when it cannot open libvulkan.so.1
    raise DeviceError("the Vulkan loader libvulkan.so.1 is missing; install it: "
                      "apt-get install libvulkan1 mesa-vulkan-drivers") from None

ffi = vk.ffi

# The `vulkan` package copies structs into arrays and then forgets what their pointers point to. So in this room a
# struct that holds a pointer stays in a variable until the call that reads it has returned.

TIMEOUT = 100 * 10**9  # nanoseconds; a wait that takes longer is a GPU that hangs


class vulkan_errors:
    """Turns what Vulkan reports while `doing` something into a sentence for the person at the keyboard. A class, since
    every submit is within one: a generator takes 2 us longer."""

    def __init__(self, doing: str):
        self.doing = doing

    def __enter__(self):
        pass

    def __exit__(self, kind, error, trace):
        if isinstance(error, vk.VkErrorDeviceLost):
            raise DeviceError(f"the GPU was lost while {self.doing}; close other programs that use it, look at `dmesg` "
                              "for its driver's message, and start again") from None
        if isinstance(error, (vk.VkErrorOutOfDeviceMemory, vk.VkErrorOutOfHostMemory)):
            raise NoRoom(f"too little memory while {self.doing}; use a smaller picture or mesh, or close other "
                         "programs") from None
        if isinstance(error, vk.VkTimeout):
            raise DeviceError(f"the GPU did not answer within {TIMEOUT // 10**9} s while {self.doing}; look at "
                              "`dmesg`, or use a smaller mesh") from None


def call(function, *arguments):
    """A function of `vk.lib` with cffi's own arguments: for what frames do. The package's wrapper of it looks at each
    argument, which takes ten times as long. Raises what the wrapper raises."""
    result = function(*arguments)
    if result != vk.VK_SUCCESS:
        raise vk.exception_codes[result]


def cuda_check(result, doing: str):
    """The value of a call of cuda.bindings.runtime, or DeviceError."""
    error, *values = result
    if error:
        from cuda.bindings import runtime as cuda
        _, text = cuda.cudaGetErrorString(error)
        raise DeviceError(f"CUDA failed {doing}: {text.decode()} ({error.name}); update NVIDIA's driver, or use "
                          "--backend cpu")
    return values[0] if values else None
