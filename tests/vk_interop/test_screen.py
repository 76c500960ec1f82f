"""The screen without a display: what a window does, on an image that can be read."""

import numpy as np
import pytest
import torch
from imgui_bundle import imgui

from vk_interop.image_ring import ImageRing
from vk_interop.input import Input
from vk_interop.offscreen import Offscreen

WIDTH, HEIGHT = 64, 48


@pytest.fixture
def screen(device):
    with Offscreen(device, WIDTH, HEIGHT) as made:
        yield made


@pytest.fixture
def picture(device, stream):
    """Puts a picture into a ring of its own: picture([H, W, 4] uint8 tensor) -> SharedImage."""
    rings = []

    def make(rgba):
        rings.append(ImageRing(device, rgba.shape[1], rgba.shape[0]))
        image = rings[-1].acquire()
        image.rgba.copy_(rgba)
        image.finish(stream)
        return image
    yield make
    for ring in rings:
        ring.close()


def noise(width, height, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (height, width, 4), dtype=torch.uint8, generator=generator)


def show(screen, image=None, ui=lambda: None):
    screen.begin()
    ui()
    return screen.show(image, capture=True)


def test_before_the_first_picture_the_screen_is_black(screen):
    assert not show(screen).any() and screen.shown


def test_a_picture_of_the_screens_size_is_shown_bit_for_bit(screen, picture):
    rgba = noise(WIDTH, HEIGHT)
    assert np.array_equal(show(screen, picture(rgba)), rgba[..., :3].numpy())


def test_without_a_new_picture_the_one_before_stands(screen, picture):
    first = show(screen, picture(noise(WIDTH, HEIGHT)))
    assert np.array_equal(show(screen), first) and np.array_equal(show(screen), first)


def test_a_smaller_picture_is_stretched_linearly(screen, picture):
    ramp = torch.zeros(HEIGHT // 4, WIDTH // 4, 4, dtype=torch.uint8)
    ramp[..., 0] = (torch.arange(WIDTH // 4) * 16)
    shown = show(screen, picture(ramp))
    assert np.abs(np.diff(shown[:, 2:-2, 0].astype(int), axis=1) - 4).max() <= 1 and not shown[..., 1:].any()


def test_pictures_of_changing_sizes_follow_each_other(screen, picture):
    for seed, size in enumerate([(64, 48), (32, 24), (64, 48), (7, 5)]):
        rgba = torch.full((size[1], size[0], 4), 40 + 50 * seed, dtype=torch.uint8)
        assert (show(screen, picture(rgba)) == 40 + 50 * seed).all()


def test_what_imgui_draws_is_on_top_in_its_own_colours(screen, picture):
    def square():
        imgui.get_foreground_draw_list().add_rect_filled((10, 20), (30, 40), imgui.get_color_u32((1.0, 0.5, 0.25, 1.0)))
    shown = show(screen, picture(noise(WIDTH, HEIGHT)), square)
    assert (shown[21:39, 11:29] == (255, 128, 64)).all()
    assert np.array_equal(shown[:19], noise(WIDTH, HEIGHT)[:19, :, :3].numpy())


def test_imguis_clipping_holds_where_it_is_set(screen):
    def clipped():
        lines = imgui.get_foreground_draw_list()
        lines.push_clip_rect((8, 8), (16, 24))
        lines.add_rect_filled((0, 0), (64, 48), 0xFFFFFFFF)
        lines.pop_clip_rect()
    shown = show(screen, ui=clipped)
    assert (shown[8:24, 8:16] == 255).all() and shown.sum() == 255 * 3 * 8 * 16


def test_text_in_many_sizes_makes_imgui_change_its_textures(screen):
    """Each size needs glyphs of its own, so the atlas is written to, made anew and destroyed."""
    def text(size):
        imgui.push_font(None, size)
        imgui.get_foreground_draw_list().add_text((2, 2), 0xFFFFFFFF, "äöü€ Quick brown")
        imgui.pop_font()
    first = show(screen, ui=lambda: text(20))
    for size in range(10, 90):
        show(screen, ui=lambda: text(size))
    assert first.any() and np.array_equal(show(screen, ui=lambda: text(20)), first)


def test_a_draw_list_that_outgrows_its_buffers_is_drawn_whole(screen):
    def many():
        lines = imgui.get_foreground_draw_list()
        for i in range(20_000):
            lines.add_rect_filled((0, 0), (1, 1), 0xFF0000FF)
        lines.add_rect_filled((60, 40), (64, 48), 0xFF00FF00)
    shown = show(screen, ui=many)
    assert (shown[40:, 60:] == (0, 255, 0)).all() and (shown[0, 0] == (255, 0, 0)).all()


def test_twice_the_scale_makes_the_text_twice_as_large(device):
    heights = []
    for scale in (1.0, 2.0):
        with Offscreen(device, 200, 100, scale) as screen:
            screen.begin()
            heights.append(imgui.calc_text_size("Hg").y)
            screen.show()
    assert heights[1] == pytest.approx(2 * heights[0], abs=1)


def test_what_the_panel_uses_does_not_reach_the_scene(screen):
    def window():
        imgui.set_next_window_pos((0, 0))
        imgui.set_next_window_size((40, 40))
        imgui.begin("w")
        imgui.end()
    for x, ours in ((20, False), (60, True)):
        for _ in range(2):  # ImGui knows where windows are once they were drawn
            screen.ui.io.add_mouse_pos_event(x, 20)
            screen.begin()
            window()
            screen.show()
        screen.input.wheel(1)
        given = screen.begin()
        screen.show()
        assert given == Input(wheel=1.0 if ours else 0.0)


def test_gpu_time_of_showing_is_measured(screen, picture):
    show(screen, picture(noise(WIDTH, HEIGHT)))
    assert screen.milliseconds > 0
