"""Sampling without regard to labels."""

from torch import Tensor
from torch.utils.data import RandomSampler

from crs_plugin.registry import register


@register("sampler", "uniform")
def uniform(labels: Tensor, /) -> RandomSampler:
    """Every image once per epoch, in random order.

    Args:
        labels: [N] coarse ids of the images; only their number counts.

    Returns:
        torch's ``RandomSampler``, which draws from the global torch generator.
    """
    return RandomSampler(labels)
