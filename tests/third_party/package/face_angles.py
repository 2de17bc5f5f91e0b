"""A loss that recipes find by its entry point; nothing here registers it."""

import torch

from crs_plugin.registry import NonNegativeFloat


class ViewAngle(torch.nn.Module):
    """Angle between the embeddings of an image's two views, as far as it exceeds a margin."""

    def __init__(self, *, margin: NonNegativeFloat = 0.0) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, z0: torch.Tensor, z1: torch.Tensor) -> torch.Tensor:
        cosines = torch.nn.functional.cosine_similarity(z0, z1)
        return (cosines.clamp(-0.999, 0.999).acos() - self.margin).clamp_min(0).mean()
