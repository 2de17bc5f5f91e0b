"""Sampling that shows all classes equally often."""

from typing import Literal

import torch
from torch import Tensor
from torch.utils.data import WeightedRandomSampler

from crs_plugin.expressions import UNLABELLED
from crs_plugin.miners.samplers.near_shards import NearShardsSampler
from crs_plugin.registry import register


@register("sampler", "balanced")
def balanced(
    labels: Tensor,
    fine_labels: Tensor,
    shards: Tensor | None = None,
    /,
    *,
    classes: Literal["coarse", "fine"] = "coarse",
) -> WeightedRandomSampler | NearShardsSampler:
    """Every image with a label, each class with the same probability.

    Images are drawn with replacement, as many in an epoch as there are: of a large class some are
    not shown in it, those of a small one several times. Images without a label of that kind are
    left out.

    Args:
        labels: [N] coarse ids of the images, -1 for none.
        fine_labels: [N] fine ids, -1 for none.
        shards: [N] the shard that each image is streamed from, if that is so: then images of a
            shard come near one another.
        classes: Which of them are balanced.

    Returns:
        torch's ``WeightedRandomSampler``, which draws from the global torch generator.

    Raises:
        ValueError: If no image has a label, or the classes are neither.
    """
    if classes not in ("coarse", "fine"):
        raise ValueError(f"classes must be 'coarse' or 'fine', not {classes!r}")
    ids = labels if classes == "coarse" else fine_labels
    labelled = ids != UNLABELLED
    if not labelled.any():
        raise ValueError(f"none of the {len(ids):,} images has a {classes} label to balance")
    _, places, counts = torch.unique(ids, return_inverse=True, return_counts=True)
    weights = torch.where(labelled, 1 / counts[places].double(), 0)
    sampler = WeightedRandomSampler(weights.tolist(), len(ids))
    return sampler if shards is None else NearShardsSampler(sampler, shards)
