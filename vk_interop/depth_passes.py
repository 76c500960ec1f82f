"""The passes that draw a proxy's depth, as they are recorded into a frame's command buffer."""

from __future__ import annotations

import os
import struct
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

from gsrender.depth import pyramid_sizes
from vk_interop.calls import ffi, vk
from vk_interop.cluster_buffers import DRAW_BYTES, ClusterBuffers
from vk_interop.device import ALL, Device
from vk_interop.pipelines import Layout, compute_pipeline, graphics_pipeline
from vk_interop.resources import memory_barrier, whole_area
from vk_interop.sharing import SharedBuffer

# Counters, by their word: shaders/structs.glsl.
COUNTERS, PASS, SMALL_GROUPS, SMALL, LARGE_GROUPS, LARGE, MEDIUM_GROUPS, MEDIUM = 80, 16, 0, 3, 4, 7, 8, 11
PENDING_GROUPS, TESTED, CULLED_FRUSTUM, CULLED_OCCLUSION, TRIANGLES = 32, 36, 37, 38, 40
VISIBLE_CLUSTERS, VISIBLE_DEPTH, LEVELS = 41, 42, 48
MOST_GROUPS = 65535  # workgroups along x
# Workgroups for a cluster, of medium triangles and of large ones. These draw LARGE_TILE x LARGE_TILE pixels at a time.
MEDIUM_PARTS, LARGE_PARTS, LARGE_TILE = 4, 64, 64
RESOLVE_TILE = 64  # texels an edge, of a workgroup of a reduction
OCCLUSION_LEVELS = 6  # above level 0, that the choice of clusters reads

COMPUTE, INDIRECT = vk.VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT, vk.VK_PIPELINE_STAGE_2_DRAW_INDIRECT_BIT
CLEAR = vk.VK_PIPELINE_STAGE_2_CLEAR_BIT
TESTS = vk.VK_PIPELINE_STAGE_2_EARLY_FRAGMENT_TESTS_BIT | vk.VK_PIPELINE_STAGE_2_LATE_FRAGMENT_TESTS_BIT
READ, WRITTEN = vk.VK_ACCESS_2_SHADER_STORAGE_READ_BIT, vk.VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT
ATTACHED = vk.VK_ACCESS_2_DEPTH_STENCIL_ATTACHMENT_READ_BIT | vk.VK_ACCESS_2_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT
# Source and target of the barriers between the passes. The depth image stays in the general layout throughout.
BEFORE = ((ALL, vk.VK_ACCESS_2_MEMORY_WRITE_BIT),
          (ALL, vk.VK_ACCESS_2_MEMORY_READ_BIT | vk.VK_ACCESS_2_MEMORY_WRITE_BIT))
SELECTED = ((COMPUTE | TESTS | CLEAR, WRITTEN | vk.VK_ACCESS_2_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT
             | vk.VK_ACCESS_2_TRANSFER_WRITE_BIT),
            (COMPUTE | TESTS | INDIRECT, READ | WRITTEN | ATTACHED | vk.VK_ACCESS_2_INDIRECT_COMMAND_READ_BIT))
DRAWN = ((COMPUTE | TESTS, WRITTEN | vk.VK_ACCESS_2_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT),
         (COMPUTE, READ | WRITTEN | vk.VK_ACCESS_2_SHADER_SAMPLED_READ_BIT))
REDUCED = ((COMPUTE, WRITTEN), (COMPUTE | INDIRECT, READ | WRITTEN | vk.VK_ACCESS_2_INDIRECT_COMMAND_READ_BIT))

PASSES = ("select", "draw", "resolve", "select again", "draw again", "resolve again")


class DepthPasses:
    """The pipelines, and what records them, for a Target and one of its Slots (depth_target.py)."""

    def __init__(self, device: Device, clusters: ClusterBuffers):
        self._device, self._clusters = device, clusters
        self._pipelines = {}
        self._levels = 2 if device.is_cpu else 6  # of the pyramid that a dispatch makes, shaders/reduce.glsl
        stages = vk.VK_SHADER_STAGE_VERTEX_BIT | vk.VK_SHADER_STAGE_FRAGMENT_BIT | vk.VK_SHADER_STAGE_COMPUTE_BIT
        with ExitStack() as made:
            self.layout = made.enter_context(closing(Layout(device, {
                0: (vk.VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, stages),
                1: (vk.VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE, stages)}, push_bytes=24)))
            self._made = made.pop_all()

    def record(self, command, target, slot, crops: bool):
        """A whole frame, of which a crop box may cut something off. Two-pass occlusion culling: what was visible, then
        what came into view."""
        memory_barrier(command, *BEFORE)  # the frames share the lists and the images
        if target.rasterises:
            vk.vkCmdFillBuffer(command, target.texels.handle, 0, target.texels.nbytes, 0x7F800000)
        for second in (0, 1):
            slot.timestamp(command)
            self.select(command, target, slot, target.draws, second, crops)
            memory_barrier(command, *SELECTED)
            slot.timestamp(command)
            if target.rasterises:
                self._rasterise(command, target, second, crops)
            if target.draws:
                self._draw(command, target, slot, second, crops)
            memory_barrier(command, *DRAWN)
            slot.timestamp(command)
            self._resolve(command, target, slot, second)
            if not second:
                memory_barrier(command, *REDUCED)
        slot.timestamp(command)

    def close(self):
        for pipeline in self._pipelines.values():
            vk.vkDestroyPipeline(self._device.handles.logical, pipeline, None)
        self._made.close()

    def select(self, command, target, slot, draws: bool, second: int = 0, crops: bool = False):
        """Fills the lists of clusters to draw; `draws`: what is large, by the vertex pipeline."""
        self._bind(command, vk.VK_PIPELINE_BIND_POINT_COMPUTE, slot)
        if second:
            self._dispatch(command, "proxy_reselect.comp", (draws,))
            vk.vkCmdDispatchIndirect(command, target.counters.handle, 4 * PENDING_GROUPS)
        else:
            groups = self._clusters.groups
            name = "proxy_select_narrow.comp" if self._device.is_cpu else "proxy_select.comp"
            self._dispatch(command, name, (draws, crops))
            vk.vkCmdDispatch(command, min(groups, MOST_GROUPS), -(-groups // MOST_GROUPS), 1)

    def resolve_drawn(self, command, target, slot, shared: SharedBuffer):
        """Linear z as the frame in `slot`, the newest, left it: before it was moved back for culling."""
        memory_barrier(command, *DRAWN)
        self._bind(command, vk.VK_PIPELINE_BIND_POINT_COMPUTE, slot)
        self._reduce(command, target, shared.address, [target.size])
        shared.release(command, COMPUTE, WRITTEN)

    def _rasterise(self, command, target, second: int, crops: bool):
        """What the compute rasterisers draw."""
        packed = self._clusters.packs_vertices
        ways = [("proxy_raster.comp", (crops, packed, True), MEDIUM_GROUPS),
                ("proxy_raster.comp", (crops, packed, False), SMALL_GROUPS)]
        if not target.draws:
            ways.insert(0, ("proxy_raster_large.comp", (crops, packed), LARGE_GROUPS))
        for name, constants, groups in ways:  # those first that take longest
            self._dispatch(command, name, constants, struct.pack("I", second))
            vk.vkCmdDispatchIndirect(command, target.counters.handle, 4 * (second * PASS + groups))

    def _draw(self, command, target, slot, second: int, crops: bool):
        """What the vertex pipeline draws: near / view z, the nearest surface having the largest."""
        attachment = depth_attachment(target.depth.view, clears=not second)
        rendering = vk.VkRenderingInfo(renderArea=whole_area(target.size), layerCount=1, pDepthAttachment=attachment)
        vk.vkCmdBeginRendering(command, rendering)
        self.draw_list(command, target, slot, self._vertex_pipeline(crops), second)
        vk.vkCmdEndRendering(command)

    def _vertex_pipeline(self, crops: bool):
        shaders = ("proxy_depth.vert", *["proxy_crop.frag"] * crops)
        if shaders not in self._pipelines:
            self._pipelines[shaders] = mesh_pipeline(self._device, self.layout, list(shaders))
        return self._pipelines[shaders]

    def draw_list(self, command, target, slot, pipeline, second: int = 0):
        """The clusters that a choice left to the vertex pipeline, a draw each. (Gathering their indices for one draw
        instead takes as long as it saves, 0.320 against 0.307 ms for `town` on an H100, and 12 bytes a triangle.)"""
        vk.vkCmdBindPipeline(command, vk.VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline)
        self._bind(command, vk.VK_PIPELINE_BIND_POINT_GRAPHICS, slot)
        vk.vkCmdSetViewport(command, 0, 1, [vk.VkViewport(width=target.size[0], height=target.size[1], maxDepth=1)])
        vk.vkCmdSetScissor(command, 0, 1, [whole_area(target.size)])
        buffers = self._clusters.buffers
        vk.vkCmdBindVertexBuffers(command, 0, 1, [buffers["vertices"].handle], [0])
        vk.vkCmdBindIndexBuffer(command, buffers["indices"].handle, 0, vk.VK_INDEX_TYPE_UINT32)
        vk.vkCmdDrawIndexedIndirectCount(command, buffers["draws"].handle, 0, target.counters.handle,
                                         4 * (second * PASS + LARGE), self._clusters.clusters, DRAW_BYTES)

    def _resolve(self, command, target, slot, second: int):
        """Linear z and its max pyramid: before the second pass what clusters are tested against, then the slot's."""
        sizes = pyramid_sizes(*target.size)
        if second:
            self._reduce(command, target, slot.shared.address, sizes, second, target.reach)
        else:
            self._reduce(command, target, target.pyramid.address, sizes[:OCCLUSION_LEVELS + 1])

    def prepare(self, target, reaches):
        """Makes the pipelines of frames that are moved back by these reaches. A GPU's driver takes 70 ms for each, and
        for several beside each other not more."""
        wanted = [("proxy_resolve.comp", self._resolving(target, True, reach)) for reach in reaches]
        wanted = [key for key in dict.fromkeys(wanted) if key not in self._pipelines]
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as workers:
            made = workers.map(lambda key: compute_pipeline(self._device, key[0], self.layout, key[1]), wanted)
            for key, pipeline in zip(wanted, made):
                self._pipelines[key] = pipeline

    def _resolving(self, target, second: bool, reach: int | None) -> tuple:
        """What proxy_resolve.comp is specialised for."""
        return self._levels > 2, target.draws, target.rasterises, second, reach is not None, reach or 0

    def _reduce(self, command, target, levels: int, sizes: list[tuple[int, int]], second: int = 0,
                reach: int | None = None):
        """Level 0 of what was drawn, then the levels above it, some of them a dispatch."""
        constants = self._resolving(target, second, reach)
        last, level, offset = len(sizes) - 1, 0, 0
        while level == 0 or level < last:
            (width, height), made = sizes[level], sizes[level:level + self._levels]
            if level:
                memory_barrier(command, *REDUCED)
            shader = ("max_pyramid.comp", constants[:1]) if level else ("proxy_resolve.comp", constants)
            self._dispatch(command, *shader, struct.pack(
                "QIIII", levels, offset, width, height, min(self._levels, last - level)))
            vk.vkCmdDispatch(command, -(-width // RESOLVE_TILE), -(-height // RESOLVE_TILE), 1)
            level, offset = level + self._levels, offset + sum(w * h for w, h in made)

    def _dispatch(self, command, name: str, constants: tuple[int, ...] = (), push: bytes = b""):
        if (name, constants) not in self._pipelines:
            self._pipelines[name, constants] = compute_pipeline(self._device, name, self.layout, constants)
        vk.vkCmdBindPipeline(command, vk.VK_PIPELINE_BIND_POINT_COMPUTE, self._pipelines[name, constants])
        if push:
            vk.vkCmdPushConstants(command, self.layout.handle, vk.VK_SHADER_STAGE_COMPUTE_BIT, 0, len(push),
                                  ffi.from_buffer(push))

    def _bind(self, command, point, slot):
        vk.vkCmdBindDescriptorSets(command, point, self.layout.handle, 0, 1, [slot.descriptors.handle], 0, None)


def read_counters(words: list[int], clusters: int) -> tuple[dict[str, int], tuple[int, ...]]:
    """What a frame did with that many clusters, from the words it counted in: counts by name, and clusters drawn by
    level of detail. Tested are those of the groups that are in view and of about the right level; what was neither
    drawn nor culled for another reason is of another level."""
    small, medium, large = (words[i] + words[PASS + i] for i in (SMALL, MEDIUM, LARGE))
    small += medium
    frustum, occlusion = words[CULLED_FRUSTUM], words[CULLED_OCCLUSION]
    counts = {"clusters_tested": words[TESTED], "clusters_drawn": small + large, "clusters_small": small,
              "clusters_culled_lod": clusters - frustum - occlusion - small - large,
              "clusters_culled_frustum": frustum, "clusters_culled_occlusion": occlusion,
              "triangles_drawn": words[TRIANGLES]}
    levels = words[LEVELS:COUNTERS]
    while levels and not levels[-1]:
        levels.pop()
    return counts, tuple(levels)


def visible_depth(words: list[int]) -> float:
    """Geometric mean of the view z of what was visible; 0 where nothing was."""
    clusters, steps = words[VISIBLE_CLUSTERS], words[VISIBLE_DEPTH]
    return 2.0 ** (steps / clusters / 16 - 8) if clusters else 0.0


def depth_attachment(view, clears: bool):
    """Reversed depth, in the general layout."""
    return vk.VkRenderingAttachmentInfo(
        imageView=view, imageLayout=vk.VK_IMAGE_LAYOUT_GENERAL,
        loadOp=vk.VK_ATTACHMENT_LOAD_OP_CLEAR if clears else vk.VK_ATTACHMENT_LOAD_OP_LOAD,
        storeOp=vk.VK_ATTACHMENT_STORE_OP_STORE,
        clearValue=vk.VkClearValue(depthStencil=vk.VkClearDepthStencilValue(depth=0)))


def mesh_pipeline(device: Device, layout: Layout, shaders: list[str], colour_format: int | None = None):
    """The VkPipeline of the mesh's triangles to reversed depth, and to a colour if there is a fragment shader's."""
    return graphics_pipeline(device, layout, shaders, 12, [(vk.VK_FORMAT_R32G32B32_SFLOAT, 0)], colour_format,
                             nearest=True)
