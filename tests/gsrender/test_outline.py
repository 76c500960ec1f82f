"""What a model will take, as the head of its file tells, against what it takes."""

import pytest
from peaks import peaks
from synthesise import write_anchor_checkpoint, write_splats

from gsrender import InputError, load_model
from gsrender.load.outline import outline
from gsrender.renderer import Renderer, planned_memory

OUTPUTS = ("alpha", "depth")


@pytest.mark.parametrize("precision", ["full", "half"])
@pytest.mark.parametrize("degree", [0, 3])
def test_the_memory_of_splats_on_the_device_is_foretold_to_the_byte(tmp_path, device, degree, precision):
    write_splats(tmp_path / "splats.ply", count=90_000, sh_degree=degree)
    head = outline(tmp_path / "splats.ply", precision=precision)
    model = load_model(tmp_path / "splats.ply", precision=precision)
    assert head.model.nbytes == model.nbytes and len(head.model.items) == 90_000
    assert planned_memory(head.model, OUTPUTS, device) == Renderer(model.to(device), OUTPUTS).memory


@pytest.mark.parametrize("kind", [dict(schema="proxy"), dict(schema="octree", appearance_dim=8, add_level=True),
                                  dict(schema="scaffold", feature_bank=True, n_offsets=5, unite=True)])
def test_the_memory_of_anchors_on_the_device_is_foretold_to_the_byte(tmp_path, device, kind):
    write_anchor_checkpoint(tmp_path, count=5000, **kind)
    head, model = outline(tmp_path).model, load_model(tmp_path)
    assert head.nbytes == model.nbytes and len(head.items) == 5000
    assert planned_memory(head, OUTPUTS, device) == Renderer(model.to(device), OUTPUTS).memory


def test_the_hosts_memory_while_a_model_is_read_is_foretold_within_a_tenth(tmp_path):
    """Once the libraries have what they take for themselves, at the first model."""
    write_splats(tmp_path / "first.ply", count=1000)
    write_splats(tmp_path / "three.ply", count=150_000, sh_degree=3)
    write_splats(tmp_path / "none.ply", count=500_000, sh_degree=0)
    write_anchor_checkpoint(tmp_path / "anchors", count=100_000)
    opened = [("first.ply", "full"), ("three.ply", "full"), ("none.ply", "full"), ("three.ply", "half"),
              ("anchors", "full")]
    found = peaks("from gsrender.load import load_model\nfrom gsrender.chunks import arranged",
                  *(f"arranged(load_model({str(tmp_path / name)!r}, precision={precision!r}))"
                    for name, precision in opened))
    for (name, precision), most in list(zip(opened, found, strict=True))[1:]:
        assert outline(tmp_path / name, precision=precision).host == pytest.approx(most, rel=0.1), name


def test_a_file_without_a_model_has_no_outline(tmp_path):
    (tmp_path / "a.ply").write_text("ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\n1\n")
    with pytest.raises(InputError, match="neither anchors"):
        outline(tmp_path / "a.ply")
