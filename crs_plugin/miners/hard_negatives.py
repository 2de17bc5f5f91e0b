"""The hardest negative of every anchor, as pytorch-metric-learning finds it."""

from collections.abc import Mapping
from typing import Any, Literal

from pytorch_metric_learning.miners import BatchEasyHardMiner
from torch import Tensor

from crs_plugin.losses.label_pairs import LabelPairs

Hardness = Literal["hardest", "semihard"]

STRATEGIES: Mapping[str, Mapping[str, Any]] = {
    "hardest": {"pos_strategy": "all", "neg_strategy": "hard"},
    "semihard": {"pos_strategy": "easy", "neg_strategy": "semihard"},
}
"""By name, what ``BatchEasyHardMiner`` is told: it takes the nearest negative, or the nearest of
those that are farther away than the nearest positive."""


def hard_negatives(
    hardness: Hardness, pairs: LabelPairs, embeddings: Tensor, ref_emb: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the anchors that have such a negative, and their negatives, int64 each.

    Near and far is by Euclidean distance of the normalised embeddings.

    Args:
        hardness: The negative that is nearest, or semihard.
        pairs: All pairs of the batch.
        embeddings: [N, D].
        ref_emb: [M, D] what the anchors are paired with; not looked at where the pairs are of the
            embeddings with themselves.
    """
    rows, ref_rows = pairs.rows(), pairs.ref_rows()
    if len(rows) == 0 or len(ref_rows) == 0:
        return rows[:0], ref_rows[:0]
    batch = [embeddings[rows], pairs.labels[rows]]
    if pairs.ref_labels is not None:
        batch += [ref_emb[ref_rows], pairs.ref_labels[ref_rows]]
    miner = BatchEasyHardMiner(**STRATEGIES[hardness], collect_stats=False)
    *_, anchors, negatives = miner(*batch)
    return rows[anchors], ref_rows[negatives]
