"""From features to places in the plane, by one of the usual methods."""

from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from crs_plugin.evaluation.probing.one_thread import one_thread
from crs_plugin.registry import MissingExtraError

Method = Literal["tsne", "umap", "pca"]

METHODS: dict[Method, str] = {"tsne": "t-SNE", "umap": "UMAP", "pca": "PCA"}
"""Methods, as people write them."""

_COMPONENTS = 30
"""Principal components that t-SNE and UMAP see."""


def check_method(method: Method) -> None:
    """Check that what a method needs is installed.

    Raises:
        MissingExtraError: If it is not.
    """
    if method == "umap" and find_spec("umap") is None:
        raise MissingExtraError("a map by UMAP", "umap")


@one_thread()
def in_plane(features: NDArray[np.float32], method: Method, seed: int) -> NDArray[np.float64]:
    """Return places ``[N, 2]`` of features in the plane.

    Features are standardised. ``pca`` gives the first two principal components; ``tsne`` and
    ``umap`` keep neighbours together that are neighbours in the first 30.

    Args:
        features: ``[N, F]``, of ten images at least.
        method: How.
        seed: Of whatever is drawn; no global random state is used.
    """
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    scaled = StandardScaler().fit_transform(features)
    wanted = 2 if method == "pca" else _COMPONENTS
    components = PCA(min(wanted, *scaled.shape), random_state=seed).fit_transform(scaled)
    if method != "pca":
        components = _neighbourhoods(method, len(features), seed).fit_transform(components)
    return np.asarray(components, dtype=np.float64)


def _neighbourhoods(method: Method, images: int, seed: int) -> Any:
    if method == "umap":
        from umap import UMAP

        return UMAP(n_neighbors=min(15, images - 1), random_state=seed, n_jobs=1)
    from sklearn.manifold import TSNE

    return TSNE(perplexity=min(30, (images - 1) / 3), random_state=seed)
