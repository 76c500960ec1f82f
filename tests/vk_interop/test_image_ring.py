"""Pictures on their way to a screen: each arrives, and none is drawn on before."""

from vk_interop.calls import vk
from vk_interop.device import Submission
from vk_interop.image_ring import ImageRing
from vk_interop.resources import Buffer, Image, image_part
from vk_interop.sharing import Timeline

READ = (vk.VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT, vk.VK_ACCESS_2_TRANSFER_READ_BIT,
        vk.VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL)


class Copier:
    """Copies pictures of a ring into an image, and that into host memory: what a screen does."""

    def __init__(self, device, ring):
        self.device, self.ring = device, ring
        self.image = Image(device, ring.width, ring.height, vk.VK_FORMAT_R8G8B8A8_UNORM,
                           vk.VK_IMAGE_USAGE_TRANSFER_SRC_BIT | vk.VK_IMAGE_USAGE_TRANSFER_DST_BIT)
        self.host = [Buffer(device, ring.width * ring.height * 4, vk.VK_BUFFER_USAGE_TRANSFER_DST_BIT, host=True)
                     for _ in range(10)]
        self.commands = []

    def submit(self, picture, target, gate=None):
        region = image_part(self.ring.width, self.ring.height)

        def commands(command):
            picture.copy_to(command, self.image.handle, READ)
            vk.vkCmdCopyImageToBuffer(command, self.image.handle, READ[2], target.handle, 1, [region])

        self.commands.append(self.device.record(commands))
        wait, signal = picture.copy_semaphores()
        waits = [wait] if gate is None else [wait, (gate.semaphore, 1)]
        submission = Submission(self.device, self.commands[-1:], [semaphore for semaphore, _ in waits], [signal[0]])
        submission.submit([value for _, value in waits], [signal[1]])

    def close(self):
        self.device.wait_idle()
        for command in self.commands:
            self.device.free(command)
        for part in (self.image, *self.host):
            part.close()


def test_every_picture_of_a_ring_arrives_as_it_was_drawn(device, stream):
    ring = ImageRing(device, 33, 17)
    copier = Copier(device, ring)
    for n, target in enumerate(copier.host, 1):
        picture = ring.acquire()
        picture.rgba[...] = n
        picture.rgba[0, 0, 0] = 100 + n
        picture.finish(stream)
        copier.submit(picture, target)
    device.wait_idle()
    for n, target in enumerate(copier.host, 1):
        assert target.array[0] == 100 + n and (target.array[1:] == n).all()
    copier.close()
    ring.close()


def test_a_slot_is_drawn_on_again_only_after_its_copy(device, stream, monkeypatch):
    ring, gate = ImageRing(device, 4, 4, slots=1), Timeline(device, exported=False)
    copier = Copier(device, ring)
    picture = ring.acquire()
    picture.rgba[...] = 1
    picture.finish(stream)
    copier.submit(picture, copier.host[0], gate)
    wait = ring.copied.wait

    def open_the_gate_once_the_host_waits(value, stream=None):
        gate.signal(1)
        wait(value, stream)

    monkeypatch.setattr(ring.copied, "wait", open_the_gate_once_the_host_waits)
    ring.acquire().rgba[...] = 2
    assert ring.copied.value == 1 and (copier.host[0].array == 1).all()
    for part in (copier, ring, gate):
        part.close()


def test_a_ring_goes_on_where_pictures_are_drawn_but_never_shown(device, stream):
    ring = ImageRing(device, 4, 4, slots=2)
    for n in range(1, 8):
        picture = ring.acquire()
        picture.rgba[...] = n
        picture.finish(stream)
    ring.ready.wait(7)
    assert picture.rgba.cpu().unique().tolist() == [7]
    ring.close()
    ring.close()
