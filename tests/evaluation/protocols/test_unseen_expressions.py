from dataclasses import replace

import pytest

from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.protocols import unseen_expressions as module
from crs_plugin.evaluation.protocols.unseen_expressions import UnseenExpressions
from crs_plugin.evaluation.shown_expressions import ShownExpressions

BASIC = frozenset({"neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear"})


def world(faces):
    return faces([0, 4, 6, 1] * 60, ["train"] * 160 + ["test"] * 80)


@pytest.fixture
def shown(monkeypatch):
    """Sets what the encoder tells of its pre-training."""

    def told(names: frozenset[str] | None, *caveats: str) -> None:
        answer = ShownExpressions(names, caveats)
        monkeypatch.setattr(module, "shown_expressions", lambda _: answer)

    return told


def test_an_expression_that_was_left_out_stands_apart(faces, context, shown) -> None:
    shown(BASIC - {"fear"})
    result = UnseenExpressions()(context(world(faces)))
    (target,) = result.targets
    assert target.class_names == ("neutral", "happiness", "anger", "fear")
    assert result.title == "faces, fear unseen"
    assert result.headline
    figures = {measure.name: measure.values for measure in result.measures}
    assert list(figures) == [
        "Recall of fear",
        "Precision of fear",
        "Recall of the other 3, mean",
        "Precision of the other 3, mean",
    ]
    fear = figures["Recall of fear"]
    assert fear["trained"].value == target.trained.per_class_recall[3] > 0.9
    assert fear["random"].value == target.scores["random"].per_class_recall[3] < 0.7
    low, high = fear["random"].interval
    assert low < fear["random"].value < high
    assert "Pre-training never showed images labelled fear." in result.notes


def test_the_figure_sets_the_unseen_apart(faces, context, shown) -> None:
    shown(BASIC - {"fear"})
    (drawing,) = UnseenExpressions()(context(world(faces))).drawings
    assert drawing.csv.splitlines()[0] == "class,never_shown,encoder,recall,low,high"
    assert drawing.csv.splitlines()[1].startswith("fear,1,trained,1.0")
    assert len(drawing.csv.splitlines()) == 9
    assert "fear (never shown)" in drawing.alt


def test_of_compound_expressions_all_are_unseen(faces, context, shown) -> None:
    shown(BASIC)
    compound = faces([8, 12, 15] * 40, ["train"] * 80 + ["test"] * 40, name="compound")
    result = UnseenExpressions(data=lambda: compound)(context(world(faces)))
    assert result.title == "compound, all unseen"
    names = [measure.name for measure in result.measures]
    assert names == ["Recall of these 3, mean", "Precision of these 3, mean"]
    assert result.measures[0].values["trained"].value == result.targets[0].trained.uar
    assert "happily surprised (never shown)" in result.drawings[0].alt


def test_an_expression_that_was_shown_is_said_to_be(faces, context, shown) -> None:
    shown(BASIC, "Weights from elsewhere.")
    result = UnseenExpressions(expressions=["afraid"])(context(world(faces)))
    assert result.title == "faces, fear apart"
    assert "Pre-training DID show fear" in result.notes[0]
    assert result.notes[1] == "Weights from elsewhere."
    assert "never shown" not in result.drawings[0].alt


def test_what_nobody_knows_is_not_called_unseen(faces, context, shown) -> None:
    shown(None)
    with pytest.raises(InputError, match=r"not known what the encoder was shown.*expressions:"):
        UnseenExpressions()(context(world(faces)))
    result = UnseenExpressions(expressions=["fear"])(context(world(faces)))
    assert result.notes[0] == "It is not known whether pre-training showed fear."
    assert result.title == "faces, fear apart"


def test_a_recipe_that_shows_everything_is_told_before_training(faces) -> None:
    here = EvaluationContext(lambda: world(faces), 4)
    UnseenExpressions().check(here)
    UnseenExpressions().check(replace(here, shown=BASIC - {"fear"}))
    with pytest.raises(InputError, match=r"shows all its expressions.*exclude_expressions"):
        UnseenExpressions().check(replace(here, shown=BASIC))
    with pytest.raises(InputError, match="is to report disgust, but the classes are neutral"):
        UnseenExpressions(expressions=["disgust"]).check(here)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"expressions": ["feer"]}, "'feer'.*did you mean 'fear'"),
        ({"validation_fraction": 0.0}, "between 0 and 1"),
        ({"regularisation": ()}, "at least one"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message) -> None:
    with pytest.raises(InputError, match=message):
        UnseenExpressions(**options)
