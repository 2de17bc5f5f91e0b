"""The projection head."""

from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from crs_plugin.registry import PositiveInt, register


@register("head", "mlp")
class MLP(nn.Module):
    """Projection head: linear layers with ReLU between, with or without batch normalisation.

    ``norm="all"`` puts batch normalisation after every layer, the last one without scale and shift
    (affine): embeddings are then spread out from the first step on and a short run learns. The
    released head is ``norm="none"``, which stays collapsed for hundreds of steps.

    Built from the blocks of Lightly's ``ProjectionHead``. [B, input_dim] → [B, output_dim], not
    normalised to length 1.

    Args:
        input_dim: Width of the features; a recipe fills it in.
        hidden_dim: Width of the layers between.
        output_dim: Width D of the projections.
        layers: Number of linear layers.
        norm: Which layers have batch normalisation.
    """

    def __init__(
        self,
        *,
        input_dim: PositiveInt,
        hidden_dim: PositiveInt = 512,
        output_dim: PositiveInt = 128,
        layers: PositiveInt = 2,
        norm: Literal["none", "hidden", "last", "all"] = "all",
    ) -> None:
        super().__init__()
        from lightly.models.modules.heads import ProjectionHead

        self.input_dim = input_dim
        self.output_dim = output_dim
        widths = [input_dim, *[hidden_dim] * (layers - 1)]
        hidden_norm, last_norm = norm in ("hidden", "all"), norm in ("last", "all")
        blocks: list[tuple[int, int, nn.Module | None, nn.Module | None]] = [
            (before, width, nn.BatchNorm1d(width) if hidden_norm else None, nn.ReLU())
            for before, width in pairwise(widths)
        ]
        norm_at_end = nn.BatchNorm1d(output_dim, affine=False) if last_norm else None
        blocks.append((widths[-1], output_dim, norm_at_end, None))
        self.blocks = ProjectionHead(blocks)

    def forward(self, features: Tensor) -> Tensor:
        """Return projections [B, output_dim] of features [B, input_dim]."""
        projections: Tensor = self.blocks(features)
        return projections
