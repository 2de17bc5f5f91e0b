from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.protocols import identity_probe as module
from crs_plugin.evaluation.protocols.identity_probe import IdentityProbe
from crs_plugin.registry import registry

PERSON = np.repeat(np.arange(10), 16)
FINE = np.tile(np.repeat(np.arange(8), 2), 10)


@dataclass
class PersonEye:
    """Sees who it is (16 neighbouring images show one person)."""

    def embed(self, images):
        pixels = images.flatten(1).long()
        number = pixels[:, 0] * 256 + pixels[:, 1]
        noise = torch.randn((len(images), 24), generator=torch.Generator().manual_seed(0))
        noise[:, :10] += 8 * torch.nn.functional.one_hot(number // 16, 10)
        return noise


def test_it_is_found_by_name() -> None:
    assert registry.get("evaluation", "identity_probe").target is IdentityProbe


def test_an_encoder_that_sees_persons_is_found_out(faces, context) -> None:
    result = IdentityProbe()(context(faces(FINE, subject=PERSON), trained=PersonEye()))
    (measure,) = result.measures
    assert measure.better == "lower"
    assert measure.values["trained"].value > 0.95
    assert measure.values["random"].value < 0.25
    assert "160 images of 10 persons" in result.notes[0]
    assert "chance is 10.0%" in result.notes[0]
    assert not result.headline


def test_an_expression_of_a_person_is_in_one_part(faces, context, monkeypatch) -> None:
    parts, fitted = [], module.choose_and_fit

    def spy(train, valid, *rest):
        classifier = fitted(train, valid, *rest)

        def predict(features):
            parts.append((train.features, valid.features, features))
            return classifier.predict(features)

        return replace(classifier, predict=predict)

    monkeypatch.setattr(module, "choose_and_fit", spy)
    here = context(faces(FINE, subject=PERSON))
    IdentityProbe()(here)
    shown = {
        row.tobytes(): (int(person), int(fine))
        for which in ("trained", "random")
        for row, person, fine in zip(
            here.features(which, here.open(None)), PERSON, FINE, strict=True
        )
    }
    assert len(parts) == 6
    for three in parts:
        pairs = [{shown[row.tobytes()] for row in part} for part in three]
        assert sum(map(len, pairs)) == len(set.union(*pairs)) == 80
        assert all({person for person, _ in part} == set(range(10)) for part in pairs)
    tested = np.concatenate([three[2] for three in parts[:3]])
    assert len({row.tobytes() for row in tested}) == len(tested) == 160


def test_persons_beyond_the_most_are_drawn_from(faces, context) -> None:
    result = IdentityProbe(persons=4)(context(faces(FINE, subject=PERSON)))
    assert "64 images of 4 persons" in result.notes[0]
    assert "4 of 10 persons were drawn." in result.notes


def test_persons_that_cannot_be_tested_are_left_out(faces, context) -> None:
    fine, person = FINE.copy(), PERSON.copy()
    fine[:16] = np.arange(16) % 2
    person[16:20] = -1
    result = IdentityProbe()(context(faces(fine, subject=person)))
    assert "140 images of 9 persons" in result.notes[0]
    assert "Persons left out for fewer than 3 expressions: 1." in result.notes
    assert "Images left out for an unknown person: 4." in result.notes


@pytest.mark.parametrize(
    ("fine", "subject", "message"),
    [
        (FINE, None, "none of 160 is"),
        (np.full_like(FINE, -1), PERSON, "none of 160 is"),
        (FINE % 2, PERSON, "and 0 of 10 have them"),
        (FINE, np.zeros_like(PERSON), "and 1 of 1 have them"),
    ],
)
def test_what_cannot_be_is_told_before_training(faces, fine, subject, message) -> None:
    here = EvaluationContext(lambda: faces(fine, subject=subject), 4)
    with pytest.raises(InputError, match=message):
        IdentityProbe().check(here)
