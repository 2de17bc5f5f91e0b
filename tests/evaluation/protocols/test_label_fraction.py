import numpy as np
import pytest

from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.protocols.label_fraction import LabelFraction, _Share
from crs_plugin.registry import registry

BASIC = list(range(8))
SPLIT = ["train"] * 240 + ["test"] * 80


def test_it_is_found_by_name_with_the_usual_shares() -> None:
    assert registry.get("evaluation", "label_fraction").target is LabelFraction
    assert LabelFraction().fractions == (0.01, 0.1, 1.0)


def test_a_draw_keeps_the_classes_in_proportion() -> None:
    labels = np.array([0] * 200 + [1] * 50 + [2] * 3)
    drawn = _Share(0.1)(labels, np.random.default_rng(0))
    assert len(set(drawn.tolist())) == len(drawn)
    assert np.bincount(labels[drawn]).tolist() == [20, 5, 1]
    assert sorted(_Share(1.0)(labels, np.random.default_rng(0))) == list(range(253))


def test_more_labels_do_better_and_all_are_drawn_once(faces, context) -> None:
    result = LabelFraction()(context(faces(BASIC * 40, SPLIT)))
    uar = [m for m in result.measures if m.name == "UAR"]
    assert [m.at for m in uar] == [{"labels in per cent": share} for share in (1, 10, 100)]
    trained = [m.values["trained"].value for m in uar]
    assert trained[0] < trained[-1]
    assert trained[-1] > 0.97
    assert max(m.values["random"].value for m in uar) < 0.3
    assert result.notes[0].startswith("1 % are 8 images, 10 % are 24 images, 100 % are 240 images")
    assert "5 of 5 at 10 %, 1 of 1 at 100 %" in result.notes[-1]
    assert any(
        note.startswith("At 1 %, one image is more than the share of neutral")
        for note in result.notes
    )
    assert not result.headline


def test_a_curve_shows_all_encoders(faces, context) -> None:
    result = LabelFraction(fractions=(0.125, 0.5), draws=2)(context(faces(BASIC * 40, SPLIT)))
    (drawing,) = result.drawings
    assert drawing.csv.splitlines()[1].startswith("12.5,trained,")
    assert len(drawing.csv.splitlines()) == 5


def test_data_that_cannot_be_divided_are_told_before_training(faces) -> None:
    with pytest.raises(InputError, match="labelled images in split"):
        LabelFraction().check(EvaluationContext(lambda: faces([-1] * 320, SPLIT), 4))
