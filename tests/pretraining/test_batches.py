import random
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from small_run import small_data

from crs_plugin.data.decoded_images import DecodedImages
from crs_plugin.data.images import ArrayImages
from crs_plugin.data.streaming import StreamedImages
from crs_plugin.errors import InputError
from crs_plugin.miners.samplers.balanced import balanced
from crs_plugin.pretraining.batches import RunBatches
from crs_plugin.registry import registry


def made(sampler=None, batch_size=8, seed=0, count=52) -> RunBatches:
    return RunBatches(**small_data(count), sampler=sampler, batch_size=batch_size, seed=seed)


def weighted(coarse, fine):
    weights = torch.tensor([1.0, 0.0, 1.0, 0.0])[coarse]
    return torch.utils.data.WeightedRandomSampler(weights.tolist(), 40)


def from_numpy(coarse, fine):
    return np.random.permutation(len(coarse)).tolist()


def from_random(coarse, fine):
    return random.sample(range(len(coarse)), len(coarse))


def m_per_class(coarse, fine):
    return registry.get("sampler", "pml/MPerClassSampler").target(coarse, fine, m=2)


@pytest.mark.parametrize(
    "sampler", [None, weighted, from_numpy, from_random, balanced, m_per_class]
)
def test_order_depends_on_seed_and_epoch_only(sampler):
    first = made(sampler).order(3)
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    assert torch.equal(made(sampler).order(3), first)
    assert not torch.equal(made(sampler).order(2), first)
    assert not torch.equal(made(sampler, seed=1).order(3), first)


def test_drawing_an_order_leaves_the_generators():
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    expected = torch.rand(1), np.random.rand(), random.random()
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    made(from_numpy).order(0)
    assert (torch.rand(1), np.random.rand(), random.random()) == expected


def test_a_sampler_decides_what_is_seen():
    batches = made(weighted)
    assert len(batches) == 5
    assert {int(label) for batch in islice(batches, 5) for label in batch.coarse} == {0, 2}


def test_a_sampler_gets_coarse_and_fine_ids():
    data = small_data()
    data["fine"] = data["fine"] + 10
    given = []

    def sampler(coarse, fine):
        given.append((coarse, fine))
        return range(8)

    RunBatches(**data, sampler=sampler, batch_size=8, seed=0)
    assert all(a is b for a, b in zip(given[0], (data["coarse"], data["fine"]), strict=True))


def test_images_and_ids_belong_together():
    data = small_data()
    for batch in islice(made(), 10):
        numbers = batch.images[:, 0, 0, 0].long()
        assert torch.equal(batch.images, data["images"][numbers])
        assert torch.equal(batch.coarse, data["coarse"][numbers])
        assert torch.equal(batch.fine, data["fine"][numbers])


def test_starting_in_the_middle_goes_on_where_the_others_are():
    whole = [batch.images for batch in islice(made(), 14)]
    late = made()
    late.steps_made = lambda: 9
    rest = [batch.images for batch in islice(late, 5)]
    assert all(torch.equal(a, b) for a, b in zip(whole[9:], rest, strict=True))


def test_devices_share_a_batch():
    shares = []
    for rank in range(2):
        batches = made()
        batches.rank, batches.ranks = rank, 2
        shares.append(next(iter(batches)).images)
    assert torch.equal(torch.cat(shares), next(iter(made())).images)


def test_batch_larger_than_the_data():
    with pytest.raises(InputError, match=r"training\.batch_size is 64.*only 52 images"):
        made(batch_size=64)


def streamed(data: dict) -> dict:
    """The same images, to be read one by one."""
    images = data["images"]
    array = ArrayImages(images.numpy(), np.arange(len(images)), Path("array"))
    return data | {"images": DecodedImages(StreamedImages(array, 8, 1), "digest")}


def test_streamed_images_give_the_same_batches_from_any_step():
    for start in (0, 9):
        kinds = []
        for data in (small_data(), streamed(small_data())):
            batches = RunBatches(**data, sampler=None, batch_size=8, seed=0)
            batches.steps_made = lambda start=start: start
            kinds.append(list(islice(batches, 8)))
        for one, other in zip(*kinds, strict=True):
            assert torch.equal(one.images, other.images)
            assert torch.equal(one.fine, other.fine)
            assert torch.equal(one.coarse, other.coarse)


def test_the_fingerprint_is_that_of_the_pixels_or_comes_with_them():
    assert made().fingerprint == made().fingerprint
    other = small_data() | {"images": small_data()["images"].flip(0)}
    changed = RunBatches(**other, sampler=None, batch_size=8, seed=0)
    assert changed.fingerprint != made().fingerprint
    batches = RunBatches(**streamed(small_data()), sampler=None, batch_size=8, seed=0)
    assert batches.fingerprint == "digest"
