"""Linear warm-up, then half a cosine."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from crs_plugin.registry import Fraction, register


@register("schedule", "warmup_cosine")
def warmup_cosine(
    optimizer: Optimizer,
    total_steps: int,
    steps_per_epoch: int,
    /,
    *,
    warmup: Fraction = 0.05,
    end: Fraction = 0.001,
) -> LambdaLR:
    """Linear warm-up, then a cosine down to almost nothing (Lightly's formula).

    The values are those of Lightly's ``CosineWarmupScheduler``. That class itself brings its old
    length back out of a checkpoint; here the length is never saved.

    Args:
        optimizer: Handed in by the host; its lr is the highest.
        total_steps: Handed in by the host.
        steps_per_epoch: Handed in by the host.
        warmup: Share of the run that warms up.
        end: The last lr, as a share of the highest.
    """
    from lightly.utils.scheduler import cosine_warmup_schedule

    warmup_steps = round(warmup * total_steps)

    def share(step: int) -> float:
        return float(
            cosine_warmup_schedule(
                step=step,
                max_steps=total_steps,
                start_value=1.0,
                end_value=end,
                warmup_steps=warmup_steps,
                warmup_start_value=0.0,
            )
        )

    return LambdaLR(optimizer, share)
