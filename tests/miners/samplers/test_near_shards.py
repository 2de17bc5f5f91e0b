import torch
from torch.utils.data import RandomSampler, SequentialSampler

from crs_plugin.miners.samplers import near_shards
from crs_plugin.miners.samplers.near_shards import NearShardsSampler


def order(shards: torch.Tensor, seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.tensor(list(NearShardsSampler(RandomSampler(shards), shards)))


def test_each_image_comes_once_and_few_shards_at_a_time(monkeypatch) -> None:
    monkeypatch.setattr(near_shards, "WINDOW", 400)
    shards = torch.arange(10_000) // 100
    drawn = order(shards)
    assert torch.equal(drawn.sort().values, torch.arange(10_000))
    places = torch.empty(10_000, dtype=torch.int64)
    places[drawn] = torch.arange(10_000)
    spans = torch.stack(
        [
            places[shards == shard].aminmax().max - places[shards == shard].min()
            for shard in range(100)
        ]
    )
    assert int(spans.max()) < 600
    assert int(spans.median()) > 300
    numbers = [len(batch.unique()) for batch in shards[drawn].split(100)]
    assert 4 <= sorted(numbers)[50] <= 7


def test_the_order_follows_from_the_generator_alone(monkeypatch) -> None:
    monkeypatch.setattr(near_shards, "WINDOW", 40)
    shards = torch.arange(1000) // 10
    assert torch.equal(order(shards), order(shards))
    assert not torch.equal(order(shards), order(shards, seed=1))


def test_what_fits_into_the_window_keeps_its_order() -> None:
    shards = torch.zeros(100, dtype=torch.int64)
    assert list(NearShardsSampler(SequentialSampler(shards), shards)) == list(range(100))


def test_images_that_are_drawn_several_times_or_not_at_all(monkeypatch) -> None:
    monkeypatch.setattr(near_shards, "WINDOW", 4)
    shards = torch.tensor([5, 5, 9, 9])
    drawn = list(NearShardsSampler([0, 2, 0, 2, 0, 3], shards))
    assert sorted(drawn) == [0, 0, 0, 2, 2, 3]
    assert shards[drawn].diff().count_nonzero() < 4
