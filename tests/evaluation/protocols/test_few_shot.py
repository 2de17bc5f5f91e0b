import numpy as np
import pytest

from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.protocols.few_shot import FewShot, _OfEachClass
from crs_plugin.registry import registry

BASIC = list(range(8))
SPLIT = ["train"] * 240 + ["test"] * 80


def values(result, name, encoder):
    return [m.values[encoder].value for m in result.measures if m.name == name]


def test_it_is_found_by_name_with_the_usual_numbers() -> None:
    assert registry.get("evaluation", "few_shot").target is FewShot
    assert FewShot().shots == (1, 5, 10, 50)
    assert FewShot().draws >= 20


def test_a_draw_has_as_many_of_each_class() -> None:
    labels = np.array([0] * 9 + [1] * 4 + [2] * 2)
    drawn = _OfEachClass(3)(labels, np.random.default_rng(0))
    assert len(set(drawn.tolist())) == len(drawn)
    assert np.bincount(labels[drawn]).tolist() == [3, 3, 2]


def test_more_images_do_better_and_a_blind_encoder_never(faces, context) -> None:
    result = FewShot(draws=5)(context(faces(BASIC * 40, SPLIT)))
    trained = values(result, "UAR", "trained")
    assert len(trained) == 3
    assert trained[0] < trained[-1]
    assert trained[-1] > 0.9
    assert max(values(result, "UAR", "random")) < 0.25
    assert not result.headline
    assert [m.at for m in result.measures[::3]] == [{"images a class": n} for n in (1, 5, 10)]
    assert all(m.values["trained"].interval for m in result.measures)


def test_numbers_that_a_class_has_too_few_images_for_are_left_out(faces, context) -> None:
    result = FewShot(draws=2)(context(faces(BASIC * 40, SPLIT)))
    assert "50 images a class left out: neutral has 30 to train on." in result.notes


def test_a_curve_shows_all_encoders(faces, context) -> None:
    (drawing,) = FewShot(draws=2, title="a / b", shots=(1, 2))(
        context(faces(BASIC * 40, SPLIT))
    ).drawings
    assert drawing.name == "few_shot_a_b"
    assert "chance (12.5%)" in drawing.alt
    assert len(drawing.csv.splitlines()) == 5


def test_data_that_are_too_small_are_told_before_training(faces) -> None:
    here = EvaluationContext(lambda: faces(BASIC * 40, SPLIT), 4)
    FewShot().check(here)
    with pytest.raises(InputError, match="at least 31 training images of each class, and neutral"):
        FewShot(shots=(31, 50)).check(here)
    unlabelled = EvaluationContext(lambda: faces([-1] * 320, SPLIT), 4)
    with pytest.raises(InputError, match="labelled images in split"):
        FewShot().check(unlabelled)


def test_across_data_sets(faces, context) -> None:
    other = faces([1, 2, 9] * 10, name="other")
    result = FewShot(test_data=lambda: other, draws=2, shots=(1,))(
        context(faces(BASIC * 40, SPLIT))
    )
    assert result.title == "faces → other, few-shot"
    assert "tested on 20 of other; 2 classes." in result.notes[0]
