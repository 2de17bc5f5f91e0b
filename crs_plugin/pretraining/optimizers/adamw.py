"""Adam with decoupled weight decay."""

from typing import Any

from torch.optim import AdamW

from crs_plugin.pretraining.weight_decay import optimizer_groups
from crs_plugin.registry import Fraction, NonNegativeFloat, PositiveFloat, register


@register("optimizer", "adamw")
def adamw(
    groups: list[dict[str, Any]],
    /,
    *,
    lr: PositiveFloat = 1e-3,
    beta1: Fraction = 0.9,
    beta2: Fraction = 0.999,
    weight_decay: NonNegativeFloat = 1e-2,
    decay_norm_and_bias: bool = False,
) -> AdamW:
    """Adam with decoupled weight decay (``torch.optim.AdamW``).

    Args:
        groups: Parameter groups, handed in by the host.
        lr: Learning rate; with a schedule, its highest value.
        beta1: Decay of the running mean of gradients.
        beta2: Decay of the running mean of squared gradients.
        weight_decay: Share of a parameter, times lr, that is taken off in a step.
        decay_norm_and_bias: Whether normalisation layers and biases are decayed as well.
    """
    return AdamW(
        optimizer_groups(groups, decay_norm_and_bias=decay_norm_and_bias),
        lr=lr,
        betas=(beta1, beta2),
        weight_decay=weight_decay,
        fused=True,  # one pass over each parameter and its state
    )
