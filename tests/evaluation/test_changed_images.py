import numpy as np
import torch

from crs_plugin.evaluation.changed_images import changed, features_of_changed


def noisy(images: torch.Tensor) -> torch.Tensor:
    return images + 0.1 * torch.randn_like(images)


def test_the_seed_decides_and_the_global_generator_is_left_alone() -> None:
    images = torch.randint(256, (3, 1, 8, 8), dtype=torch.uint8)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, same, other = (changed(images, noisy, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert one.dtype == torch.uint8
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_values_beyond_black_and_white_are_cut_off_not_wrapped() -> None:
    images = torch.tensor([0, 255], dtype=torch.uint8).view(1, 1, 1, 2)
    assert changed(images, lambda x: 2 * x - 0.5, 0).flatten().tolist() == [0, 255]


def test_all_encoders_see_the_same_changed_pictures(faces, context, eye, monkeypatch) -> None:
    monkeypatch.setattr("crs_plugin.evaluation.changed_images._CHUNK", 4)
    here = context(faces([0, 1] * 5))
    dataset = here.open(None)

    def next_number(images: torch.Tensor) -> torch.Tensor:
        images = images.clone()
        images[:, 0, 0, 1] += 1 / 255
        return images

    found = features_of_changed(here, dataset.take(np.arange(2, 9)), next_number, 0)
    assert {which: len(features) for which, features in found.items()} == {
        "trained": 7,
        "random": 7,
    }
    assert here.encoders["trained"].seen == here.encoders["random"].seen == list(range(3, 10))
