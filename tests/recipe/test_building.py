"""From a recipe to its data and its network."""

import numpy as np
import pytest
import torch

from crs_plugin.data.dataset import SPLITS, DataError, FaceDataset
from crs_plugin.data.images import ArrayImages
from crs_plugin.errors import InputError
from crs_plugin.expressions import ALL_EXPRESSIONS, EXPRESSIONS
from crs_plugin.recipe import load_recipe
from crs_plugin.recipe.building import build_module, encoder_of, pretraining_data


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


def test_the_number_of_images_can_be_limited_and_the_draw_follows_the_seed():
    faces = dataset([EXPRESSIONS[i % 8] for i in range(80)], ["train"] * 80)
    few = [
        pretraining_data(recipe("training.images=16", f"seed={seed}"), faces) for seed in (0, 0, 1)
    ]
    assert [len(data.dataset) for data in few] == [16, 16, 16]
    assert few[0].fine.tolist() == few[1].fine.tolist() != few[2].fine.tolist()
    with pytest.raises(DataError, match=r"training\.images is 90"):
        pretraining_data(recipe("training.images=90"), faces)


def test_weights_follow_the_seed_and_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    weights = [
        build_module(recipe(f"seed={seed}"), EXPRESSIONS).backbone.conv1.weight
        for seed in (0, 0, 1)
    ]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert torch.equal(torch.get_rng_state(), before)


def test_heads_have_the_widths_that_flow_into_them():
    module = build_module(recipe("heads.projection.output_dim=24"), EXPRESSIONS)
    assert module.coarse.weight.shape == (4, 24)
    assert [name for name, _ in module.objective.named_children()]
    assert [term.name for term in module.objective.terms] == [
        *("crs_cont", "coarse_cross_entropy", "prediction_ntxent")
    ]


def test_a_head_of_another_width_is_refused_with_its_line():
    with pytest.raises(InputError, match=r"heads\.projection.*found 100.*512"):
        build_module(recipe("heads.projection.input_dim=100"), EXPRESSIONS)


def test_terms_of_the_same_name_are_told_apart():
    twice = "objective=[{name: crs_cont}, {name: crs_cont, temperature: 0.5}]"
    module = build_module(recipe(twice, "heads.coarse="), EXPRESSIONS)
    assert [term.name for term in module.objective.terms] == ["crs_cont (0)", "crs_cont (1)"]


def test_losses_that_need_the_number_of_classes_get_it():
    loss = "objective=[{name: pml/NormalizedSoftmaxLoss, embedding_size: 128}]"
    module = build_module(recipe(loss, "heads.coarse="), EXPRESSIONS)
    assert module.objective.terms[0].loss is not None


def test_the_encoder_describes_itself():
    chosen = recipe()
    module = build_module(chosen, EXPRESSIONS)
    encoder = encoder_of(chosen, module, {"data": "faces"})
    assert encoder.info.input_size == 48
    assert encoder.info.feature_dim == 512
    assert encoder.info.seen == {"data": "faces"}
