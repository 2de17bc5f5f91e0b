import random
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import WeightedRandomSampler

from crs_plugin.registry import RefusedComponentError, registry

LABELS = torch.tensor([0] * 30 + [1] * 6 + [2] * 4)
FINE = torch.tensor([0] * 10 + [1] * 20 + [2, 3] * 3 + [4] * 4)


def seeded_epoch(
    name: str,
    labels: torch.Tensor = LABELS,
    fine: torch.Tensor = FINE,
    **options: Any,
) -> list[int]:
    torch.manual_seed(3)
    np.random.seed(3)
    given = [labels] if name == "uniform" else [labels, fine]
    return [int(i) for i in registry.get("sampler", name).target(*given, **options)]


def test_uniform_takes_every_image_once() -> None:
    epoch = seeded_epoch("uniform")
    assert sorted(epoch) == list(range(len(LABELS)))
    assert epoch != sorted(epoch)


# ── balanced ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("classes", "ids"), [("coarse", LABELS), ("fine", FINE)])
def test_balanced_gives_every_class_the_same_share(classes: str, ids: torch.Tensor) -> None:
    sampler = registry.get("sampler", "balanced").target(
        LABELS.repeat(100), FINE.repeat(100), classes=classes
    )
    assert isinstance(sampler, WeightedRandomSampler)
    torch.manual_seed(0)
    shares = ids.repeat(100)[list(sampler)].bincount() / len(sampler)
    assert len(sampler) == 4000
    assert shares.tolist() == pytest.approx([1 / len(shares)] * len(shares), abs=0.03)


def test_balanced_is_coarse_by_default_and_leaves_out_images_without_that_label() -> None:
    labels = LABELS.clone()
    labels[:25] = -1
    epoch = seeded_epoch("balanced", labels)
    assert len(epoch) == len(LABELS)
    assert min(epoch) >= 25
    assert epoch == seeded_epoch("balanced", labels, classes="coarse")
    assert min(seeded_epoch("balanced", labels, classes="fine")) < 25


def test_balanced_draws_from_the_global_generator_of_torch_alone() -> None:
    torch.manual_seed(0)
    sampler = registry.get("sampler", "balanced").target(LABELS, FINE)
    first = list(sampler)
    assert list(sampler) != first
    np.random.seed(1)
    random.seed(1)
    torch.manual_seed(0)
    assert list(sampler) == first


@pytest.mark.parametrize("classes", ["coarse", "fine"])
def test_balanced_without_any_label(classes: str) -> None:
    none = torch.full_like(LABELS, -1)
    with pytest.raises(ValueError, match=f"none of the 40 images has a {classes} label"):
        seeded_epoch("balanced", none, none, classes=classes)


def test_balanced_over_something_else() -> None:
    with pytest.raises(ValueError, match="'coarse' or 'fine', not 'subject'"):
        seeded_epoch("balanced", classes="subject")


# ── pytorch-metric-learning's ──────────────────────────────────────────────────────────────────


def test_m_per_class_balances_the_classes_over_an_epoch_of_the_usual_length() -> None:
    epoch = seeded_epoch("pml/MPerClassSampler", m=4)
    assert len(epoch) == 36  # 40 images, in whole rounds of 3 classes of 4
    assert LABELS[epoch].bincount().tolist() == [12, 12, 12]


def test_m_per_class_balances_fine_classes_too() -> None:
    epoch = seeded_epoch("pml/MPerClassSampler", m=4, classes="fine")
    assert FINE[epoch].bincount().tolist() == [8] * 5


def test_m_per_class_with_another_length() -> None:
    assert len(seeded_epoch("pml/MPerClassSampler", m=4, length_before_new_iter=120)) == 120


def test_m_per_class_takes_missing_labels_for_no_class() -> None:
    labels = LABELS.clone()
    labels[::3] = -1
    epoch = seeded_epoch("pml/MPerClassSampler", labels, m=4)
    assert labels[epoch].bincount().tolist() == [12, 12, 12]


def test_a_sampler_knows_how_long_an_epoch_is() -> None:
    sampler = registry.get("sampler", "pml/MPerClassSampler").target(LABELS, FINE, m=4)
    assert len(sampler) == len(list(sampler)) == 36


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("uniform", {}),
        ("balanced", {}),
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
    assert set(options) == {"m", "batch_size", "length_before_new_iter", "classes"}
    assert options["m"].required
    assert set(registry.get("sampler", "balanced").options()) == {"classes"}
    assert not registry.get("sampler", "uniform").options()


@pytest.mark.parametrize("name", ["HierarchicalSampler", "TuplesToWeightsSampler"])
def test_what_does_not_fit_is_refused(name: str) -> None:
    with pytest.raises(RefusedComponentError, match=f"{name} cannot be used here"):
        registry.get("sampler", f"pml/{name}")
