"""Draws ImGui's lists with a Vulkan pipeline of our own.

imgui-bundle brings no Vulkan renderer for Python. What a renderer owes ImGui: the vertex and index lists in a pipeline
with blending and scissors, and textures (the font atlas above all) made, changed and destroyed when ImGui asks.
"""

from __future__ import annotations

import ctypes

import numpy as np
from imgui_bundle import imgui, implot

from vk_interop.calls import ffi, vk
from vk_interop.device import Device
from vk_interop.navigation import Navigation
from vk_interop.pipelines import Descriptors, Layout, graphics_pipeline
from vk_interop.resources import Buffer, Image, image_barrier, image_part

ATTRIBUTES = [(vk.VK_FORMAT_R32G32_SFLOAT, imgui.VERTEX_BUFFER_POS_OFFSET),
              (vk.VK_FORMAT_R32G32_SFLOAT, imgui.VERTEX_BUFFER_UV_OFFSET),
              (vk.VK_FORMAT_R8G8B8A8_UNORM, imgui.VERTEX_BUFFER_COL_OFFSET)]  # of a vertex, by shaders/imgui.vert
INDEX_TYPE = {2: vk.VK_INDEX_TYPE_UINT16, 4: vk.VK_INDEX_TYPE_UINT32}[imgui.INDEX_SIZE]

FROM_START = ffi.new("VkDeviceSize*", 0)
READ = (vk.VK_PIPELINE_STAGE_2_FRAGMENT_SHADER_BIT, vk.VK_ACCESS_2_SHADER_SAMPLED_READ_BIT,
        vk.VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL)
WRITE = (vk.VK_PIPELINE_STAGE_2_COPY_BIT, vk.VK_ACCESS_2_TRANSFER_WRITE_BIT, vk.VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL)
NEW = (vk.VK_PIPELINE_STAGE_2_NONE, 0, vk.VK_IMAGE_LAYOUT_UNDEFINED)


class ImguiLayer:
    """ImGui's context and what draws it onto images of `colour_format`, `scale` times the usual size.

    One frame: `begin`, the panels' calls, `end`, then `record` into a command buffer inside dynamic rendering. The GPU
    must have finished the frame before by then.
    """

    def __init__(self, device: Device, colour_format: int, scale: float = 1.0):
        self.device = device
        self._imgui, self._implot = imgui.create_context(), implot.create_context()
        self._make_current()
        self.io = imgui.get_io()
        self.io.set_ini_filename("")  # the program leaves no file where it was started
        self.io.config_flags |= imgui.ConfigFlags_.docking_enable
        self.io.config_windows_move_from_title_bar_only = True
        self.io.backend_flags |= imgui.BackendFlags_.renderer_has_textures | imgui.BackendFlags_.renderer_has_vtx_offset
        self.navigation = Navigation(self.io)
        self.scale = scale
        imgui.get_style().scale_all_sizes(scale)
        imgui.get_style().font_scale_dpi = scale
        self._vertices = Buffer(device, 1 << 20, vk.VK_BUFFER_USAGE_VERTEX_BUFFER_BIT, host=True)
        self._indices = Buffer(device, 1 << 18, vk.VK_BUFFER_USAGE_INDEX_BUFFER_BIT, host=True)
        self._textures: dict[int, _Texture] = {}
        self._bound: _Texture | None = None  # while a frame is recorded
        self._next_texture = 1  # 0 is ImGui's word for none
        kind, stage = vk.VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, vk.VK_SHADER_STAGE_FRAGMENT_BIT
        self._layout = Layout(device, {0: (kind, stage)}, push_bytes=16, push_stages=vk.VK_SHADER_STAGE_VERTEX_BIT)
        self._sampler = _create_sampler(device)
        self._pipeline = graphics_pipeline(device, self._layout, ["imgui.vert", "imgui.frag"], imgui.VERTEX_SIZE,
                                           ATTRIBUTES, colour_format, blends=True)
        self._scissor, self._push = ffi.new("VkRect2D*"), ffi.new("float[4]")
        self._viewport = ffi.new("VkViewport*", dict(maxDepth=1.0))

    def _make_current(self):
        imgui.set_current_context(self._imgui)
        implot.set_current_context(self._implot)

    def begin(self, size: tuple[float, float], pixels_per_unit: float, dt: float):
        """Starts a frame of a window that is `size` units of the mouse wide and high."""
        self._make_current()
        self.io.display_size = size
        self.io.display_framebuffer_scale = (pixels_per_unit, pixels_per_unit)
        self.io.delta_time = max(dt, 1e-4)
        self.navigation.begin()
        imgui.new_frame()
        self.navigation.look()

    def draw_whole(self, draw):
        """Calls what draws. Should it raise, the windows, tables and styles that it had begun are ended first."""
        before = imgui.internal.ErrorRecoveryState()
        imgui.internal.error_recovery_store_state(before)
        try:
            draw()
        except Exception:
            self._says_what_was_not_ended(False)  # for that has a reason
            imgui.internal.error_recovery_try_to_recover_state(before)
            self._says_what_was_not_ended(True)
            raise

    def _says_what_was_not_ended(self, says: bool):
        io = self.io
        io.config_error_recovery_enable_assert = io.config_error_recovery_enable_debug_log = says
        io.config_error_recovery_enable_tooltip = says

    def end(self):
        """Ends the frame's drawing and sees to the textures it asked for."""
        self.navigation.end()
        imgui.render()
        for texture in imgui.get_draw_data().textures or ():
            if texture.status != imgui.ImTextureStatus.ok:
                self._update(texture)

    def record(self, command, size: tuple[int, int]):
        """Puts the frame's lists into a command buffer that draws onto a target of `size` pixels. Past the `vulkan`
        package, whose look at each argument takes ten times as long as the call."""
        data = imgui.get_draw_data()
        if not data.total_vtx_count:
            return
        self._make_room(data)
        (left, top), (width, height) = data.display_pos, data.display_size
        self._push[0:4] = 2 / width, 2 / height, -1 - 2 * left / width, -1 - 2 * top / height
        self._viewport.width, self._viewport.height = size
        vk.lib.vkCmdBindPipeline(command, vk.VK_PIPELINE_BIND_POINT_GRAPHICS, self._pipeline)
        vk.lib.vkCmdSetViewport(command, 0, 1, self._viewport)
        vk.lib.vkCmdBindVertexBuffers(command, 0, 1, ffi.new("VkBuffer*", self._vertices.handle), FROM_START)
        vk.lib.vkCmdBindIndexBuffer(command, self._indices.handle, 0, INDEX_TYPE)
        vk.lib.vkCmdPushConstants(command, self._layout.handle, vk.VK_SHADER_STAGE_VERTEX_BIT, 0, 16, self._push)
        first_vertex = first_index = 0
        self._bound = None
        place = left, top, *data.framebuffer_scale
        for commands in data.cmd_lists:
            vertices, indices = commands.vtx_buffer, commands.idx_buffer
            _copy(vertices, self._vertices, first_vertex, imgui.VERTEX_SIZE)
            _copy(indices, self._indices, first_index, imgui.INDEX_SIZE)
            for draw in commands.cmd_buffer:
                self._draw(command, draw, place, size, first_index, first_vertex)
            first_vertex += len(vertices)
            first_index += len(indices)

    def _draw(self, command, draw, place, size, first_index, first_vertex):
        """`place`: where the window begins, x and y, and how many pixels a unit of it has, along x and y."""
        (x, y, across, down), (left, top, right, bottom), count = place, draw.clip_rect, draw.elem_count
        left, top = max(0, int((left - x) * across)), max(0, int((top - y) * down))
        right, bottom = min(size[0], (right - x) * across), min(size[1], (bottom - y) * down)
        if not (right > left and bottom > top and count):
            return
        offset, extent = self._scissor.offset, self._scissor.extent
        offset.x, offset.y = left, top
        extent.width, extent.height = int(right) - left, int(bottom) - top
        vk.lib.vkCmdSetScissor(command, 0, 1, self._scissor)
        texture = self._textures[draw.get_tex_id()]
        if texture is not self._bound:
            self._bound = texture
            vk.lib.vkCmdBindDescriptorSets(command, vk.VK_PIPELINE_BIND_POINT_GRAPHICS, self._layout.handle, 0, 1,
                                           texture.set, 0, ffi.NULL)
        vk.lib.vkCmdDrawIndexed(command, count, 1, first_index + draw.idx_offset, first_vertex + draw.vtx_offset, 0)

    def _make_room(self, data):
        self._vertices = _grown(self._vertices, data.total_vtx_count * imgui.VERTEX_SIZE,
                                vk.VK_BUFFER_USAGE_VERTEX_BUFFER_BIT)
        self._indices = _grown(self._indices, data.total_idx_count * imgui.INDEX_SIZE,
                               vk.VK_BUFFER_USAGE_INDEX_BUFFER_BIT)

    def add_texture(self, pixels: np.ndarray) -> imgui.ImTextureRef:
        """A picture [H, W, 4] uint8 that panels may draw as of now."""
        return imgui.ImTextureRef(self._new_texture(np.ascontiguousarray(pixels)))

    def remove_texture(self, texture: imgui.ImTextureRef):
        """No frame after the present one may draw it."""
        self._forget_texture(texture.get_tex_id())

    def _new_texture(self, pixels: np.ndarray) -> int:
        """ImGui's number for a picture [H, W, 4] uint8."""
        key, self._next_texture = self._next_texture, self._next_texture + 1
        self._textures[key] = made = _Texture(self._layout, self._sampler, pixels.shape[1], pixels.shape[0])
        made.write(pixels)
        return key

    def _forget_texture(self, key: int):
        self.device.wait_idle()  # the frame before may still read it
        self._textures.pop(key).close()

    def _update(self, texture):
        status = imgui.ImTextureStatus
        if texture.status == status.want_create:
            texture.set_tex_id(self._new_texture(_pixels(texture)))
            texture.set_status(status.ok)
        elif texture.status == status.want_updates:
            rect = texture.update_rect
            self._textures[texture.tex_id].write(
                _pixels(texture)[rect.y:rect.y + rect.h, rect.x:rect.x + rect.w], rect.x, rect.y)
            texture.set_status(status.ok)
        elif texture.status == status.want_destroy and texture.unused_frames > 0:
            self._forget_texture(texture.tex_id)
            texture.set_tex_id(0)
            texture.set_status(status.destroyed)

    def close(self):
        """The GPU must be done with it."""
        self._make_current()
        for texture in imgui.get_platform_io().textures:
            texture.set_tex_id(0)
            texture.set_status(imgui.ImTextureStatus.destroyed)
        implot.destroy_context(self._implot)
        imgui.destroy_context(self._imgui)
        logical = self.device.handles.logical
        vk.vkDestroyPipeline(logical, self._pipeline, None)
        vk.vkDestroySampler(logical, self._sampler, None)
        for owned in (*self._textures.values(), self._vertices, self._indices, self._layout):
            owned.close()


class _Texture:
    """An image and the descriptor set that shows it to the fragment shader."""

    def __init__(self, layout: Layout, sampler, width: int, height: int):
        self._device = layout.device
        usage = vk.VK_IMAGE_USAGE_SAMPLED_BIT | vk.VK_IMAGE_USAGE_TRANSFER_DST_BIT
        self._image = Image(self._device, width, height, vk.VK_FORMAT_R8G8B8A8_UNORM, usage)
        self._state = NEW
        self.descriptors = Descriptors(layout, {0: (self._image.view, READ[2], sampler)})
        self.set = ffi.new("VkDescriptorSet[]", [self.descriptors.handle])

    def write(self, pixels: np.ndarray, x: int = 0, y: int = 0):
        """Sets a rectangle, [h, w, 4] uint8. Waits: it happens when a new glyph is first seen, not each frame."""
        height, width = pixels.shape[:2]
        staging = Buffer(self._device, pixels.size, vk.VK_BUFFER_USAGE_TRANSFER_SRC_BIT, host=True)
        staging.array[:] = pixels.reshape(-1)

        def copy(command):
            image_barrier(command, self._image.handle, self._state, WRITE)
            vk.vkCmdCopyBufferToImage(command, staging.handle, self._image.handle, WRITE[2], 1,
                                      [image_part(width, height, x, y)])
            image_barrier(command, self._image.handle, WRITE, READ)
        self._device.run(copy)
        self._state = READ
        staging.close()

    def close(self):
        self.descriptors.close()
        self._image.close()


def _pixels(texture) -> np.ndarray:
    return texture.get_pixels_array().reshape(texture.height, texture.width, texture.bytes_per_pixel)


def _copy(list, buffer: Buffer, first: int, nbytes: int):
    """Puts a list of ImGui's into a buffer, `first` entries of so many bytes from its beginning."""
    ctypes.memmove(buffer.pointer + first * nbytes, list.data_address(), len(list) * nbytes)


def _grown(buffer: Buffer, nbytes: int, usage: int) -> Buffer:
    if nbytes <= buffer.nbytes:
        return buffer
    buffer.close()
    return Buffer(buffer.device, 2 * nbytes, usage, host=True)


def _create_sampler(device: Device):
    edge = vk.VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE
    info = vk.VkSamplerCreateInfo(magFilter=vk.VK_FILTER_LINEAR, minFilter=vk.VK_FILTER_LINEAR, addressModeU=edge,
                                  addressModeV=edge)
    return vk.vkCreateSampler(device.handles.logical, info, None)
