"""LARS, for large batches."""

from typing import Any

from torch.optim import Optimizer

from crs_plugin.pretraining.weight_decay import optimizer_groups
from crs_plugin.registry import Fraction, NonNegativeFloat, PositiveFloat, register


@register("optimizer", "lars")
def lars(
    groups: list[dict[str, Any]],
    /,
    *,
    lr: PositiveFloat,
    momentum: Fraction = 0.9,
    weight_decay: NonNegativeFloat = 1e-6,
    trust_coefficient: PositiveFloat = 0.001,
    decay_norm_and_bias: bool = False,
) -> Optimizer:
    """SGD with a learning rate for every layer, for large batches (Lightly's ``LARS``).

    You, Gitman, Ginsburg, "Large batch training of convolutional networks" (2017). Parameters that
    are not decayed keep the plain learning rate, as in SimCLR.

    Args:
        groups: Parameter groups, handed in by the host.
        lr: Learning rate; with a schedule, its highest value.
        momentum: Share of the last update that is kept.
        weight_decay: L2 penalty on the parameters.
        trust_coefficient: Step length of a layer, as a share of its weights' norm.
        decay_norm_and_bias: Whether normalisation layers and biases are decayed (and scaled) as
            well.
    """
    from lightly.utils.lars import LARS

    optimizer: Optimizer = LARS(
        optimizer_groups(groups, decay_norm_and_bias=decay_norm_and_bias),
        lr=lr,
        momentum=momentum,
        weight_decay=weight_decay,
        trust_coefficient=trust_coefficient,
    )
    return optimizer
