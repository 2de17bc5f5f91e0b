"""Sampling without regard to labels."""

from torch import Tensor
from torch.utils.data import RandomSampler

from crs_plugin.registry import register


@register("sampler", "uniform")
def uniform(image_ids: Tensor, /) -> RandomSampler:
    """Every image once per epoch, in random order.

    Args:
        image_ids: [N] the numbers 0 to N - 1.

    Returns:
        torch's ``RandomSampler``, which draws from the global torch generator.
    """
    return RandomSampler(image_ids)
