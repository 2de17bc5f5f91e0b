"""Sampling without regard to labels."""

from torch import Tensor
from torch.utils.data import RandomSampler

from crs_plugin.miners.samplers.near_shards import NearShardsSampler
from crs_plugin.registry import register


@register("sampler", "uniform")
def uniform(
    image_ids: Tensor, shards: Tensor | None = None, /
) -> RandomSampler | NearShardsSampler:
    """Every image once per epoch, in random order.

    Args:
        image_ids: [N] the numbers 0 to N - 1.
        shards: [N] the shard that each image is streamed from, if that is so: then images of a
            shard come near one another.

    Returns:
        torch's ``RandomSampler``, which draws from the global torch generator.
    """
    sampler = RandomSampler(image_ids)
    return sampler if shards is None else NearShardsSampler(sampler, shards)
