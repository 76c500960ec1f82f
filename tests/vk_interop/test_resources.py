"""What the parts of the room are made of."""

import time

import numpy as np

from vk_interop import resources
from vk_interop.calls import vk
from vk_interop.resources import Buffer, Image, Timestamps, image_barrier, image_part, memory_barrier, upload

COPY = vk.VK_BUFFER_USAGE_TRANSFER_SRC_BIT | vk.VK_BUFFER_USAGE_TRANSFER_DST_BIT
STAGE = vk.VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT
WRITE, READ = (STAGE, vk.VK_ACCESS_2_TRANSFER_WRITE_BIT), (STAGE, vk.VK_ACCESS_2_TRANSFER_READ_BIT)


def read_back(device, buffer: Buffer) -> np.ndarray:
    host = Buffer(device, buffer.nbytes, COPY, host=True)
    region = vk.VkBufferCopy(size=buffer.nbytes)
    device.run(lambda c: vk.vkCmdCopyBuffer(c, buffer.handle, host.handle, 1, [region]))
    data = host.array.copy()
    host.close()
    return data


def test_an_upload_in_many_pieces_arrives_whole(device, monkeypatch):
    monkeypatch.setattr(resources, "STAGING_BYTES", 1000)
    values = np.random.default_rng(0).integers(0, 256, 12_345, np.uint8)
    target = Buffer(device, values.nbytes, COPY)
    upload(device, target, values)
    assert np.array_equal(read_back(device, target), values)
    target.close()


def test_an_empty_array_uploads_to_an_empty_buffer(device):
    target = Buffer(device, 0, COPY)
    upload(device, target, np.zeros((0, 3), np.float32))
    target.close()


def test_an_image_gives_back_what_was_copied_into_it_and_a_part_of_that(device):
    pixels = np.random.default_rng(1).integers(0, 256, (7, 5, 4), np.uint8)
    source, target, corner = (Buffer(device, nbytes, COPY) for nbytes in (pixels.nbytes, pixels.nbytes, 4 * 3 * 2))
    upload(device, source, pixels)
    image = Image(device, 5, 7, vk.VK_FORMAT_R8G8B8A8_UNORM,
                  vk.VK_IMAGE_USAGE_TRANSFER_SRC_BIT | vk.VK_IMAGE_USAGE_TRANSFER_DST_BIT)
    new = (STAGE, 0, vk.VK_IMAGE_LAYOUT_UNDEFINED)
    written, read = (*WRITE, vk.VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL), (*READ, vk.VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL)

    def there_and_back(command):
        image_barrier(command, image.handle, new, written)
        vk.vkCmdCopyBufferToImage(command, source.handle, image.handle, written[2], 1, [image_part(5, 7)])
        image_barrier(command, image.handle, written, read)
        vk.vkCmdCopyImageToBuffer(command, image.handle, read[2], target.handle, 1, [image_part(5, 7)])
        vk.vkCmdCopyImageToBuffer(command, image.handle, read[2], corner.handle, 1, [image_part(3, 2, x=1, y=4)])

    device.run(there_and_back)
    assert np.array_equal(read_back(device, target), pixels.reshape(-1))
    assert np.array_equal(read_back(device, corner), pixels[4:6, 1:4].reshape(-1))
    for part in (source, target, corner, image):
        part.close()


def test_timestamps_tell_how_long_the_gpu_worked(device):
    times, target = Timestamps(device, 3), Buffer(device, 64 << 20, COPY)

    def fill_once_then_eight_times(command):
        times.reset(command)
        times.write(command, 0)
        vk.vkCmdFillBuffer(command, target.handle, 0, target.nbytes, 1)
        times.write(command, 1)
        for _ in range(8):
            memory_barrier(command, WRITE, WRITE)
            vk.vkCmdFillBuffer(command, target.handle, 0, target.nbytes, 1)
        times.write(command, 2)

    start = time.perf_counter()
    device.run(fill_once_then_eight_times)
    once, often = times.milliseconds()
    assert 0 < once and 0 < often and once + often < 1000 * (time.perf_counter() - start)
    times.close()
    target.close()
