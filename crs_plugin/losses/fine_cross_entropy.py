"""The supervised baseline's loss."""

from torch import Tensor, nn

from crs_plugin.losses.cross_entropy import labelled_cross_entropy
from crs_plugin.registry import register


@register("loss", "fine_cross_entropy")
class FineCrossEntropy(nn.Module):
    """Cross-entropy of the fine logits of all views: the supervised baseline.

    Rows without a fine label (-1) are left out; a batch without any gives 0, attached to the graph.
    """

    def forward(self, fine_logits: Tensor, fine_labels: Tensor) -> Tensor:
        """Return the mean cross-entropy.

        Args:
            fine_logits: [N, K] floating.
            fine_labels: [N] ids 0 to K - 1, -1 for none.

        Returns:
            A scalar; float32, or float64 for float64 logits.

        Raises:
            TypeError: If logits are not floating or labels not integer.
            ValueError: If the shapes do not fit, or a label is none of the classes.
        """
        return labelled_cross_entropy(fine_logits, fine_labels)
