"""What an encoder is compared with."""

import numpy as np
import pytest
import torch

from crs_plugin.evaluation.references.hog import HOG
from crs_plugin.evaluation.references.pretrained import Pretrained
from crs_plugin.evaluation.references.random_encoder import RandomEncoder
from crs_plugin.models.build_backbone import build_backbone
from crs_plugin.models.encoder import Encoder, EncoderInfo


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    info = EncoderInfo("resnet18", {}, 32, (0.5,) * 3, (0.2,) * 3, 512, {"data": "faces"})
    return Encoder(build_backbone("resnet18"), info).eval()


def test_the_random_encoder_has_other_weights_by_the_seed(encoder) -> None:
    images = torch.randint(256, (2, 3, 32, 32), dtype=torch.uint8)
    one, same, other = (RandomEncoder()(encoder, seed) for seed in (1, 1, 2))
    assert torch.equal(one.embed(images), same.embed(images))
    assert not torch.allclose(one.embed(images), other.embed(images))
    assert not torch.allclose(one.embed(images), encoder.embed(images))


def test_what_is_no_network_has_no_random_one(encoder) -> None:
    assert RandomEncoder()(HOG(), 0) is None


def test_hog_sees_edges_not_brightness(encoder) -> None:
    hog = HOG(cells=4)(encoder, 0)
    steps = torch.arange(32).repeat(32, 1).mul(5).to(torch.uint8)
    across, down, brighter = steps[None], steps.T[None], steps[None] + 40
    features = hog.embed(torch.stack([across, down, brighter]))
    assert features.shape == (3, 9 * 4 * 9)
    assert features.dtype == torch.float32
    assert torch.allclose(features[0], features[2], atol=1e-5)
    assert not torch.allclose(features[0], features[1], atol=0.1)
    coloured = across[None].expand(1, 3, -1, -1)
    assert torch.allclose(hog.embed(coloured), features[:1], atol=1e-5)


def test_hog_of_a_picture_smaller_than_its_cells(encoder) -> None:
    assert torch.isfinite(HOG().embed(torch.zeros(1, 1, 4, 4, dtype=torch.uint8))).all()


def test_weights_from_a_file_see_the_image_at_their_own_size(encoder, tmp_path) -> None:
    from safetensors.torch import save_file

    state = {name: x.contiguous() for name, x in encoder.backbone.state_dict().items()}
    save_file(state, tmp_path / "weights.safetensors")
    reference = Pretrained(weights=tmp_path / "weights.safetensors", input_size=32)
    images = torch.randint(256, (2, 3, 32, 32), dtype=torch.uint8)
    features = reference(encoder, 0).embed(images)
    assert features.shape == (2, 512)
    assert np.isfinite(features.numpy()).all()
    assert reference.title == "imagenet"
