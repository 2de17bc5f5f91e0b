import pytest
import torch

from crs_plugin.recipe import RecipeError
from crs_plugin.recipe.sampling import labels_that_steer, sampler_factory
from crs_plugin.recipe.spec import Spec
from crs_plugin.registry import Registry

COARSE, FINE = torch.tensor([0, 1, 1]), torch.tensor([3, -1, 4])


def spec(sampler, **options) -> Spec:
    registry = Registry(rooms={})
    registry.register("sampler", "mine")(sampler)
    return Spec("sampler", "mine", options, "r.yaml:3:1", "sampler", registry)


def coarse_only(labels, /):
    return ["coarse", labels]


def fine_only(fine_labels, /):
    return ["fine", fine_labels]


def both(fine_labels, labels, /, *, times=1):
    return ["both", fine_labels, labels] * times


class Sampler:
    def __init__(self, labels, /, *, times=1):
        self.labels = labels

    def __iter__(self):
        return iter(["class", self.labels])


@pytest.mark.parametrize(
    ("sampler", "expected"),
    [
        (coarse_only, ["coarse", COARSE]),
        (fine_only, ["fine", FINE]),
        (both, ["both", FINE, COARSE]),
        (Sampler, ["class", COARSE]),
        (lambda: ["none"], ["none"]),
    ],
)
def test_a_sampler_gets_the_labels_that_it_names(sampler, expected):
    found = list(sampler_factory(spec(sampler))(COARSE, FINE))
    assert found[0] == expected[0]
    assert all(left is right for left, right in zip(found[1:], expected[1:], strict=True))


def test_a_sampler_gets_the_shards_that_images_are_streamed_from():
    def near(fine_labels, shards, /):
        return [shards]

    shards = torch.tensor([4, 4, 7])
    assert next(iter(sampler_factory(spec(near), shards)(COARSE, FINE))) is shards
    assert list(sampler_factory(spec(near))(COARSE, FINE)) == [None]


@pytest.mark.parametrize("name", ["uniform", "balanced"])
def test_ours_keep_images_of_a_shard_together(name, monkeypatch):
    monkeypatch.setattr("crs_plugin.miners.samplers.near_shards.WINDOW", 1)
    shards = torch.arange(60) // 20
    factory = sampler_factory(Spec("sampler", name), shards)
    drawn = shards[list(factory(torch.arange(60) % 3, torch.arange(60) % 4))]
    assert int(drawn.diff().count_nonzero()) == 2
    assert len(drawn) == 60


def test_options_are_passed_on():
    assert len(sampler_factory(spec(both, times=2))(COARSE, FINE)) == 6


def test_a_sampler_that_wants_something_else():
    def odd(labels, fine_lables, /):
        return labels

    with pytest.raises(RecipeError) as caught:
        sampler_factory(spec(odd))
    (problem,) = caught.value.problems
    assert problem.place == "r.yaml:3:1"
    for word in ("sampler 'mine'", "'fine_lables'", "did you mean 'fine_labels'", "coarse ids"):
        assert word in problem.message


@pytest.mark.parametrize(
    ("sampler", "options", "steer"),
    [
        (coarse_only, {}, {"labels"}),
        (both, {"times": 2}, {"labels", "fine_labels"}),
        (lambda: ["none"], {}, set()),
    ],
)
def test_labels_that_steer_a_sampler(sampler, options, steer):
    assert labels_that_steer(spec(sampler, **options)) == steer


@pytest.mark.parametrize(
    ("name", "options", "steer"),
    [
        ("uniform", {}, set()),
        ("balanced", {}, {"labels"}),
        ("balanced", {"classes": "fine"}, {"fine_labels"}),
        ("pml/MPerClassSampler", {"m": 2, "classes": "fine"}, {"fine_labels"}),
    ],
)
def test_labels_that_steer_the_samplers_that_come_along(name, options, steer):
    assert labels_that_steer(Spec("sampler", name, options)) == steer
