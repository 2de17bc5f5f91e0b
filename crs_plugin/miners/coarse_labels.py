"""The method's pairs: positives share a coarse label, negatives do not."""

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from pytorch_metric_learning.miners import BaseMiner
from torch import Tensor

from crs_plugin.expressions import ALL_EXPRESSIONS, COARSE_CLASSES, UNLABELLED
from crs_plugin.losses.label_pairs import LabelPairs
from crs_plugin.miners.coarse_ids import CoarseIds
from crs_plugin.miners.hard_negatives import STRATEGIES, hard_negatives
from crs_plugin.miners.random_negatives import random_negatives
from crs_plugin.registry import PositiveInt, register


@register("miner", "coarse_labels")
class CoarseLabelMiner(BaseMiner):  # type: ignore[misc]
    """Pairs of a batch by coarse label: same label positive, another label negative.

    The positives and negatives of CRS-CONT (Li et al., IEEE TIP 2022). A miner of
    pytorch-metric-learning: it can be given to its losses, wrappers and trainers. Labels are coarse
    ids, or with a ``table`` fine ids.

    All pairs, the default, are a tuple whose members are built only when somebody wants them:
    ``CRSContLoss`` does not, and the embeddings are not looked at.

    With statistics on (``collect_stats``), ``num_pos_pairs`` and ``num_neg_pairs`` count the pairs
    of the last batch, and ``num_pos_pairs_<class>`` and ``num_neg_pairs_<class>`` those of anchors
    of a coarse class. pytorch-metric-learning's record keepers find them.

    Example:
        >>> import torch
        >>> from crs_plugin.miners import CoarseLabelMiner
        >>> miner = CoarseLabelMiner()
        >>> labels = torch.tensor([0, 1, 1, -1]).repeat(2)
        >>> anchors, positives, anchors_of_negatives, negatives = miner(torch.randn(8, 128), labels)
    """

    def __init__(
        self,
        *,
        table: Mapping[str, str] | None = None,
        class_names: Sequence[str] | None = None,
        negatives: Literal["all", "hardest", "semihard"] = "all",
        max_negatives: PositiveInt | None = None,
        ignore_label: int = UNLABELLED,
        collect_stats: bool | None = None,
    ) -> None:
        """Set which labels come in and which pairs go out.

        Args:
            table: Expression → coarse class, such as ``crs_plugin.expressions.DEFAULT_COARSE``;
                then labels are fine ids, and those of expressions that are left out in no pair.
                None: labels are coarse ids.
            class_names: Names of the labels in the order of their ids. None: the four coarse
                classes; with a table ``crs_plugin.expressions.ALL_EXPRESSIONS``. A recipe fills
                them in.
            negatives: ``all``; or for each anchor the one that is nearest (``hardest``), or nearest
                of those that are farther away than the nearest positive (``semihard``; there may be
                none). These two are found by pytorch-metric-learning's ``BatchEasyHardMiner``, by
                Euclidean distance of the normalised embeddings. Positives are always all.
            max_negatives: k; of all negatives of an anchor at most k are drawn, with torch's global
                generator.
            ignore_label: Rows with this label are in no pair.
            collect_stats: Whether to count the pairs; None: as pytorch-metric-learning's global
                setting says.

        Raises:
            ValueError: If the table has something unknown, the class names are no expressions where
                there is a table, or the negatives are none of these, or fewer than 1.
        """
        super().__init__(collect_stats=collect_stats)
        if negatives not in ("all", *STRATEGIES):
            raise ValueError(f"negatives must be 'all', 'hardest' or 'semihard', not {negatives!r}")
        if max_negatives is not None and (max_negatives < 1 or negatives != "all"):
            raise ValueError(
                "max_negatives must be at least 1, and goes with negatives='all', not"
                f" {max_negatives} with {negatives!r}"
            )
        self.negatives = negatives
        self.max_negatives = max_negatives
        self.ignore_label = ignore_label
        self._coarse_ids: CoarseIds | None = None
        if table is not None:
            self._coarse_ids = CoarseIds(table, class_names or ALL_EXPRESSIONS, ignore_label)
            class_names = self._coarse_ids.classes
        self._coarse_names = tuple(class_names or COARSE_CLASSES)
        self.add_to_recordable_attributes(
            list_of_names=[
                f"num_{sign}_pairs_{name}" for sign in ("pos", "neg") for name in self._coarse_names
            ],
            is_stat=True,
        )

    def mine(
        self, embeddings: Tensor, labels: Tensor, ref_emb: Tensor, ref_labels: Tensor
    ) -> tuple[Tensor, ...]:
        """Return the pairs; called by ``forward(embeddings, labels)``.

        Args:
            embeddings: [N, D].
            labels: [N] integer ids.
            ref_emb: [M, D] what the anchors are paired with; the embeddings themselves by default.
            ref_labels: [M] integer ids.

        Returns:
            Four index tensors int64: anchors and their positives, anchors and their negatives. An
            embedding is not its own positive.

        Raises:
            TypeError: If labels are not integer.
            ValueError: If there is a table, and a label is not the id of a class.
        """
        coarse = self._coarse(labels)
        ref_coarse = None if ref_labels is labels else self._coarse(ref_labels)
        left_out = self.ignore_label if self._coarse_ids is None else UNLABELLED
        pairs = LabelPairs(coarse, ref_coarse, left_out)
        negatives = self._some_negatives(pairs, embeddings, ref_emb)
        if self.collect_stats:
            self._note(pairs, negatives)
        return pairs if negatives is None else (*pairs.positives(), *negatives)

    def output_assertion(self, output: tuple[Tensor, ...]) -> None:
        """Check nothing: counting the members, as the base class does, would build them."""

    def _coarse(self, labels: Tensor) -> Tensor:
        if labels.is_floating_point() or labels.is_complex() or labels.dtype is torch.bool:
            raise TypeError(f"labels must be integer ids, not {labels.dtype}")
        return labels if self._coarse_ids is None else self._coarse_ids(labels)

    def _some_negatives(
        self, pairs: LabelPairs, embeddings: Tensor, ref_emb: Tensor
    ) -> tuple[Tensor, Tensor] | None:
        """Return anchors and negatives, or None for all that the pairs have."""
        if self.negatives != "all":
            return hard_negatives(self.negatives, pairs, embeddings, ref_emb)
        return None if self.max_negatives is None else random_negatives(pairs, self.max_negatives)

    def _note(self, pairs: LabelPairs, negatives: tuple[Tensor, Tensor] | None) -> None:
        """Set the statistics; of all pairs, from the number of rows of each class."""
        classes, *numbers = pairs.numbers()
        if negatives is not None:
            places = torch.searchsorted(classes, pairs.labels[negatives[0]])
            numbers[1] = places.bincount(minlength=len(classes))
        for sign, of_classes in zip(("pos", "neg"), numbers, strict=True):
            setattr(self, f"num_{sign}_pairs", int(of_classes.sum()))
            for number, count in zip(classes.tolist(), of_classes.tolist(), strict=True):
                if 0 <= number < len(self._coarse_names):
                    setattr(self, f"num_{sign}_pairs_{self._coarse_names[number]}", count)
