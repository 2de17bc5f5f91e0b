"""Test images that were changed, the same for every encoder."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.evaluation.context import EvaluationContext

Change = Callable[[Tensor], Tensor]
"""Float images ``[B, C, S, S]`` in [0, 1] → such images; may draw from torch's global RNG."""

_CHUNK = 500
"""Images that are changed at once."""


def changed(images: Tensor, change: Change, seed: int) -> Tensor:
    """Return uint8 images ``[N, C, S, S]`` as a change leaves them.

    Args:
        images: uint8 ``[N, C, S, S]``.
        change: What happens to them.
        seed: Of what it draws; the global random state is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        done = [
            (255 * change(chunk / 255)).clamp(0, 255).round().to(torch.uint8)
            for chunk in torch.split(images, _CHUNK)
        ]
    return torch.cat(done)


def features_of_changed(
    context: EvaluationContext, dataset: FaceDataset, change: Change, seed: int
) -> dict[str, NDArray[np.float32]]:
    """Return, by encoder, the features ``[N, F]`` of changed images.

    Args:
        context: Gives images and encoders; all see the same pictures.
        dataset: The N images, a part of a set that the context opened.
        change: What happens to them.
        seed: Of what it draws.

    Raises:
        DataError: If images cannot be read.
    """
    found: dict[str, list[NDArray[np.float32]]] = {which: [] for which in context.encoders}
    for start in range(0, len(dataset), _CHUNK):
        part = dataset.take(np.arange(start, min(start + _CHUNK, len(dataset))))
        pictures = changed(context.pixels(part), change, seed + start)
        for which, encoder in context.encoders.items():
            found[which].append(encoder.embed(pictures).numpy())
    return {which: np.concatenate(chunks) for which, chunks in found.items()}
