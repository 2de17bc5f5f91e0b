import sys
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.decomposition import PCA

from crs_plugin.evaluation.features import plane
from crs_plugin.evaluation.features.plane import METHODS, check_method, in_plane
from crs_plugin.registry import MissingExtraError

GROUP = np.repeat([0, 1, 2], 20)


def features(number: int = 60) -> np.ndarray:
    generator = np.random.default_rng(0)
    middle = 3 * generator.normal(size=(3, 40))
    return (middle[GROUP] + generator.normal(size=(60, 40)))[:number].astype(np.float32)


def needs(method: str) -> None:
    if method == "umap":
        pytest.importorskip("umap")


@pytest.mark.parametrize("method", METHODS)
def test_what_is_alike_lies_together(method) -> None:
    needs(method)
    places = in_plane(features(), method, seed=0)
    assert (places.shape, places.dtype) == ((60, 2), np.float64)
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (GROUP[apart.argmin(1)] == GROUP).mean() > 0.9
    np.testing.assert_array_equal(in_plane(features(), method, seed=0), places)


@pytest.mark.parametrize("method", METHODS)
def test_ten_images_are_enough(method) -> None:
    needs(method)
    assert np.isfinite(in_plane(features(10), method, seed=1)).all()


def test_pca_is_that_of_standardised_features() -> None:
    found = features()
    scaled = (found - found.mean(0)) / found.std(0)
    np.testing.assert_allclose(
        np.abs(in_plane(found, "pca", 0)), np.abs(PCA(2).fit_transform(scaled)), atol=1e-3
    )


def test_umap_sees_principal_components_and_draws_nothing_of_its_own(monkeypatch) -> None:
    made = []

    class Recorder:
        def __init__(self, **options) -> None:
            made.append(options)

        def fit_transform(self, components):
            made.append(components.shape)
            return components[:, :2]

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Recorder))
    assert in_plane(features(), "umap", seed=7).shape == (60, 2)
    assert made == [{"n_neighbors": 15, "random_state": 7, "n_jobs": 1}, (60, 30)]


def test_what_is_not_installed_is_told(monkeypatch) -> None:
    monkeypatch.setattr(plane, "find_spec", lambda name: None)
    check_method("tsne")
    check_method("pca")
    with pytest.raises(MissingExtraError, match=r"UMAP .* pip install 'crs_plugin\[umap\]'"):
        check_method("umap")
