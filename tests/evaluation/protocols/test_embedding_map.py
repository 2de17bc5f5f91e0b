import pytest

from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.features import plane
from crs_plugin.evaluation.protocols.embedding_map import EmbeddingMap
from crs_plugin.registry import MissingExtraError, registry

BASIC = list(range(4))


def world(faces):
    return faces(BASIC * 20, ["train"] * 40 + ["test"] * 40)


def test_it_is_found_by_name() -> None:
    assert registry.get("evaluation", "embedding_map").target is EmbeddingMap


@pytest.mark.parametrize(("method", "words"), [("tsne", "t-SNE"), ("pca", "PCA")])
def test_every_encoder_has_a_map(faces, context, method, words) -> None:
    result = EmbeddingMap(method=method)(context(world(faces)))
    assert result.title == f"faces: map of the features by {words}"
    assert result.protocol == f"{words} of 40 test images of faces"
    assert [drawing.title for drawing in result.drawings] == [
        "Trained encoder, by expression",
        "Trained encoder, by coarse class",
        "Random encoder, by expression",
    ]
    assert not result.headline
    assert result.targets == result.measures == ()


def test_images_are_drawn(faces, context) -> None:
    result = EmbeddingMap(images=12, method="pca", title="a map")(context(world(faces)))
    assert result.protocol == "PCA of 12 test images of faces"
    assert result.drawings[0].name == "a_map_trained"
    assert len(result.drawings[0].csv.splitlines()) == 13


def test_other_data_are_shown(faces, context) -> None:
    other = faces([0, 1] * 10, name="other")
    result = EmbeddingMap(data=lambda: other, method="pca")(context(world(faces)))
    assert result.protocol == "PCA of 20 images of other"


def test_too_few_images_are_told_before_training(faces) -> None:
    EmbeddingMap().check(EvaluationContext(lambda: world(faces), 4))
    few = EvaluationContext(lambda: faces([0, 1] * 4 + [-1] * 9), 4)
    with pytest.raises(InputError, match=r"faces: a map needs 10 labelled images .* found: 8"):
        EmbeddingMap().check(few)


def test_umap_that_is_not_installed_is_told_at_once(monkeypatch) -> None:
    monkeypatch.setattr(plane, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"crs_plugin\[umap\]"):
        EmbeddingMap(method="umap")
