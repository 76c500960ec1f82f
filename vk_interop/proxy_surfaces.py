"""What a proxy's depth shows where: cluster and triangle at each pixel, for pictures of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from vk_interop.calls import vk
from vk_interop.depth_passes import COUNTERS, SELECTED, DepthPasses, depth_attachment, mesh_pipeline
from vk_interop.device import ALL, Device
from vk_interop.resources import Image, image_barrier, image_part, memory_barrier, whole_area
from vk_interop.sharing import SharedBuffer

FORMAT = vk.VK_FORMAT_R32G32B32A32_UINT
COPY = vk.VK_PIPELINE_STAGE_2_COPY_BIT
WRITES = (ALL, vk.VK_ACCESS_2_MEMORY_WRITE_BIT)
COPIES = (COPY, vk.VK_ACCESS_2_TRANSFER_READ_BIT | vk.VK_ACCESS_2_TRANSFER_WRITE_BIT,
          vk.VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL)


@dataclass(frozen=True)
class Surfaces:
    """[H, W] each."""

    cluster: torch.Tensor  # int32, index in the mesh; -1 where nothing was hit
    level: torch.Tensor  # int32, of detail: 0 is the source; -1 where nothing was hit
    size: torch.Tensor  # float32, pixels that the triangle covers; +inf for one that reaches the camera; 0 for none
    edge: torch.Tensor  # float32, pixels to the nearest edge of the triangle; 0 for none
    z: torch.Tensor  # float32, view z in scene units; +inf where nothing was hit


class SurfacePass:
    """Draws the clusters of a frame once more, by the vertex pipeline, with what they are."""

    def __init__(self, device: Device, passes: DepthPasses, levels: np.ndarray):
        self._device, self._passes = device, passes
        self._levels = torch.from_numpy(levels.astype(np.int32))
        self._pipeline = mesh_pipeline(device, passes.layout, ["proxy_surface.vert", "proxy_surface.frag"], FORMAT)

    def draw(self, target, slot) -> Surfaces:
        """Of the clusters that the frame in `slot` drew, which must be told to choose these. Waits."""
        width, height = target.size
        shared = SharedBuffer(self._device, 16 * width * height)
        colour = Image(self._device, width, height, FORMAT,
                       vk.VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | vk.VK_IMAGE_USAGE_TRANSFER_SRC_BIT)
        depth = Image(self._device, width, height, vk.VK_FORMAT_D32_SFLOAT,
                      vk.VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT, vk.VK_IMAGE_ASPECT_DEPTH_BIT)
        try:
            self._device.run(lambda command: self._record(command, target, slot, colour, depth, shared))
            found = shared.tensor.view(torch.int32).view(height, width, 4).clone()
        finally:
            for made in (colour, depth, shared):
                made.close()
        cluster = found[..., 0] - 1
        levels = self._levels.to(cluster.device)
        level = torch.where(cluster < 0, -1, levels[cluster.clamp(min=0).long()]) if len(levels) else cluster
        size, edge, z = found[..., 1:].contiguous().view(torch.float32).unbind(-1)
        return Surfaces(cluster, level, size, edge, torch.where(cluster < 0, torch.inf, z))

    def close(self):
        vk.vkDestroyPipeline(self._device.handles.logical, self._pipeline, None)

    def _record(self, command, target, slot, colour: Image, depth: Image, shared: SharedBuffer):
        memory_barrier(command, WRITES, (ALL, vk.VK_ACCESS_2_MEMORY_READ_BIT | vk.VK_ACCESS_2_MEMORY_WRITE_BIT))
        self._passes.select(command, target, slot, draws=True)
        for image in (colour, depth):
            image_barrier(command, image.handle, (ALL, 0, vk.VK_IMAGE_LAYOUT_UNDEFINED),
                          (ALL, WRITES[1], vk.VK_IMAGE_LAYOUT_GENERAL), image.aspect)
        memory_barrier(command, *SELECTED)
        attachment = vk.VkRenderingAttachmentInfo(
            imageView=colour.view, imageLayout=vk.VK_IMAGE_LAYOUT_GENERAL, loadOp=vk.VK_ATTACHMENT_LOAD_OP_CLEAR,
            storeOp=vk.VK_ATTACHMENT_STORE_OP_STORE)
        nearest = depth_attachment(depth.view, clears=True)
        rendering = vk.VkRenderingInfo(renderArea=whole_area(target.size), layerCount=1, pColorAttachments=[attachment],
                                       pDepthAttachment=nearest)
        vk.vkCmdBeginRendering(command, rendering)
        self._passes.draw_list(command, target, slot, self._pipeline)
        vk.vkCmdEndRendering(command)
        memory_barrier(command, WRITES, COPIES[:2])
        image_barrier(command, colour.handle, (*WRITES, vk.VK_IMAGE_LAYOUT_GENERAL), COPIES)
        # The frame that comes next finds the counters as every frame leaves them.
        region = vk.VkBufferCopy(srcOffset=4 * COUNTERS, dstOffset=0, size=4 * COUNTERS)
        vk.vkCmdCopyBuffer(command, target.counters.handle, target.counters.handle, 1, [region])
        vk.vkCmdCopyImageToBuffer(command, colour.handle, COPIES[2], shared.buffer, 1, [image_part(*target.size)])
        shared.release(command, COPY, vk.VK_ACCESS_2_TRANSFER_WRITE_BIT)
