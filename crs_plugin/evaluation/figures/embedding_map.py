"""A map of the features: images that the encoder finds alike lie close together."""

import numpy as np
from numpy.typing import NDArray

from crs_plugin.evaluation.embedding_sample import EmbeddingSample
from crs_plugin.evaluation.figures.drawing import (
    MARKERS,
    PALETTE,
    Drawing,
    as_csv,
    as_svg,
    new_figure,
    plain_style,
)
from crs_plugin.evaluation.one_thread import one_thread

_FEWEST = 10
"""Images that are needed for a map to mean anything."""


def embedding_maps(sample: EmbeddingSample, seed: int = 0) -> tuple[Drawing, ...]:
    """Draw t-SNE maps: the trained encoder by expression and by coarse class, and a random one.

    Args:
        sample: Features of some test images.
        seed: Of the map; no global random state is used.
    """
    if len(sample.fine) < _FEWEST:
        return ()
    trained = _flattened(sample.trained, seed)
    where = f"{len(sample.fine):,} {sample.data}"
    maps = [
        _map("embedding_fine", "Trained encoder, by expression", trained, sample.fine, where),
        _map("embedding_coarse", "Trained encoder, by coarse class", trained, sample.coarse, where),
    ]
    if sample.random is not None:
        random = _flattened(sample.random, seed)
        title = "Random encoder, by expression"
        maps.insert(1, _map("embedding_random", title, random, sample.fine, where))
    return tuple(maps)


@one_thread()
def _flattened(features: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    """Return places ``[N, 2]`` in the plane: standardised, 30 principal components, t-SNE."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from sklearn.preprocessing import StandardScaler

    scaled = StandardScaler().fit_transform(features)
    components = PCA(min(30, *scaled.shape), random_state=seed).fit_transform(scaled)
    perplexity = min(30, (len(features) - 1) / 3)
    flat = TSNE(perplexity=perplexity, random_state=seed).fit_transform(components)
    return np.asarray(flat, dtype=np.float64)


def _map(
    name: str, title: str, places: NDArray[np.float64], labels: tuple[str, ...], where: str
) -> Drawing:
    classes = tuple(dict.fromkeys(labels))
    with plain_style():
        figure, axes = new_figure(4.0, 3.9)
        for number, label in enumerate(sorted(classes)):
            members = np.array([other == label for other in labels])
            axes.plot(
                *places[members].T,
                MARKERS[number % len(MARKERS)],
                color=PALETTE[(number + number // len(PALETTE)) % len(PALETTE)],
                markersize=3.6,
                markeredgewidth=0,
                alpha=0.85,
                label=label,
                rasterized=True,
            )
        axes.set_axis_off()
        figure.legend(
            loc="outside lower center",
            ncols=3 if len(classes) > 4 else 4,
            fontsize=7.5,
            handletextpad=0.1,
            markerscale=1.7,
            columnspacing=0.9,
        )
        svg = as_svg(figure, name)
    return Drawing(
        name=name,
        title=title,
        alt=f"t-SNE map of {where}, {title.lower()}; classes: {', '.join(sorted(classes))}.",
        svg=svg,
        csv=as_csv(
            ("x", "y", "label"),
            [(f"{x:.4f}", f"{y:.4f}", label) for (x, y), label in zip(places, labels, strict=True)],
        ),
    )
