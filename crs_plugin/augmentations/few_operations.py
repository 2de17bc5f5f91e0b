"""Where the number of operations counts, rather than what they compute."""

import torch


def in_few_operations(device: torch.device) -> bool:
    """Return whether images on a device are augmented in as few operations as possible.

    A GPU works through a batch of faces faster than a CPU can tell it what to do: it may compute
    more than is needed, so long as it is told less, and must not be waited for. On a CPU each image
    that is left alone is time saved.
    """
    return device.type != "cpu"
