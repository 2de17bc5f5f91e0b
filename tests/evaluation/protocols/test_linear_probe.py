from dataclasses import replace

import numpy as np
import pytest

from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.probing import probe_fit
from crs_plugin.evaluation.protocols.linear_probe import LinearProbe
from crs_plugin.evaluation.result import EvaluationResult, Target
from crs_plugin.expressions import CoarseTable
from crs_plugin.registry import registry

BASIC = list(range(8))


def only(result: EvaluationResult) -> Target:
    (target,) = result.targets
    return target


def world(faces, **changes):
    return faces(BASIC * 40, ["train"] * 240 + ["test"] * 80, **changes)


def test_it_is_found_by_name_with_its_options() -> None:
    component = registry.get("evaluation", "linear_probe")
    assert component.target is LinearProbe
    options = component.options()
    assert options["data"].part.kind == options["test_data"].part.kind == "dataset"
    assert not any(option.required for option in options.values())


def test_a_seeing_encoder_scores_one_and_a_blind_one_chance(faces, context) -> None:
    result = LinearProbe()(context(world(faces)))
    assert only(result).trained.accuracy > 0.97
    assert only(result).scores["random"].accuracy < 0.3
    assert only(result).gains["random"].uar_interval[0] > 0.5
    assert result.title == "faces"
    assert only(result).train_data == "faces: 240 images"
    assert only(result).class_names[0] == "neutral"


def test_shuffled_labels_give_chance(faces, context) -> None:
    shown = np.random.default_rng(0).integers(0, 8, 320)
    result = LinearProbe()(context(world(faces, shown=shown)))
    assert only(result).trained.accuracy < 0.3


def test_the_test_is_predicted_once_by_a_classifier_that_never_saw_it(
    faces, context, monkeypatch
) -> None:
    calls, fitted = [], probe_fit.choose_and_fit

    def spy(train, valid, *rest):
        classifier = fitted(train, valid, *rest)

        def predict(features):
            calls.append((len(train.labels), len(valid.labels), features))
            return classifier.predict(features)

        return replace(classifier, predict=predict)

    monkeypatch.setattr(probe_fit, "choose_and_fit", spy)
    here = context(world(faces))
    LinearProbe(validation_fraction=0.25)(here)
    assert [call[:2] for call in calls] == [(180, 60), (180, 60)]
    test = here.open(None).in_split("test")
    for call, which in zip(calls, ("trained", "random"), strict=True):
        np.testing.assert_array_equal(call[2], here.features(which, test))


def test_test_labels_change_nothing_that_is_predicted(faces, context) -> None:
    shown = np.tile(BASIC, 40)
    wrong = shown.copy()
    wrong[240:] = (wrong[240:] + 1) % 8
    honest = LinearProbe()(context(faces(shown, ["train"] * 240 + ["test"] * 80, shown=shown)))
    fooled = LinearProbe()(context(faces(wrong, ["train"] * 240 + ["test"] * 80, shown=shown)))
    assert only(honest).chosen == only(fooled).chosen
    assert (
        np.sum(only(honest).trained.confusion, 0).tolist()
        == np.sum(only(fooled).trained.confusion, 0).tolist()
    )


def test_across_data_sets(faces, context) -> None:
    other = faces([1, 2, 9] * 10, name="other")
    result = LinearProbe(test_data=lambda: other)(context(world(faces)))
    assert result.title == "faces → other"
    assert only(result).class_names == ("happiness", "surprise")
    assert only(result).trained.n == 20
    assert any("10 test images of happily disgusted" in note for note in result.notes)


def test_the_released_protocol_says_what_it_does(faces, context) -> None:
    result = LinearProbe(protocol="released", title="as released")(context(world(faces)))
    assert only(result).trained.accuracy > 0.97
    assert "released" in result.protocol
    assert "TEST" in result.notes[0]
    assert only(result).chosen["trained"].endswith("the best on TEST")


def test_a_choice_at_an_end_is_noted_for_the_encoder_that_made_it(faces, context) -> None:
    whole = LinearProbe()(context(world(faces)))
    assert only(whole).chosen["trained"].endswith("chosen on validation")
    assert not [note for note in whole.notes if "trained encoder" in note]
    few = LinearProbe(regularisation=(1e-3, 1e-2))(context(world(faces)))
    assert [note[:45] for note in few.notes] == [
        "The C chosen for the trained encoder lies at ",
        "The C chosen for the random encoder lies at a",
    ]
    alone = LinearProbe(regularisation=(1e-2,))(context(world(faces)))
    assert alone.notes == ()
    assert only(alone).chosen["trained"] == "C = 0.01, the only one tried"


def test_coarse_labels_are_told_apart_by_the_same_features(faces, context) -> None:
    here = context(world(faces))
    fine, coarse = LinearProbe()(here), LinearProbe(labels="coarse")(here)
    assert only(coarse).class_names == ("positive", "negative", "neutral", "surprise")
    assert only(coarse).trained.accuracy > 0.97
    confusion = np.array(only(coarse).trained.confusion)
    assert confusion.sum(1).tolist() == [10, 50, 10, 10]
    assert (only(coarse).train_data, only(coarse).test_data) == (
        only(fine).train_data,
        only(fine).test_data,
    )
    assert (fine.protocol, coarse.protocol) == ("linear probe", "linear probe on coarse labels")
    assert (fine.title, coarse.title) == ("faces", "faces (coarse)")
    released = LinearProbe(labels="coarse", protocol="released")(here)
    assert released.protocol == "linear probe on coarse labels (released protocol)"
    assert only(released).class_names == only(coarse).class_names


def test_the_coarse_table_is_that_of_the_recipe(faces, context) -> None:
    table = CoarseTable.from_mapping({"fear": "low", "anger": "high", "neutral": "low"})
    result = LinearProbe(labels="coarse")(replace(context(world(faces)), coarse_table=table))
    assert only(result).class_names == ("low", "high")
    assert only(result).trained.n == 30
    assert "200 images of faces, of expressions without a coarse class, were left out." in (
        result.notes
    )


def test_coarse_labels_across_data_sets(faces, context) -> None:
    other = faces([1, 2, 9] * 10, name="other")
    result = LinearProbe(labels="coarse", test_data=lambda: other)(context(world(faces)))
    assert only(result).class_names == ("positive", "surprise")
    assert only(result).trained.n == 20
    assert any("10 images of other, of expressions without" in note for note in result.notes)


@pytest.mark.parametrize(
    ("fine", "message"),
    [
        ([8, 9] * 20, "found: happily surprised, happily disgusted"),
        ([-1] * 40, "found: no label"),
        ([4, 5] * 20, "at least two coarse classes to learn from; found: negative"),
    ],
)
def test_data_without_coarse_classes_cannot_be_probed_for_them(faces, fine, message) -> None:
    here = EvaluationContext(lambda: faces(fine, ["train", "train", "test", "test"] * 10), 4)
    with pytest.raises(InputError, match=message):
        LinearProbe(labels="coarse").check(here)


def test_the_same_seed_gives_the_same_result(faces, context) -> None:
    assert LinearProbe()(context(world(faces))) == LinearProbe()(context(world(faces)))


def test_check_needs_no_encoder_and_tells_before_training(faces) -> None:
    LinearProbe().check(EvaluationContext(lambda: world(faces), 4))
    with pytest.raises(InputError, match="split 'test'"):
        LinearProbe().check(EvaluationContext(lambda: faces(BASIC * 9, "train"), 4))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation_fraction": 0.0}, "between 0 and 1"),
        ({"regularisation": ()}, "at least one"),
        ({"protocol": "released", "regularisation": (1.0,)}, "has no regularisation"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message) -> None:
    with pytest.raises(InputError, match=message):
        LinearProbe(**options)
