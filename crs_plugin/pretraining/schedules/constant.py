"""The learning rate stays as it is."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from crs_plugin.registry import register


@register("schedule", "constant")
def constant(optimizer: Optimizer, total_steps: int, steps_per_epoch: int, /) -> LambdaLR:
    """Constant learning rate.

    Args:
        optimizer: Handed in by the host.
        total_steps: Handed in by the host.
        steps_per_epoch: Handed in by the host.
    """
    return LambdaLR(optimizer, lambda step: 1.0)
