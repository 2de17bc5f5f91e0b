from dataclasses import replace

import numpy as np
import pytest

from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.protocols import by_subject as module
from crs_plugin.evaluation.protocols.by_subject import BySubject
from crs_plugin.evaluation.result import EvaluationResult, Target
from crs_plugin.registry import registry

PERSON = np.repeat(np.arange(12), 16)
FINE = np.tile(np.arange(8), 24)


def only(result: EvaluationResult) -> Target:
    (target,) = result.targets
    return target


def test_it_is_found_by_name() -> None:
    assert registry.get("evaluation", "by_subject").target is BySubject


def test_every_image_is_tested_once(faces, context) -> None:
    result = BySubject(folds=4)(context(faces(FINE, subject=PERSON)))
    assert only(result).trained.n == only(result).scores["random"].n == len(FINE)
    assert only(result).trained.accuracy > 0.97
    assert only(result).scores["random"].accuracy < 0.3
    assert result.protocol == "linear probe, 4 folds by subject"


def test_persons_are_never_mixed(faces, context, monkeypatch) -> None:
    parts, fitted = [], module.choose_and_fit

    def spy(train, valid, *rest):
        classifier = fitted(train, valid, *rest)

        def predict(features):
            parts.append((train.features, valid.features, features))
            return classifier.predict(features)

        return replace(classifier, predict=predict)

    monkeypatch.setattr(module, "choose_and_fit", spy)
    here = context(faces(FINE, subject=PERSON))
    BySubject(folds=3)(here)
    assert len(parts) == 6
    of_row = {
        row.tobytes(): person
        for which in ("trained", "random")
        for row, person in zip(here.features(which, here.open(None)), PERSON, strict=True)
    }
    for three in parts:
        persons = [{of_row[row.tobytes()] for row in part} for part in three]
        assert all(persons)
        assert sum(map(len, persons)) == len(set.union(*persons)) == 12


def test_few_persons_are_a_fold_each(faces, context) -> None:
    result = BySubject()(context(faces(FINE[:64], subject=PERSON[:64])))
    assert "4 folds" in result.protocol


def test_folds_that_chose_an_end_are_counted(faces, context) -> None:
    evaluation = BySubject(folds=3, regularisation=(1e-3, 1e-2))
    result = evaluation(context(faces(FINE, subject=PERSON)))
    assert "trained encoder lies in 3 of 3 folds at an end" in result.notes[0]
    assert "random encoder lies in 3 of 3 folds at an end" in result.notes[1]
    assert only(result).chosen["trained"].endswith(", chosen on validation")


def test_a_class_of_one_person_is_noted(faces, context) -> None:
    fine = FINE.copy()
    fine[:2] = 10
    result = BySubject(folds=3)(context(faces(fine, subject=PERSON)))
    assert any("Only one person shows sadly fearful" in note for note in result.notes)


@pytest.mark.parametrize(
    ("fine", "subject", "message"),
    [
        (FINE, None, "needs to know the person in every image, and 192 of 192"),
        (FINE[:32], PERSON[:32], "2 persons cannot"),
        (np.zeros_like(FINE), PERSON, "at least two classes"),
        (np.where(np.arange(192) == 5, 9, FINE), PERSON, "happily disgusted has a single image"),
        (np.full_like(FINE, -1), PERSON, "none of its 192 images has a label"),
    ],
)
def test_what_cannot_be_is_told_before_training(faces, fine, subject, message) -> None:
    dataset = faces(fine, subject=subject)
    with pytest.raises(InputError, match=message):
        BySubject().check(EvaluationContext(lambda: dataset, 4))


@pytest.mark.parametrize("options", [{"validation_fraction": 1.0}, {"regularisation": []}])
def test_options_that_cannot_be_are_refused(options) -> None:
    with pytest.raises(InputError, match="by_subject"):
        BySubject(**options)
