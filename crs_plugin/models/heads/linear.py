"""The linear head."""

from torch import nn

from crs_plugin.registry import PositiveInt, register


@register("head", "linear")
class Linear(nn.Linear):
    """One linear layer, as the coarse head and linear probes use: [B, input_dim] → logits.

    Args:
        input_dim: Width of what flows in; a recipe fills it in.
        output_dim: Number of classes; a recipe fills it in.
        bias: Whether there is a bias.
    """

    def __init__(
        self, *, input_dim: PositiveInt, output_dim: PositiveInt, bias: bool = True
    ) -> None:
        super().__init__(input_dim, output_dim, bias)
        self.input_dim = input_dim
        self.output_dim = output_dim
