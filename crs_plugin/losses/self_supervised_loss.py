"""pytorch-metric-learning's wrapper that makes labels of the images, for our loss too."""

import torch
import torch.distributed as dist
from pytorch_metric_learning.losses import SelfSupervisedLoss
from torch import Tensor

from crs_plugin.losses.crs_cont import CRSContLoss

_MOST_IMAGES = 2**32
"""More than one process has in a batch."""


class CRSSelfSupervisedLoss(SelfSupervisedLoss):  # type: ignore[misc]
    """``SelfSupervisedLoss`` of pytorch-metric-learning that takes ``CRSContLoss`` as well.

    Two views of an image are positives, all other images negatives: with ``CRSContLoss`` that is
    NT-Xent. The original allows losses by class name, and numbers the images of every process from
    0, so that a loss that gathers them takes different images for the same one; here the numbers
    differ.

    Example:
        >>> import torch
        >>> from crs_plugin.losses import CRSContLoss, CRSSelfSupervisedLoss
        >>> loss_fn = CRSSelfSupervisedLoss(CRSContLoss())
        >>> loss = loss_fn(torch.randn(8, 128), torch.randn(8, 128))
    """

    @staticmethod
    def supported_losses() -> list[str]:
        """Return the class names of the losses that it takes."""
        return [*SelfSupervisedLoss.supported_losses(), CRSContLoss.__name__]

    def forward(self, embeddings: Tensor, ref_emb: Tensor) -> Tensor:
        """Return the loss.

        Args:
            embeddings: [B, D] floating, of one view.
            ref_emb: [B, D] of the other. They are anchors too, unless ``symmetric=False``.

        Returns:
            A scalar, as the wrapped loss gives it.
        """
        images = torch.arange(len(embeddings), device=embeddings.device)
        if dist.is_available() and dist.is_initialized():
            images += dist.get_rank() * _MOST_IMAGES
        loss: Tensor
        if self.symmetric:
            loss = self.loss(torch.cat([embeddings, ref_emb]), images.repeat(2))
        else:
            loss = self.loss(embeddings, images, ref_emb=ref_emb, ref_labels=images.clone())
        return loss
