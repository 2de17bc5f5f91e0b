"""One cycle: up to the full learning rate, and down to nothing."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from crs_plugin.registry import Fraction, PositiveFloat, register


@register("schedule", "one_cycle")
def one_cycle(
    optimizer: Optimizer,
    total_steps: int,
    steps_per_epoch: int,
    /,
    *,
    warmup: Fraction = 0.3,
    start_divisor: PositiveFloat = 25.0,
    end_divisor: PositiveFloat = 1e4,
) -> OneCycleLR:
    """Up to the optimizer's lr and down again, both along a cosine (``OneCycleLR``).

    Smith, Topin, "Super-convergence" (2018). Momentum stays as it is.

    Args:
        optimizer: Handed in by the host; its lr is the peak.
        total_steps: Handed in by the host; the length of the cycle.
        steps_per_epoch: Handed in by the host.
        warmup: Share of the run until the peak.
        start_divisor: The first lr is the peak divided by this.
        end_divisor: The last lr is the first divided by this.
    """
    return OneCycleLR(
        optimizer,
        max_lr=[group["lr"] for group in optimizer.param_groups],
        total_steps=total_steps,
        pct_start=_peak(warmup, total_steps) / total_steps,
        div_factor=start_divisor,
        final_div_factor=end_divisor,
        cycle_momentum=False,
    )


def _peak(warmup: float, total_steps: int) -> float:
    """Return the peak's place in steps where torch's formula holds.

    It divides by the length of either leg, so each must have one; a run of one or two steps goes
    down only.
    """
    if total_steps < 3:
        return total_steps / 4
    return min(max(2.0, warmup * total_steps), total_steps - 1.0)
