from dataclasses import dataclass

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score

from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.protocols import retrieval as module
from crs_plugin.evaluation.protocols.retrieval import Retrieval
from crs_plugin.registry import registry

BASIC = list(range(8))


@dataclass
class PersonEye:
    """Sees who it is (four neighbouring images show one person), and not what they express."""

    def embed(self, images):
        pixels = images.flatten(1).long()
        return torch.nn.functional.one_hot((pixels[:, 0] * 256 + pixels[:, 1]) // 4, 100).float()


def figures(result, encoder="trained"):
    return {measure.name: measure.values[encoder].value for measure in result.measures}


def test_it_is_found_by_name() -> None:
    assert registry.get("evaluation", "retrieval").target is Retrieval


def test_a_seeing_encoder_finds_everything_and_a_blind_one_what_chance_finds(
    faces, context
) -> None:
    result = Retrieval()(context(faces(BASIC * 20)))
    assert min(figures(result).values()) > 0.95
    blind = figures(result, "random")
    assert blind["mAP"] == pytest.approx(0.12, abs=0.06)
    assert blind["recall@1"] < blind["recall@5"] < blind["recall@10"] < 0.9
    assert "An order by chance gives about recall@1 11.9%, recall@5 47.1%" in result.notes[1]
    assert not result.headline


@pytest.mark.parametrize("chunk", [7, 256])
def test_figures_are_those_of_scikit_learn(faces, context, monkeypatch, chunk) -> None:
    monkeypatch.setattr(module, "_CHUNK", chunk)
    fine = np.array([0] * 25 + [1] * 10 + [2] * 5)
    here = context(faces(fine))
    result = Retrieval(at=[1, 3])(here)
    features = here.features("random", here.open(None))
    features = features / np.linalg.norm(features, axis=1, keepdims=True)
    likeness = features @ features.T
    assert (likeness < 0).any()
    precision, hits = [], []
    for query, row in enumerate(likeness):
        others = np.arange(40) != query
        right = fine[others] == fine[query]
        precision.append(average_precision_score(right, row[others]))
        hits.append([right[np.argsort(-row[others])[:k]].any() for k in (1, 3)])
    found = figures(result, "random")
    assert found["mAP"] == pytest.approx(np.mean(precision), abs=1e-5)
    by_class = [np.mean(np.array(precision)[fine == c]) for c in (0, 1, 2)]
    assert found["mAP, expressions alike"] == pytest.approx(np.mean(by_class), abs=1e-5)
    assert [found["recall@1"], found["recall@3"]] == pytest.approx(np.mean(hits, axis=0))


def test_a_face_is_not_found_by_its_identity(faces, context) -> None:
    person = np.arange(64) // 4
    fine = person % 8  # a person shows one expression only
    unknown = Retrieval()(context(faces(fine), trained=PersonEye()))
    assert figures(unknown)["recall@1"] == 1
    assert "may be found by identity" in unknown.notes[0]
    known = Retrieval()(context(faces(fine, subject=person), trained=PersonEye()))
    assert figures(known)["recall@1"] < 0.3
    assert "over 16 persons" in known.notes[0]


def test_only_test_images_are_searched(faces, context) -> None:
    split = ["train"] * 80 + ["test"] * 80
    here = context(faces(BASIC * 20, split))
    result = Retrieval()(here)
    assert result.notes[0].startswith("80 queries among 80 images.")
    assert min(here.encoders["trained"].seen) == 80


def test_many_images_are_drawn_from(faces, context) -> None:
    result = Retrieval(images=64)(context(faces(BASIC * 20)))
    assert "64 of its 160 images were drawn." in result.notes
    assert "faces has no test split: all its images were searched." in result.notes


def test_an_image_without_another_of_its_expression_is_no_query(faces, context) -> None:
    result = Retrieval()(context(faces([*BASIC * 5, 9])))
    assert result.notes[0].startswith("40 queries among 41 images.")
    assert any(
        "1 image could not be a query" in n and "happily disgusted" in n for n in result.notes
    )


def test_a_picture_shows_a_query_of_each_expression(faces, context) -> None:
    (drawing,) = Retrieval(title="faces")(context(faces(BASIC * 20))).drawings
    assert drawing.name == "neighbours_faces"
    assert drawing.png[:4] == b"\x89PNG"
    assert "neutral: 5 of 5" in drawing.alt
    assert "contempt: 5 of 5" in drawing.alt


@pytest.mark.parametrize(
    ("fine", "subject", "message"),
    [
        ([3] * 20, None, "at least two expressions; found: sadness"),
        ([-1] * 20, None, "found: no label"),
        ([0] * 10 + [1] * 10, [0] * 10 + [1] * 10, "no two images of different persons"),
    ],
)
def test_what_cannot_be_is_told_before_training(faces, fine, subject, message) -> None:
    here = EvaluationContext(lambda: faces(fine, subject=subject), 4)
    with pytest.raises(InputError, match=message):
        Retrieval().check(here)
