"""Proxy depth: the mesh -> linear view z and its max pyramid, each frame, in memory that the Gaussian stages read."""

from __future__ import annotations

import math
import struct
from contextlib import ExitStack, closing
from dataclasses import dataclass

import numpy as np
import torch

from gsrender.camera import Camera
from gsrender.depth import DepthBuffer, pyramid_sizes
from gsrender.errors import DeviceError
from gsrender.frame import FrameStats
from vk_interop.device import Device, Submission, ffi, vk
from vk_interop.mesh import ProxyMesh
from vk_interop.resources import (Buffer, Descriptors, Image, Layout, ShaderModule, Timestamps, compute_pipeline,
                                  image_barrier, memory_barrier, shader_stage, upload)
from vk_interop.sharing import SharedBuffer, Timeline

NEAR = 0.01  # scene units; the smallest near plane of Proxy-GS' own depth, which a nearer camera.near does not lower
LEVELS = 2  # of the pyramid that a dispatch makes, shaders/reduce.glsl
TEXELS = 32  # of the source level along a workgroup's edge
TRIANGLES_A_DRAW = 1 << 29  # indices and byte offsets of one draw stay within 31 and 33 bits

COMPUTE = vk.VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT
WRITTEN = vk.VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT
TESTS = vk.VK_PIPELINE_STAGE_2_EARLY_FRAGMENT_TESTS_BIT | vk.VK_PIPELINE_STAGE_2_LATE_FRAGMENT_TESTS_BIT
TESTED = vk.VK_ACCESS_2_DEPTH_STENCIL_ATTACHMENT_READ_BIT | vk.VK_ACCESS_2_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT
ATTACHMENT = (TESTS, TESTED, vk.VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL)
SAMPLED = (COMPUTE, vk.VK_ACCESS_2_SHADER_SAMPLED_READ_BIT, vk.VK_IMAGE_LAYOUT_DEPTH_STENCIL_READ_ONLY_OPTIMAL)


class ProxyDepth:
    """Draws the depth of one mesh, two-sided, into a ring of shared slots.

    far    view z in scene units beyond which a surface counts as a miss
    slots  frames that may be under way at once; the host waits only when all of them are

    Raises DeviceError.

    A frame writes 64 bytes and submits one command buffer, recorded once for each slot of a picture size. The GPU waits
    forward only: CUDA for the depth. A slot is drawn again once the host has seen that CUDA is done with it.
    """

    def __init__(self, device: Device, mesh: ProxyMesh, far: float = math.inf, slots: int = 3):
        self.device, self.far, self._slots = device, far, slots
        self._triangles = len(mesh.triangles)
        with ExitStack() as made:
            self._make(mesh, made)
            self._made = made.pop_all()  # what is closed with this
        self._frame = 0  # the newest one submitted
        self._freed = 0  # the newest one whose `finished` was called
        self._target: _Target | None = None
        self._retired: list[_Target] = []  # of former sizes, still in use
        self._stats = FrameStats(counts={"triangles": self._triangles})

    def _make(self, mesh: ProxyMesh, made: ExitStack):
        device, own = self.device, lambda part: made.enter_context(closing(part))

        def pipeline(handle):
            made.callback(vk.vkDestroyPipeline, device.handles.logical, handle, None)
            return handle

        self._vertices = own(_mesh_buffer(device, mesh.vertices, np.float32, vk.VK_BUFFER_USAGE_VERTEX_BUFFER_BIT))
        self._indices = own(_mesh_buffer(device, mesh.triangles, np.uint32, vk.VK_BUFFER_USAGE_INDEX_BUFFER_BIT))
        stages = vk.VK_SHADER_STAGE_VERTEX_BIT | vk.VK_SHADER_STAGE_COMPUTE_BIT
        self._layout = own(Layout(device, {0: (vk.VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, stages),
                                           1: (vk.VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE, stages)}, push_bytes=24))
        self._draw_pipeline = pipeline(_depth_pipeline(device, self._layout))
        self._resolve_pipeline = pipeline(compute_pipeline(device, "proxy_resolve.comp", self._layout))
        self._pyramid_pipeline = pipeline(compute_pipeline(device, "max_pyramid.comp", self._layout))
        # All count frames. `drawn` is CUDA's to wait for, `done` says the same to the host.
        self._drawn, self._done, self._consumed = (own(Timeline(device, exported)) for exported in (True, False, True))

    def render(self, camera: Camera) -> DepthBuffer:
        """Submits the depth of this view and returns at once; the result's `ready` says when it is there.

        It is overwritten once as many further frames as there are slots were asked for, and not before the stream has
        passed the `finished` that followed it. The near plane is max(camera.near, 0.01) scene units.
        Raises DeviceError.
        """
        self._retired = [target for target in self._retired if not self._close_if_done(target)]
        if self._target is None or self._target.size != (camera.width, camera.height):
            if self._target:
                self._retired.append(self._target)
            self._target = None  # should the new one fail
            self._target = _Target(self, camera.width, camera.height)
        slot = self._target.slots[self._frame % self._slots]
        self._wait_for(slot.frame)
        self._frame += 1
        slot.draw(self._frame, self._view(camera))
        return DepthBuffer(slot.levels, camera.width, camera.height, Drawn(self._drawn, self._done, self._frame))

    def finished(self, stream: int | None = None, depth: DepthBuffer | None = None):
        """All that reads `depth` (the newest, unless given) and earlier ones is on the CUDA stream now, or done."""
        frame = depth.ready.frame if depth else self._frame
        if frame > self._freed:
            self._freed = frame
            self._consumed.signal(frame, stream)

    def stats(self) -> FrameStats:
        """Triangles and GPU milliseconds of the last finished frame: one frame late, or what is known already."""
        drawn = self._done.value
        done = [slot for slot in self._target.slots if 0 < slot.frame <= drawn] if self._target else []
        if done:
            newest = max(done, key=lambda slot: slot.frame)
            self._stats = FrameStats(self._stats.counts, {"proxy depth": sum(newest.timestamps.milliseconds())})
        return self._stats

    @property
    def memory(self) -> dict[str, int]:
        """Bytes on the device by name."""
        targets = [*self._retired, *filter(None, [self._target])]
        return {"proxy mesh": self._vertices.nbytes + self._indices.nbytes,
                "proxy depth": sum(target.nbytes for target in targets)}

    def close(self):
        """Waits for Vulkan. Depth buffers that are still held keep their memory. Idempotent."""
        if not self._layout:
            return
        self.device.wait_idle()
        for target in [*self._retired, self._target]:
            if target:
                target.close()
        self._made.close()
        self._layout = self._target = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _view(self, camera: Camera) -> np.ndarray:
        """ProxyView of shaders/structs.glsl, [4, 4] float32."""
        right, down, forward = camera.rotation
        view = np.zeros((4, 4), np.float32)
        view[0, :3], view[0, 3] = camera.position, max(camera.near, NEAR)
        # A view direction (x, y, 1) lands on pixel fx x + cx, and clip space spans -1..1 over the picture's width.
        view[1, :3] = (2 * camera.fx * right + (2 * camera.cx - camera.width) * forward) / camera.width
        view[2, :3] = (2 * camera.fy * down + (2 * camera.cy - camera.height) * forward) / camera.height
        view[1, 3], view[3, :3] = self.far, forward
        return view

    def _wait_for(self, frame: int):
        """Until neither side uses what this frame drew: the host's only wait, and only when the ring is full."""
        self._done.wait(frame)
        if 0 < frame <= self._freed:
            self._consumed.wait(frame)

    def _close_if_done(self, target: _Target) -> bool:
        last = max(slot.frame for slot in target.slots)
        done = self._done.value >= last and (last > self._freed or self._consumed.value >= last)
        if done:
            target.close()
        return done

    # The passes of one command buffer. A choice of clusters will come before `_draw`, and `_draw` will take its counts.

    def _draw(self, command, target: _Target, slot: _Slot):
        """The whole mesh, near / view z, the nearest surface having the largest."""
        image_barrier(command, target.depth.handle, (COMPUTE, 0, vk.VK_IMAGE_LAYOUT_UNDEFINED), ATTACHMENT,
                      vk.VK_IMAGE_ASPECT_DEPTH_BIT)
        area = vk.VkRect2D(extent=vk.VkExtent2D(*target.size))
        attachment = vk.VkRenderingAttachmentInfo(
            imageView=target.depth.view, imageLayout=ATTACHMENT[2], loadOp=vk.VK_ATTACHMENT_LOAD_OP_CLEAR,
            storeOp=vk.VK_ATTACHMENT_STORE_OP_STORE,
            clearValue=vk.VkClearValue(depthStencil=vk.VkClearDepthStencilValue(depth=0)))
        rendering = vk.VkRenderingInfo(renderArea=area, layerCount=1, pDepthAttachment=attachment)
        vk.vkCmdBeginRendering(command, rendering)
        if self._triangles:
            vk.vkCmdBindPipeline(command, vk.VK_PIPELINE_BIND_POINT_GRAPHICS, self._draw_pipeline)
            self._bind(command, vk.VK_PIPELINE_BIND_POINT_GRAPHICS, slot)
            viewport = vk.VkViewport(width=target.size[0], height=target.size[1], maxDepth=1)
            vk.vkCmdSetViewport(command, 0, 1, [viewport])
            vk.vkCmdSetScissor(command, 0, 1, [area])
            vk.vkCmdBindVertexBuffers(command, 0, 1, [self._vertices.handle], [0])
            for first in range(0, self._triangles, TRIANGLES_A_DRAW):
                count = min(TRIANGLES_A_DRAW, self._triangles - first)
                vk.vkCmdBindIndexBuffer(command, self._indices.handle, 12 * first, vk.VK_INDEX_TYPE_UINT32)
                vk.vkCmdDrawIndexed(command, 3 * count, 1, 0, 0, 0)
        vk.vkCmdEndRendering(command)
        image_barrier(command, target.depth.handle, ATTACHMENT, SAMPLED, vk.VK_IMAGE_ASPECT_DEPTH_BIT)

    def _resolve(self, command, target: _Target, slot: _Slot):
        """Linear z into level 0 and the levels above it, a few of them a dispatch."""
        self._bind(command, vk.VK_PIPELINE_BIND_POINT_COMPUTE, slot)
        sizes = pyramid_sizes(*target.size)
        level = offset = 0
        while level == 0 or level < len(sizes) - 1:
            (width, height), made = sizes[level], sizes[level:level + LEVELS]
            if level:
                memory_barrier(command, (COMPUTE, WRITTEN), (COMPUTE, vk.VK_ACCESS_2_SHADER_STORAGE_READ_BIT))
            pipeline = self._pyramid_pipeline if level else self._resolve_pipeline
            vk.vkCmdBindPipeline(command, vk.VK_PIPELINE_BIND_POINT_COMPUTE, pipeline)
            reduction = struct.pack("QIIII", slot.shared.address, offset, width, height,
                                    min(LEVELS, len(sizes) - 1 - level))
            vk.vkCmdPushConstants(command, self._layout.handle, vk.VK_SHADER_STAGE_COMPUTE_BIT, 0, len(reduction),
                                  ffi.from_buffer(reduction))
            vk.vkCmdDispatch(command, -(-width // TEXELS), -(-height // TEXELS), 1)
            level, offset = level + LEVELS, offset + sum(w * h for w, h in made)
        slot.shared.release(command, COMPUTE, WRITTEN)

    def _bind(self, command, point, slot):
        vk.vkCmdBindDescriptorSets(command, point, self._layout.handle, 0, 1, [slot.descriptors.handle], 0, None)


@dataclass(frozen=True)
class Drawn:
    """When a frame's depth is there: the `ready` of a DepthBuffer."""

    timeline: Timeline  # for CUDA's streams
    done: Timeline  # for the host
    frame: int

    def wait(self, stream: int | None = None):
        (self.done if stream is None else self.timeline).wait(self.frame, stream)


class _Target:
    """What depends on the size of the picture."""

    def __init__(self, proxy: ProxyDepth, width: int, height: int):
        if max(width, height) > proxy.device.largest_image:
            raise DeviceError(f"a picture of {width} x {height} is larger than {proxy.device.name} allows "
                              f"({proxy.device.largest_image}); use a smaller --size")
        self.size, self.slots = (width, height), []
        self.depth = Image(proxy.device, width, height, vk.VK_FORMAT_D32_SFLOAT,
                           vk.VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT | vk.VK_IMAGE_USAGE_SAMPLED_BIT,
                           vk.VK_IMAGE_ASPECT_DEPTH_BIT)
        try:
            for _ in range(proxy._slots):
                self.slots.append(_Slot(proxy, self))
        except BaseException:
            self.close()
            raise

    @property
    def nbytes(self) -> int:
        return 4 * self.size[0] * self.size[1] + sum(slot.shared.nbytes for slot in self.slots)

    def close(self):
        for slot in self.slots:
            slot.close()
        self.depth.close()


class _Slot:
    """One frame's depth and what draws it."""

    def __init__(self, proxy: ProxyDepth, target: _Target):
        self.device = proxy.device
        self.frame = 0  # that was drawn here last
        with ExitStack() as made:
            self._make(proxy, target, made)
            self._made = made.pop_all()

    def _make(self, proxy: ProxyDepth, target: _Target, made: ExitStack):
        device, own = self.device, lambda part: made.enter_context(closing(part))
        self.shared = own(SharedBuffer(device, 4 * sum(w * h for w, h in pyramid_sizes(*target.size))))
        made.callback(self._let_go)
        self.levels = self.shared.tensor.view(torch.float32)
        self._view = own(Buffer(device, 64, vk.VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT, host=True))
        self.timestamps = own(Timestamps(device, 2))
        self.descriptors = own(Descriptors(proxy._layout, {0: self._view, 1: (target.depth.view, SAMPLED[2])}))

        def commands(command):
            self.timestamps.reset(command)
            self.timestamps.write(command, 0)
            proxy._draw(command, target, self)
            proxy._resolve(command, target, self)
            self.timestamps.write(command, 1)

        self._command = device.record(commands)
        made.callback(device.free, self._command)
        self._submission = Submission(device, [self._command], signals=[proxy._drawn.semaphore, proxy._done.semaphore])

    def draw(self, frame: int, view: np.ndarray):
        self.frame = frame
        self._view.array.view(np.float32)[:] = view.reshape(-1)
        self._submission.submit(signal_values=[frame, frame])

    def _let_go(self):
        self.levels = None  # else the memory would stay lent

    def close(self):
        self._made.close()


def _mesh_buffer(device: Device, array, dtype, usage: int) -> Buffer:
    array = np.ascontiguousarray(array, dtype)
    buffer = Buffer(device, array.nbytes, usage | vk.VK_BUFFER_USAGE_TRANSFER_DST_BIT)
    try:
        upload(device, buffer, array)
    except BaseException:
        buffer.close()
        raise
    return buffer


def _depth_pipeline(device: Device, layout: Layout):
    """Triangles to reversed depth, neither side culled; no fragment shader."""
    with ShaderModule(device, "proxy_depth.vert") as module:
        stage = shader_stage(module, vk.VK_SHADER_STAGE_VERTEX_BIT)
        binding = vk.VkVertexInputBindingDescription(binding=0, stride=12)
        attribute = vk.VkVertexInputAttributeDescription(location=0, format=vk.VK_FORMAT_R32G32B32_SFLOAT)
        vertices = vk.VkPipelineVertexInputStateCreateInfo(pVertexBindingDescriptions=[binding],
                                                           pVertexAttributeDescriptions=[attribute])
        assembly = vk.VkPipelineInputAssemblyStateCreateInfo(topology=vk.VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST)
        viewport = vk.VkPipelineViewportStateCreateInfo(viewportCount=1, scissorCount=1)
        raster = vk.VkPipelineRasterizationStateCreateInfo(
            polygonMode=vk.VK_POLYGON_MODE_FILL, cullMode=vk.VK_CULL_MODE_NONE, lineWidth=1)
        samples = vk.VkPipelineMultisampleStateCreateInfo(rasterizationSamples=vk.VK_SAMPLE_COUNT_1_BIT)
        depth = vk.VkPipelineDepthStencilStateCreateInfo(depthTestEnable=True, depthWriteEnable=True,
                                                         depthCompareOp=vk.VK_COMPARE_OP_GREATER)
        dynamic = vk.VkPipelineDynamicStateCreateInfo(
            pDynamicStates=[vk.VK_DYNAMIC_STATE_VIEWPORT, vk.VK_DYNAMIC_STATE_SCISSOR])
        rendering = vk.VkPipelineRenderingCreateInfo(depthAttachmentFormat=vk.VK_FORMAT_D32_SFLOAT)
        info = vk.VkGraphicsPipelineCreateInfo(
            pNext=rendering, pStages=[stage], pVertexInputState=vertices, pInputAssemblyState=assembly,
            pViewportState=viewport, pRasterizationState=raster, pMultisampleState=samples, pDepthStencilState=depth,
            pDynamicState=dynamic, layout=layout.handle)
        return vk.vkCreateGraphicsPipelines(device.handles.logical, None, 1, [info], None)[0]
