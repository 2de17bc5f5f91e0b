"""Weight decay for weights only, or for everything."""

from collections.abc import Mapping, Sequence
from typing import Any


def optimizer_groups(
    groups: Sequence[Mapping[str, Any]], *, decay_norm_and_bias: bool
) -> list[dict[str, Any]]:
    """Return the parameter groups that a torch optimizer takes.

    Args:
        groups: The host's groups: ``params``, and ``norm_or_bias`` true for the parameters of
            normalisation layers and for biases. Groups that do not say are decayed.
        decay_norm_and_bias: Whether those are decayed as well.
    """
    return [
        {key: value for key, value in group.items() if key != "norm_or_bias"}
        | ({"weight_decay": 0.0} if spared else {})
        for group in groups
        for spared in [bool(group.get("norm_or_bias")) and not decay_norm_and_bias]
    ]
