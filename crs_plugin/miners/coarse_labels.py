"""The method's pairs: positives share a coarse label, negatives do not."""

from pytorch_metric_learning.miners import BaseMiner
from pytorch_metric_learning.utils import loss_and_miner_utils as lmu
from torch import Tensor

from crs_plugin.expressions import UNLABELLED
from crs_plugin.registry import register


@register("miner", "coarse_labels")
class CoarseLabelMiner(BaseMiner):  # type: ignore[misc]
    """All pairs of a batch by coarse label: same label positive, another label negative.

    The positives and negatives of CRS-CONT (Li et al., IEEE TIP 2022). A miner of
    pytorch-metric-learning: it can be given to its losses and trainers. The embeddings are not
    looked at.

    Example:
        >>> import torch
        >>> from crs_plugin.miners import CoarseLabelMiner
        >>> miner = CoarseLabelMiner()
        >>> labels = torch.tensor([0, 1, 1, -1]).repeat(2)
        >>> anchors, positives, anchors_of_negatives, negatives = miner(torch.randn(8, 128), labels)
    """

    def __init__(
        self, *, ignore_label: int = UNLABELLED, collect_stats: bool | None = None
    ) -> None:
        """Set the label to leave out.

        Args:
            ignore_label: Rows with this label are in no pair.
            collect_stats: Whether to count the pairs in ``num_pos_pairs`` and ``num_neg_pairs``;
                None: as pytorch-metric-learning's global setting says.
        """
        super().__init__(collect_stats=collect_stats)
        self.ignore_label = ignore_label

    def mine(
        self, embeddings: Tensor, labels: Tensor, ref_emb: Tensor, ref_labels: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the pairs; called by ``forward(embeddings, labels)``.

        Args:
            embeddings: [N, D].
            labels: [N] integer coarse ids.
            ref_emb: [M, D] what the anchors are paired with; the embeddings themselves by default.
            ref_labels: [M] integer coarse ids.

        Returns:
            Four index tensors: anchors and their positives, anchors and their negatives. An
            embedding is not its own positive.

        Raises:
            TypeError: If labels are not integer.
        """
        if labels.is_floating_point() or ref_labels.is_floating_point():
            raise TypeError(f"labels must be integer ids, not {labels.dtype}")
        a1, p, a2, n = lmu.get_all_pairs_indices(labels, ref_labels)
        positive = (labels[a1] != self.ignore_label) & (ref_labels[p] != self.ignore_label)
        negative = (labels[a2] != self.ignore_label) & (ref_labels[n] != self.ignore_label)
        return a1[positive], p[positive], a2[negative], n[negative]
