"""From a recipe to its network."""

import pytest
import torch

from crs_plugin.errors import InputError
from crs_plugin.expressions import EXPRESSIONS
from crs_plugin.recipe import RecipeError, load_recipe
from crs_plugin.recipe.building import build_module, encoder_of
from crs_plugin.recipe.pretraining_data import coarse_counts


def recipe(*overrides: str):
    return load_recipe("crs_cont_resnet18", overrides)


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
    weights = "objective.0.class_weights={name: inverse_frequency}"
    chosen = recipe(weights)
    counts = coarse_counts(chosen, torch.tensor([0, 1, 1, 2, 3, -1]))
    assert counts == (1, 2, 1, 1)
    module = build_module(chosen, EXPRESSIONS, counts)
    assert module.objective.class_weights()["crs_cont"] == pytest.approx(
        {"positive": 1.25, "negative": 0.625, "neutral": 1.25, "surprise": 1.25}
    )
    with pytest.raises(RecipeError, match=r"objective\.0\.class_weights: .*'class_counts'"):
        build_module(chosen, EXPRESSIONS)


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
