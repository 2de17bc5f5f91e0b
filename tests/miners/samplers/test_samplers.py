import numpy as np
import pytest
import torch

from crs_plugin.registry import RefusedComponentError, registry

LABELS = torch.tensor([0] * 30 + [1] * 6 + [2] * 4)


def seeded_epoch(name: str, **options: object) -> list[int]:
    torch.manual_seed(3)
    np.random.seed(3)
    return [int(i) for i in registry.get("sampler", name).target(LABELS, **options)]


def test_uniform_takes_every_image_once() -> None:
    epoch = seeded_epoch("uniform")
    assert sorted(epoch) == list(range(len(LABELS)))
    assert epoch != sorted(epoch)


def test_m_per_class_balances_the_classes_over_an_epoch_of_the_usual_length() -> None:
    epoch = seeded_epoch("pml/MPerClassSampler", m=4)
    assert len(epoch) == 36  # 40 images, in whole rounds of 3 classes of 4
    assert LABELS[epoch].bincount().tolist() == [12, 12, 12]


def test_m_per_class_with_another_length() -> None:
    assert len(seeded_epoch("pml/MPerClassSampler", m=4, length_before_new_iter=120)) == 120


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("uniform", {}),
        ("pml/MPerClassSampler", {"m": 4}),
        ("pml/FixedSetOfTriplets", {"num_triplets": 5}),
    ],
)
def test_the_global_seed_decides(name: str, options: dict[str, int]) -> None:
    epoch = seeded_epoch(name, **options)
    assert epoch == seeded_epoch(name, **options)
    assert set(epoch) <= set(range(len(LABELS)))


def test_labels_are_no_option() -> None:
    options = registry.get("sampler", "pml/MPerClassSampler").options()
    assert set(options) == {"m", "batch_size", "length_before_new_iter"}
    assert options["m"].required
    assert not registry.get("sampler", "uniform").options()


@pytest.mark.parametrize("name", ["HierarchicalSampler", "TuplesToWeightsSampler"])
def test_what_does_not_fit_is_refused(name: str) -> None:
    with pytest.raises(RefusedComponentError, match=f"{name} cannot be used here"):
        registry.get("sampler", f"pml/{name}")
