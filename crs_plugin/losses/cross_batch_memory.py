"""pytorch-metric-learning's memory of past batches, for our loss too."""

from pytorch_metric_learning.losses import CrossBatchMemory

from crs_plugin.losses.crs_cont import CRSContLoss


class CRSCrossBatchMemory(CrossBatchMemory):  # type: ignore[misc]
    """``CrossBatchMemory`` of pytorch-metric-learning that takes ``CRSContLoss`` as well.

    It compares a batch with the embeddings of past batches, and allows losses by class name.
    Otherwise it is the same; ``DistributedLossWrapper`` takes it.

    Example:
        >>> import torch
        >>> from crs_plugin.losses import CRSContLoss, CRSCrossBatchMemory
        >>> loss_fn = CRSCrossBatchMemory(CRSContLoss(), embedding_size=128, memory_size=1024)
        >>> loss = loss_fn(torch.randn(8, 128), torch.tensor([0, 1, 1, 3]).repeat(2))
    """

    @staticmethod
    def supported_losses() -> list[str]:
        """Return the class names of the losses that it takes."""
        return [*CrossBatchMemory.supported_losses(), CRSContLoss.__name__]
