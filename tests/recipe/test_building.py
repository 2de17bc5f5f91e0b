"""From a recipe to its data and its network."""

import numpy as np
import pytest
import torch

from crs_plugin.data.dataset import SPLITS, DataError, FaceDataset
from crs_plugin.data.images import ArrayImages
from crs_plugin.errors import InputError
from crs_plugin.expressions import ALL_EXPRESSIONS, EXPRESSIONS
from crs_plugin.recipe import RecipeError, load_recipe
from crs_plugin.recipe.building import (
    build_module,
    coarse_counts,
    encoder_of,
    pretraining_data,
)


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


def test_the_main_recipe_has_the_released_class_weights():
    found = build_module(recipe(), EXPRESSIONS).objective.class_weights()
    assert found == {"crs_cont": {"positive": 1, "negative": 0.5, "neutral": 1, "surprise": 1}}


def test_class_weights_that_go_by_counts_get_those_of_the_training_data():
    faces = dataset(
        ["happiness", "anger", "fear", "disgust", "neutral", "surprise", None, "happily surprised"],
        ["train"] * 3 + ["test"] + ["train"] * 4,
    )
    weights = "objective.0.class_weights={name: inverse_frequency}"
    chosen = recipe(weights)
    data = pretraining_data(chosen, faces)
    assert coarse_counts(chosen, data.coarse) == (1, 2, 1, 1)
    module = build_module(chosen, data.expressions, coarse_counts(chosen, data.coarse))
    assert module.objective.class_weights()["crs_cont"] == pytest.approx(
        {"positive": 1.25, "negative": 0.625, "neutral": 1.25, "surprise": 1.25}
    )
    with pytest.raises(RecipeError, match=r"objective\.0\.class_weights: .*'class_counts'"):
        build_module(chosen, data.expressions)


def test_counts_that_the_recipe_gives_itself_are_taken():
    weights = "{name: inverse_frequency, class_counts: {low: 1, high: 3}}"
    table = "labels.coarse={sadness: low, anger: high}"
    chosen = recipe(table, f"objective.0.class_weights={weights}")
    module = build_module(chosen, EXPRESSIONS, [5, 5])
    found = module.objective.class_weights()["crs_cont"]
    assert found == pytest.approx({"low": 2, "high": 2 / 3})


def test_a_schedule_s_ends_are_filled_in_as_well():
    after = "{name: effective_number, beta: 0.9}"
    weights = f"{{name: schedule, before: {{}}, after: {after}, from_epoch: 1, to_epoch: 2}}"
    chosen = recipe("labels.coarse=fine", f"objective.0.class_weights={weights}")
    module = build_module(chosen, EXPRESSIONS, [10] * 7 + [30])
    assert set(module.objective.class_weights()["crs_cont"].values()) == {1}
    module.objective.at_epoch(2)
    after_it = module.objective.class_weights()["crs_cont"]
    assert tuple(after_it) == EXPRESSIONS
    assert after_it["contempt"] < 1 < after_it["fear"]


@pytest.mark.parametrize(
    ("weights", "key", "words"),
    [
        (
            "{name: inverse_frequency, class_counts: {negativ: 3}}",
            "class_counts.negativ",
            "did you mean 'negative'?",
        ),
        ("{name: inverse_frequency, class_counts: [1, -2]}", "class_counts", "expected ≥ 0"),
        ("{name: effective_number, beta: 1}", "beta", "expected < 1"),
        (
            "{name: schedule, before: {}, after: {negativ: 1}, to_epoch: 1}",
            "after.negativ",
            "did you mean 'negative'?",
        ),
        ("{name: schedule, before: {}, after: {}}", "to_epoch", "missing"),
    ],
)
def test_class_weights_that_do_not_fit_are_told_before_anything_is_built(weights, key, words):
    with pytest.raises(RecipeError) as caught:
        recipe(f"objective.0.class_weights={weights}")
    [problem] = caught.value.problems
    assert problem.key.startswith(f"objective.0.class_weights.{key}")
    assert words in problem.message


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ("{name: inverse_frequency, class_counts: [1, 2]}", "2 numbers for 4 classes"),
        ("{name: inverse_frequency, class_counts: {negative: 3}}", "lacks positive, neutral"),
        (
            "{name: schedule, before: {}, after: {}, from_epoch: 3, to_epoch: 1}",
            "to_epoch not before it",
        ),
    ],
)
def test_class_weights_that_cannot_be_built_are_told_with_their_place(weights, words):
    with pytest.raises(RecipeError) as caught:
        build_module(recipe(f"objective.0.class_weights={weights}"), EXPRESSIONS, [1, 1, 1, 1])
    [problem] = caught.value.problems
    assert problem.key.startswith("objective.0.class_weights")
    assert words in problem.message


def test_the_encoder_describes_itself():
    chosen = recipe()
    module = build_module(chosen, EXPRESSIONS)
    encoder = encoder_of(chosen, module, {"data": "faces"})
    assert encoder.info.input_size == 48
    assert encoder.info.feature_dim == 512
    assert encoder.info.seen == {"data": "faces"}
