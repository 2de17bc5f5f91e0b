"""Every protocol says which images it tests, so that leaks into pre-training are found."""

import numpy as np
import pytest

from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.protocols.cross_dataset import CrossDataset
from crs_plugin.registry import registry

SPLIT = ["train"] * 240 + ["test"] * 80
SILENT = {"identity_probe"}
"""Tests nothing that pre-training may not have seen."""

OPTIONS = {"unseen_expressions": {"expressions": ["fear"]}}


NAMES = [name for name in registry.names("evaluation") if name not in SILENT]


def rows(part) -> list[int]:
    return part.images.rows.tolist()


@pytest.fixture
def here(faces) -> EvaluationContext:
    dataset = faces(list(range(8)) * 40, SPLIT, subject=np.arange(320) // 8)
    return EvaluationContext(lambda: dataset, 4)


def test_all_protocols_say_what_they_test() -> None:
    assert len(NAMES) > 10
    for name in NAMES:
        assert hasattr(registry.get("evaluation", name).target, "test_parts"), name


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("cross_dataset", "by_subject")])
def test_the_test_split_is_tested(here, name) -> None:
    evaluation = registry.get("evaluation", name).target(**OPTIONS.get(name, {}))
    (part,) = evaluation.test_parts(here)
    assert rows(part) == list(range(240, 320))


@pytest.mark.parametrize("name", ["robustness", "retrieval", "geometry", "embedding_map"])
def test_only_images_that_are_drawn_are_tested(here, name) -> None:
    (part,) = registry.get("evaluation", name).target(images=24).test_parts(here)
    assert len(part) == 24
    assert set(rows(part)) < set(range(240, 320))


@pytest.mark.parametrize("name", ["linear_probe", "knn", "robustness", "finetune"])
def test_of_a_set_without_splits_a_part_is_tested(faces, name) -> None:
    here = EvaluationContext(lambda: faces(list(range(8)) * 40), 4)
    (part,) = registry.get("evaluation", name).target().test_parts(here)
    assert len(part) == 64


def test_everybody_is_tested_by_subject(here) -> None:
    (part,) = registry.get("evaluation", "by_subject").target().test_parts(here)
    assert rows(part) == list(range(320))


def test_across_data_sets_each_has_its_own_part(faces, here) -> None:
    sets = [
        faces([0, 1, 2] * 20, ["train", "train", "test"] * 20, name="a"),
        faces([0, 1] * 30, name="b"),
        faces([0, 1] * 10, "train", name="c"),
    ]
    sets[0].fine[:] = np.repeat([0, 1, 2], 20)
    first, second = CrossDataset(data=[lambda s=s: s for s in sets]).test_parts(here)
    assert first.name == "a"
    assert rows(first) == list(range(2, 60, 3))
    assert second.name == "b"
    assert rows(second) == list(range(60))
