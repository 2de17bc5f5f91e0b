"""A map of the features: images that the encoder finds alike lie close together."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from crs_plugin.evaluation.features.embedding_sample import EmbeddingSample
from crs_plugin.evaluation.features.plane import METHODS, Method, in_plane
from crs_plugin.evaluation.figures.drawing import Drawing, as_csv, as_svg
from crs_plugin.evaluation.figures.look import MARKERS, PALETTE, new_figure, plain_style
from crs_plugin.evaluation.result import TRAINED


def embedding_maps(
    sample: EmbeddingSample, method: Method = "tsne", seed: int = 0, name: str = "embedding"
) -> tuple[Drawing, ...]:
    """Draw maps of the features: each encoder by expression, the trained one by coarse class too.

    Args:
        sample: Features of ten test images or more.
        method: How places in the plane are found.
        seed: Of the map; no global random state is used.
        name: What the names of the files begin with.
    """
    where = f"{METHODS[method]} map of {len(sample.fine):,} {sample.data}"
    fine = {label: number for number, label in enumerate(sorted(set(sample.fine)))}
    coarse = _of_members(sample, fine)
    maps = []
    for which, features in sample.features.items():
        places = in_plane(features, method, seed)
        title = f"{which.capitalize()} encoder, by expression"
        maps.append(_map(f"{name}_{which}", title, places, sample.fine, fine, where))
        if which == TRAINED:
            title = f"{which.capitalize()} encoder, by coarse class"
            maps.append(_map(f"{name}_coarse", title, places, sample.coarse, coarse, where))
    return tuple(maps)


def _of_members(sample: EmbeddingSample, fine: Mapping[str, int]) -> dict[str, int]:
    """Coarse class → the look of the first of its expressions, so that both maps say the same."""
    members = sorted(set(zip(sample.coarse, sample.fine, strict=True)), reverse=True)
    return {coarse: fine[expression] for coarse, expression in members}


def _map(
    name: str,
    title: str,
    places: NDArray[np.float64],
    labels: tuple[str, ...],
    looks: Mapping[str, int],
    where: str,
) -> Drawing:
    classes = sorted(set(labels))
    with plain_style():
        figure, axes = new_figure(4.0, 3.9)
        for label in classes:
            number = looks[label]
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
        axes.set_aspect("equal", adjustable="datalim")
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
        alt=f"{where}, {title.lower()}; classes: {', '.join(classes)}.",
        svg=svg,
        csv=as_csv(
            ("x", "y", "label"),
            [(f"{x:.4f}", f"{y:.4f}", label) for (x, y), label in zip(places, labels, strict=True)],
        ),
    )
