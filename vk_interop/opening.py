"""From Vulkan's loader to an open device: the instance and its validation, which GPU it is, what it must do."""

from __future__ import annotations

from dataclasses import dataclass

from gsrender.errors import DeviceError
from vk_interop.calls import cuda_check, ffi, vk, vulkan_errors

LAYER = "VK_LAYER_KHRONOS_validation"
LAVAPIPE = "install Mesa's software driver: apt-get install mesa-vulkan-drivers"


@dataclass(frozen=True)
class Handles:
    """Vulkan's own objects, for calls that this room has no helper for."""

    instance: object
    physical: object
    logical: object
    queue: object  # does graphics, compute, transfer and, on every driver we know, present
    queue_family: int


@dataclass(frozen=True)
class Found:
    """One physical device, as it describes itself."""

    physical: object
    name: str
    driver: str
    uuid: bytes
    is_cpu: bool
    version: tuple[int, int]
    timestamp_period: float  # nanoseconds a tick
    largest_allocation: int  # bytes
    largest_image: int  # pixels an edge


def cuda_device(backend: str) -> tuple[int | None, bytes | None]:
    """Index and UUID of torch's current CUDA device, or None twice for the software device. Raises DeviceError."""
    if backend not in ("auto", "cuda", "cpu"):
        raise ValueError(f"backend {backend!r} not in ('auto', 'cuda', 'cpu')")
    if backend == "cpu":
        return None, None
    import torch
    if not torch.cuda.is_available():
        if backend == "auto":
            return None, None
        raise DeviceError("torch sees no CUDA device; install NVIDIA's driver and a torch built for CUDA, or use "
                          "--backend cpu")
    from cuda.bindings import runtime as cuda
    index = torch.cuda.current_device()
    torch.zeros(1, device=torch.device("cuda", index))  # makes the primary context, which everything here shares
    timelines = cuda.cudaDeviceAttr.cudaDevAttrTimelineSemaphoreInteropSupported
    if not cuda_check(cuda.cudaDeviceGetAttribute(timelines, index), "asking for timeline semaphores"):
        raise DeviceError(f"{torch.cuda.get_device_name(index)} cannot share timeline semaphores with Vulkan; update "
                          "NVIDIA's driver, or use --backend cpu")
    return index, bytes(torch.cuda.get_device_properties(index).uuid.bytes)


class Validation:
    """Collects what the validation layer says."""

    def __init__(self, instance):
        self.messages = []
        self._instance = instance
        self._handle = ffi.new_handle(self.messages)
        info = vk.VkDebugUtilsMessengerCreateInfoEXT(
            messageSeverity=vk.VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT
            | vk.VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
            messageType=vk.VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT
            | vk.VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
            pfnUserCallback=_on_message, pUserData=self._handle)
        create = vk.vkGetInstanceProcAddr(instance, "vkCreateDebugUtilsMessengerEXT")
        self._messenger = create(instance, info, None)

    def close(self):
        destroy = vk.vkGetInstanceProcAddr(self._instance, "vkDestroyDebugUtilsMessengerEXT")
        destroy(self._instance, self._messenger, None)


def _on_message(severity, kind, data, user):
    # The package keeps one callback for the whole process, so the list to fill travels as the user pointer.
    ffi.from_handle(user).append(ffi.string(data.pMessage).decode(errors="replace"))
    return vk.VK_FALSE


def create_instance(surface_extensions, validation) -> tuple[object, Validation | None]:
    """A VkInstance, and what collects its validation's messages where that was asked for: see Device.open. Raises
    DeviceError."""
    extensions, layers, following = list(surface_extensions), [], None
    if validation:
        if LAYER not in [layer.layerName for layer in vk.vkEnumerateInstanceLayerProperties()]:
            raise DeviceError(f"{LAYER} is missing; install it: apt-get install vulkan-validationlayers")
        layers, extensions = [LAYER], extensions + ["VK_EXT_debug_utils"]
    if validation == "sync":
        extensions.append("VK_EXT_validation_features")
        following = vk.VkValidationFeaturesEXT(pEnabledValidationFeatures=[
            vk.VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT])
    application = vk.VkApplicationInfo(apiVersion=vk.VK_MAKE_VERSION(1, 3, 0))
    info = vk.VkInstanceCreateInfo(pNext=following, pApplicationInfo=application, ppEnabledLayerNames=layers,
                                   ppEnabledExtensionNames=extensions)
    try:
        instance = vk.vkCreateInstance(info, None)
    except vk.VkErrorIncompatibleDriver:
        raise DeviceError(f"no Vulkan driver is installed (or VK_ICD_FILENAMES names none); {LAVAPIPE}") from None
    except vk.VkErrorExtensionNotPresent:
        raise DeviceError(f"the Vulkan loader lacks one of {extensions}; update it: apt-get install libvulkan1 "
                          "mesa-vulkan-drivers") from None
    return instance, Validation(instance) if validation else None


def find(instance) -> list[Found]:
    """All devices that any driver offers."""
    try:
        return [_describe(physical) for physical in vk.vkEnumeratePhysicalDevices(instance)]
    except vk.VkErrorInitializationFailed:  # drivers are there, but none finds a device
        return []


def _describe(physical) -> Found:
    ids = vk.VkPhysicalDeviceIDProperties()
    allocations = vk.VkPhysicalDeviceMaintenance3Properties(pNext=ids)
    buffers = vk.VkPhysicalDeviceMaintenance4Properties(pNext=allocations)
    driver = vk.VkPhysicalDeviceDriverProperties(pNext=buffers)
    properties = vk.VkPhysicalDeviceProperties2(pNext=driver)
    vk.vkGetPhysicalDeviceProperties2(physical, properties)
    core = properties.properties
    return Found(physical, ffi.string(core.deviceName).decode(),
                 f"{ffi.string(driver.driverName).decode()} {ffi.string(driver.driverInfo).decode()}".strip(),
                 bytes(ids.deviceUUID), core.deviceType == vk.VK_PHYSICAL_DEVICE_TYPE_CPU,
                 (core.apiVersion >> 22 & 0x7F, core.apiVersion >> 12 & 0x3FF), core.limits.timestampPeriod,
                 min(allocations.maxMemoryAllocationSize, buffers.maxBufferSize or 1 << 63),
                 core.limits.maxImageDimension2D)


def pick(devices: list[Found], uuid: bytes | None) -> Found:
    """The CUDA device's twin by UUID, since CUDA_VISIBLE_DEVICES renumbers devices for CUDA only; without one, the
    software device. Raises DeviceError."""
    fitting = [d for d in devices if (d.is_cpu if uuid is None else d.uuid == uuid)]
    names = ", ".join(d.name for d in devices) or "none"
    if not fitting and uuid is None:
        raise DeviceError(f"Vulkan has no software device (it lists: {names}); {LAVAPIPE}")
    if not fitting:
        raise DeviceError(f"Vulkan does not list the GPU that CUDA uses (it lists: {names}); install the graphics part "
                          "of NVIDIA's driver (in a container: NVIDIA_DRIVER_CAPABILITIES=all), or use --backend cpu")
    if fitting[0].version < (1, 3):
        raise DeviceError(f"{fitting[0].name} offers Vulkan {'%d.%d' % fitting[0].version}, 1.3 is needed; update its "
                          f"driver ({fitting[0].driver})")
    return fitting[0]


def create_device(instance, found: Found, cuda: bool, window: bool) -> Handles:
    """Opens it with all that this room needs: to share with CUDA, to show pictures in a window. Raises DeviceError."""
    extensions = ["VK_KHR_external_memory_fd"] + ["VK_KHR_external_semaphore_fd"] * cuda + ["VK_KHR_swapchain"] * window
    offered = {e.extensionName for e in vk.vkEnumerateDeviceExtensionProperties(found.physical, None)}
    if missing := [e for e in extensions if e not in offered]:
        raise DeviceError(f"{found.name} lacks {', '.join(missing)}; update its driver ({found.driver})")

    _check_exports(found, cuda)

    wanted = vk.VK_QUEUE_GRAPHICS_BIT | vk.VK_QUEUE_COMPUTE_BIT
    families = vk.vkGetPhysicalDeviceQueueFamilyProperties(found.physical)
    family = next((i for i, f in enumerate(families) if f.queueFlags & wanted == wanted), None)
    if family is None:
        raise DeviceError(f"{found.name} has no queue for graphics; use another GPU (CUDA_VISIBLE_DEVICES) or "
                          "--backend cpu")
    queue = vk.VkDeviceQueueCreateInfo(queueFamilyIndex=family, pQueuePriorities=[1.0])
    # glslang writes LocalSizeId for Vulkan 1.3, which needs maintenance4.
    v13 = vk.VkPhysicalDeviceVulkan13Features(dynamicRendering=True, synchronization2=True, maintenance4=True)
    v12 = vk.VkPhysicalDeviceVulkan12Features(pNext=v13, timelineSemaphore=True, bufferDeviceAddress=True,
                                              drawIndirectCount=True)
    # geometryShader is for the fragment shaders that ask which triangle they are of.
    v10 = vk.VkPhysicalDeviceFeatures(multiDrawIndirect=True, drawIndirectFirstInstance=True, geometryShader=True)
    info = vk.VkDeviceCreateInfo(pNext=v12, pQueueCreateInfos=[queue], ppEnabledExtensionNames=extensions,
                                 pEnabledFeatures=v10)
    with vulkan_errors(f"opening {found.name}"):
        logical = vk.vkCreateDevice(found.physical, info, None)
    return Handles(instance, found.physical, logical, vk.vkGetDeviceQueue(logical, family, 0), family)


def _check_exports(found: Found, cuda: bool):
    """Having the extension is not enough: what can be exported depends on the kind of object."""
    buffer = vk.VkPhysicalDeviceExternalBufferInfo(
        usage=vk.VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, handleType=vk.VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT)
    of_buffer = vk.VkExternalBufferProperties()
    vk.vkGetPhysicalDeviceExternalBufferProperties(found.physical, buffer, of_buffer)
    features = of_buffer.externalMemoryProperties.externalMemoryFeatures
    exports = bool(features & vk.VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT)
    if cuda:
        timeline = vk.VkSemaphoreTypeCreateInfo(semaphoreType=vk.VK_SEMAPHORE_TYPE_TIMELINE)
        semaphore = vk.VkPhysicalDeviceExternalSemaphoreInfo(
            pNext=timeline, handleType=vk.VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT)
        of_semaphore = vk.VkExternalSemaphoreProperties()
        vk.vkGetPhysicalDeviceExternalSemaphoreProperties(found.physical, semaphore, of_semaphore)
        features = of_semaphore.externalSemaphoreFeatures
        exports &= bool(features & vk.VK_EXTERNAL_SEMAPHORE_FEATURE_EXPORTABLE_BIT)
    if not exports:
        raise DeviceError(f"{found.name} cannot export buffers and timeline semaphores; update its driver "
                          f"({found.driver})")
