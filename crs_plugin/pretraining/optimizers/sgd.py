"""Stochastic gradient descent, the method's optimizer."""

from typing import Any

from torch.optim import SGD

from crs_plugin.pretraining.weight_decay import optimizer_groups
from crs_plugin.registry import Fraction, NonNegativeFloat, PositiveFloat, register


@register("optimizer", "sgd")
def sgd(
    groups: list[dict[str, Any]],
    /,
    *,
    lr: PositiveFloat,
    momentum: Fraction = 0.9,
    weight_decay: NonNegativeFloat = 1e-4,
    nesterov: bool = False,
    decay_norm_and_bias: bool = True,
) -> SGD:
    """SGD with momentum (``torch.optim.SGD``); the released recipe uses lr 0.5.

    Args:
        groups: Parameter groups, handed in by the host.
        lr: Learning rate; with a schedule, its highest value.
        momentum: Share of the last update that is kept.
        weight_decay: L2 penalty on the parameters.
        nesterov: Nesterov's momentum.
        decay_norm_and_bias: Whether normalisation layers and biases are decayed as well, as in the
            released recipe.
    """
    return SGD(
        optimizer_groups(groups, decay_norm_and_bias=decay_norm_and_bias),
        lr=lr,
        momentum=momentum,
        weight_decay=weight_decay,
        nesterov=nesterov,
        fused=True,  # one pass over each parameter and its state
    )
