"""One picture as every change leaves it, for a person to see what the severities mean."""

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from crs_plugin.evaluation.figures.drawing import Drawing, as_svg
from crs_plugin.evaluation.figures.look import new_figure, plain_style

_GAP = 2


def changed_pictures(name: str, title: str, rows: Mapping[str, Sequence[Tensor]]) -> Drawing:
    """Draw a row of pictures for every change: the clean one, then each severity.

    Args:
        name: File name without suffix.
        title: Heading.
        rows: Change → pictures uint8 ``[1|3, S, S]``.
    """
    columns = len(next(iter(rows.values())))
    sheet = np.concatenate([_row(pictures) for pictures in rows.values()])
    side = sheet.shape[1] // columns
    middles = [side * i + side / 2 - 0.5 for i in range(max(columns, len(rows)))]
    with plain_style():
        figure, axes = new_figure(4.4, 0.5 + 0.6 * len(rows))
        axes.imshow(sheet, interpolation="nearest")
        axes.set_xticks(middles[:columns], ["clean", *(str(i) for i in range(1, columns))])
        axes.set_yticks(middles[: len(rows)], [row.replace(" ", "\n") for row in rows])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("severity")
        svg = as_svg(figure, name)
    return Drawing(
        name=name,
        title=title,
        alt=f"A test picture, clean and in {columns - 1} severities of {', '.join(rows)}.",
        svg=svg,
    )


def _row(pictures: Sequence[Tensor]) -> np.ndarray:
    """Return the pictures side by side, RGBA with a transparent gap."""
    done = []
    for picture in pictures:
        pixels = picture.expand(3, -1, -1).permute(1, 2, 0).numpy()
        opaque = np.full((*pixels.shape[:2], 1), 255, dtype=np.uint8)
        framed = np.concatenate([pixels, opaque], axis=2)
        done.append(np.pad(framed, ((0, _GAP), (0, _GAP), (0, 0))))
    return np.concatenate(done, axis=1)
