"""The released schedule: multiply the learning rate every so many epochs."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import StepLR

from crs_plugin.registry import Fraction, PositiveInt, register


@register("schedule", "step")
def step(
    optimizer: Optimizer,
    total_steps: int,
    steps_per_epoch: int,
    /,
    *,
    every_epochs: PositiveInt = 20,
    gamma: Fraction = 0.5,
) -> StepLR:
    """Learning rate × gamma every so many epochs; the released recipe halves it every 20.

    Args:
        optimizer: Handed in by the host.
        total_steps: Handed in by the host.
        steps_per_epoch: Handed in by the host.
        every_epochs: Epochs between two reductions.
        gamma: What the learning rate is multiplied with.
    """
    return StepLR(optimizer, step_size=every_epochs * steps_per_epoch, gamma=gamma)
