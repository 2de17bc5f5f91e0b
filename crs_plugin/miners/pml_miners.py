"""The miners of pytorch-metric-learning, as ``pml/MultiSimilarityMiner`` and so on."""

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor, nn

from crs_plugin.expressions import UNLABELLED
from crs_plugin.registry import register_family
from crs_plugin.toolkits import ToolkitParts


class LabelledRowsMiner(nn.Module):
    """A miner that sees only the rows with a label; its indices count all rows.

    The miners of pytorch-metric-learning know no missing labels: to them -1 is a class.

    Attributes:
        miner: The miner that sees the labelled rows.
    """

    def __init__(self, miner: nn.Module) -> None:
        """Wrap a miner."""
        super().__init__()
        self.miner = miner

    def forward(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        """Return the miner's 3 or 4 index tensors.

        Args:
            embeddings: [N, D].
            labels: [N] ids, -1 for none.
        """
        kept = (labels != UNLABELLED).nonzero()[:, 0]
        return tuple(kept[index] for index in self.miner(embeddings[kept], labels[kept]))


@register_family("miner", prefix="pml/", origin="pytorch-metric-learning")
class PMLMiners(ToolkitParts):
    """Miners of ``pytorch_metric_learning.miners``; rows labelled -1 are in no pair."""

    toolkit = "pytorch-metric-learning"
    module = "pytorch_metric_learning.miners"
    base = "BaseMiner"
    refused: ClassVar[Mapping[str, str]] = {
        "EmbeddingsAlreadyPackagedAsTriplets": "batches here are no packages of triplets",
    }
    hidden = frozenset({"BatchHardMiner.pos_strategy", "BatchHardMiner.neg_strategy"})
    by_name: ClassVar[Mapping[str, str]] = {"distance": "pytorch_metric_learning.distances"}

    def build(self, part: type, *given: Any, **options: Any) -> LabelledRowsMiner:
        """Return the miner; it leaves out rows without a label."""
        return LabelledRowsMiner(part(*given, **options))
