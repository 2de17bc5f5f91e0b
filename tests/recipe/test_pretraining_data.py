"""What a recipe pre-trains on."""

import numpy as np
import pytest

from crs_plugin.data.dataset import SPLITS, DataError, FaceDataset
from crs_plugin.data.images import ArrayImages
from crs_plugin.expressions import ALL_EXPRESSIONS, EXPRESSIONS
from crs_plugin.recipe import load_recipe
from crs_plugin.recipe.pretraining_data import pretraining_data


def recipe(*overrides: str):
    return load_recipe("crs_cont_resnet18", overrides)


def dataset(expressions: list[str | None], splits: list[str]) -> FaceDataset:
    number = len(expressions)
    fine = [-1 if name is None else ALL_EXPRESSIONS.index(name) for name in expressions]
    return FaceDataset(
        name="faces",
        images=ArrayImages(
            np.zeros((number, 1, 8, 8), dtype=np.uint8), np.arange(number), "faces.csv"
        ),
        fine=np.array(fine, dtype=np.int16),
        split=np.array([SPLITS.index(split) for split in splits], dtype=np.int8),
        subject=np.full(number, -1, dtype=np.int32),
    )


def test_only_the_train_split_is_seen_and_ids_are_contiguous():
    faces = dataset(
        ["sadness", "neutral", None, "happily surprised", "fear", "neutral"],
        ["train", "train", "train", "train", "test", "valid"],
    )
    data = pretraining_data(recipe(), faces)
    assert data.expressions == ("neutral", "sadness", "happily surprised")
    assert data.fine.tolist() == [1, 0, -1, 2]
    assert data.coarse.tolist() == [1, 2, -1, -1]


def test_the_coarse_table_of_the_recipe_is_used():
    faces = dataset(["sadness", "anger"], ["train", "train"])
    table = "labels.coarse={sadness: low, anger: high}"
    changed = recipe(table, "objective.0.class_weights={low: 0.5}")
    assert pretraining_data(changed, faces).coarse.tolist() == [0, 1]


def test_a_set_without_a_train_split_is_refused():
    with pytest.raises(DataError, match="no image in its train split"):
        pretraining_data(recipe(), dataset(["fear"], ["test"]))


def test_excluded_expressions_are_never_seen_by_pretraining():
    faces = dataset(
        ["sadness", "fear", None, "fear", "neutral", "fear"],
        ["train", "train", "train", "train", "train", "test"],
    )
    data = pretraining_data(recipe("exclude_expressions=[afraid]"), faces)
    assert data.expressions == ("neutral", "sadness")
    assert data.fine.tolist() == [1, -1, 0]
    assert data.excluded == {"fear": 2}
    assert data.unlabelled == 1
    few = pretraining_data(recipe("exclude_expressions=[fear]", "training.images=2"), faces)
    assert "fear" not in few.expressions
    assert len(few.dataset) == 2
    assert pretraining_data(recipe(), faces).excluded == {}


def test_the_number_of_images_can_be_limited_and_the_draw_follows_the_seed():
    faces = dataset([EXPRESSIONS[i % 8] for i in range(80)], ["train"] * 80)
    few = [
        pretraining_data(recipe("training.images=16", f"seed={seed}"), faces) for seed in (0, 0, 1)
    ]
    assert [len(data.dataset) for data in few] == [16, 16, 16]
    assert few[0].fine.tolist() == few[1].fine.tolist() != few[2].fine.tolist()
    with pytest.raises(DataError, match=r"training\.images is 90"):
        pretraining_data(recipe("training.images=90"), faces)
