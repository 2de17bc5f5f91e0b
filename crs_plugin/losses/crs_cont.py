"""The weighted CRS-CONT loss: supervised contrastive on coarse labels, weighted by class.

For N embeddings z with coarse labels y, similarities s_ij = z_i·z_j / τ, the other embeddings
A(i) = {j ≠ i}, and among them the positives P(i) = {p: y_p = y_i}::

    l_i = - 1/|P(i)| · Σ_{p ∈ P(i)} [ s_ip - log Σ_{a ∈ A(i)} exp(s_ia) ]
    L   = 1/N · Σ_i w_{y_i} · l_i

Divided by N, not by the sum of the weights.

Source: H. Li, N. Wang, X. Yang, X. Gao, "CRS-CONT: A Well-Trained General Encoder for Facial
Expression Analysis", IEEE Transactions on Image Processing, 2022; without weights it is the loss of
P. Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import torch
import torch.nn.functional as F
from pytorch_metric_learning.losses import BaseMetricLossFunction
from pytorch_metric_learning.reducers import BaseReducer, ClassWeightedReducer
from torch import Tensor

from crs_plugin.expressions import COARSE_CLASSES, UNLABELLED
from crs_plugin.losses.anchor_losses import anchor_losses
from crs_plugin.losses.batch_rows import BatchRows, kept_rows
from crs_plugin.losses.class_weights import ClassWeights
from crs_plugin.losses.class_weights.class_weights import check_class_weights
from crs_plugin.losses.class_weights.given import as_class_weights
from crs_plugin.losses.gathered_batch import gather_batch, is_spread, tell_others
from crs_plugin.losses.label_pairs import LabelPairs
from crs_plugin.losses.pair_losses import Pairs, masks_of_pairs, pair_losses
from crs_plugin.losses.row_losses import RowLosses
from crs_plugin.registry import Part, PositiveFloat, register

Gather = Literal["auto", True, False]


def crs_cont_loss(
    embeddings: Tensor,
    labels: Tensor,
    class_weights: Tensor | None = None,
    temperature: float = 0.07,
    *,
    ignore_label: int = UNLABELLED,
    gather: Gather = "auto",
) -> Tensor:
    """Return the CRS-CONT loss of a batch; the formula stands at the top of this module.

    The embeddings are used as they are given: normalise them first where the method is meant
    (:class:`CRSContLoss` does). float16 and bfloat16 are computed in float32, also under autocast.
    Memory grows with N, not with N². The loss can be differentiated twice in one process, the
    second time with N×N memory.

    Edges: rows with ``ignore_label`` are left out altogether (they are no anchors, positives or
    negatives, and N counts the rest). An anchor without a positive contributes 0 and counts in N.
    In a batch of one class only the pull between its embeddings is left, which is not 0. A batch of
    one row or none is 0, attached to the graph. A class of weight 0 has no anchors, yet its
    embeddings are negatives of the others and its rows count in N. Equal rows of one class are
    positives like others.

    In a distributed run the batch is that of all processes, whose parts may differ in size: each
    gets the loss of the whole as its value, and a gradient that is the whole's once data-parallel
    training has averaged it over the processes.

    Args:
        embeddings: [N, D] floating.
        labels: [N] integer coarse ids, one per row. With two stacked views of B images:
            ``labels.repeat(2)``.
        class_weights: [C] weight by coarse id, or None: every class has weight 1 and any id ≥ 0
            will do.
        temperature: τ > 0.
        ignore_label: The id of rows that are left out.
        gather: Whether other processes hold parts of the batch. ``auto``: whenever a process group
            is initialised.

    Returns:
        A scalar; float32, or float64 for float64 embeddings.

    Raises:
        TypeError: If embeddings are not floating, labels not integer, or weights not real numbers.
        ValueError: If shapes or devices do not fit, a label is negative or has no weight, a weight
            is negative or NaN, an embedding is not finite, or the temperature is not above 0;
            where it gathers also if that happens in another process, or all hold the same rows.

    Example:
        >>> import torch
        >>> from crs_plugin.losses import crs_cont_loss
        >>> z = torch.nn.functional.normalize(torch.randn(8, 128), dim=1)
        >>> loss = crs_cont_loss(z, torch.tensor([0, 1, 1, 3]).repeat(2))
    """
    _check_temperature(temperature)
    spread = gather is not False and is_spread()
    with _full_precision(embeddings.device):
        with tell_others(spread, embeddings.device):
            if class_weights is not None:
                check_class_weights(class_weights)
            rows = kept_rows(embeddings, labels, class_weights, ignore_label)
        losses = _losses_of_all_pairs(rows, _groups(rows), temperature, spread)
        return losses.weighted(class_weights).mean()


@register("loss", "crs_cont")
class CRSContLoss(BaseMetricLossFunction):  # type: ignore[misc]
    """The weighted CRS-CONT loss: supervised contrastive on coarse labels, weighted by class.

    Normalises the embeddings (``normalize=False`` where they already are). The formula, and what
    happens at the edges, stand at :func:`crs_cont_loss`. It is a loss of pytorch-metric-learning,
    whose miners, reducers, wrappers and trainers take it.

    Attributes:
        temperature: τ.
        class_weights: The module that holds the weights [C] in its buffer ``weights``; None where
            every class has weight 1.

    Example:
        >>> import torch
        >>> from crs_plugin.losses import CRSContLoss
        >>> loss_fn = CRSContLoss(class_weights={"negative": 0.5})
        >>> z = torch.randn(8, 128, requires_grad=True)
        >>> loss = loss_fn(z, torch.tensor([0, 1, 1, 3]).repeat(2))
    """

    class_weights: ClassWeights | None

    def __init__(
        self,
        temperature: PositiveFloat = 0.07,
        class_weights: Annotated[
            Mapping[str, float] | Tensor | ClassWeights | None,
            Part("class_weights", shorthand=("fixed", "weights")),
        ] = None,
        *,
        class_names: Sequence[str] = COARSE_CLASSES,
        normalize: bool = True,
        ignore_label: int = UNLABELLED,
        reduction: Literal["mean", "sum", "none"] = "mean",
        reducer: Annotated[BaseReducer | None, Part("reducer")] = None,
        gather: Gather = "auto",
    ) -> None:
        """Set the temperature and the weights.

        Args:
            temperature: τ > 0; lower separates harder.
            class_weights: Names → weights (others 1), a tensor [C] by coarse id, or a component.
                None: every class has weight 1, and any id ≥ 0 will do.
            class_names: Names of the coarse classes in the order of their ids, for weights that go
                by name. A recipe fills them in.
            normalize: Whether to L2-normalise the embeddings first.
            ignore_label: The id of rows that are left out.
            reduction: ``mean`` over N as in the method, ``sum``, or ``none``: a loss per row, 0 for
                rows that are left out.
            reducer: A reducer of pytorch-metric-learning that takes the place of ``reduction``; it
                gets the weighted losses of all rows that are not left out.
            gather: Whether other processes hold parts of the batch. ``auto``: whenever a process
                group is initialised and neither pairs (other than all that the coarse-label miner
                finds) nor ``ref_emb`` are given. With ``none`` or a reducer, each process gets the
                losses of its own rows.

        Raises:
            TypeError: If the weights are none of these.
            ValueError: If the temperature is not above 0, a weight is negative or NaN, a name is no
                coarse class, the reducer would weight the classes once more, or the reduction is
                unknown.
        """
        super().__init__(reducer=reducer)
        _check_temperature(temperature)
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
        if class_weights is not None and _has_class_weights(reducer):
            raise ValueError(
                "class_weights and a reducer with weights would weight twice; give one of them"
            )
        self.temperature = temperature
        self.normalize = normalize
        self.ignore_label = ignore_label
        self.reduction = reduction
        self.gather = gather
        self.class_weights = (
            None if class_weights is None else as_class_weights(class_weights, class_names)
        )
        self._reduces_itself = reducer is None

    def forward(
        self,
        embeddings: Tensor,
        labels: Tensor | None = None,
        indices_tuple: Pairs | None = None,
        ref_emb: Tensor | None = None,
        ref_labels: Tensor | None = None,
    ) -> Tensor:
        """Return the loss of a batch.

        Args:
            embeddings: [N, D] floating; normalised here unless ``normalize=False``.
            labels: [N] integer coarse ids, one per row; on the embeddings' device or the CPU, where
                pytorch-metric-learning's trainers leave them. They may be left out where pairs are
                given and no class weights.
            indices_tuple: Pairs from a miner. With them P(i) and A(i) of the formula are made of
                these pairs only: an anchor's positives, and its positives and negatives. N stays
                the number of rows. None counts all pairs. All pairs that the coarse-label miner
                finds in the batch need no more memory than none.
            ref_emb: [M, D] what the anchors are compared with. None: the batch itself, no row with
                itself.
            ref_labels: [M] integer coarse ids.

        Returns:
            A scalar, or [N] with ``reduction="none"``; float32, or float64 for float64 embeddings.

        Raises:
            TypeError: As :func:`crs_cont_loss`.
            ValueError: As :func:`crs_cont_loss`, and if labels are missing, the pairs are not 3 or
                4 tensors or not of this batch, or ``gather=True`` is to gather pairs or
                ``ref_emb``.
        """
        self.reset_stats()
        if ref_emb is embeddings:
            ref_emb = None
        labels = _on_device_of(embeddings, labels)
        all_pairs = ref_emb is None and _are_all_pairs(indices_tuple, labels)
        if self.gather is True and not all_pairs:
            raise ValueError("gather=True gathers embeddings and labels, not pairs or ref_emb")
        spread = all_pairs and self.gather is not False and is_spread()
        weights = None if self.class_weights is None else self.class_weights.weights
        with _full_precision(embeddings.device):
            with tell_others(spread, embeddings.device):
                rows = self._rows(embeddings, labels, weights)
                groups = _groups(rows, indices_tuple) if all_pairs else None
            if groups is not None:
                losses = _losses_of_all_pairs(rows, groups, self.temperature, spread)
            else:
                reference = rows if ref_emb is None else self._reference(ref_emb, ref_labels)
                losses = _losses_of_pairs(rows, reference, indices_tuple, self.temperature)
            losses = losses.weighted(weights)
            if self._reduces_itself:
                return losses.reduced(self.reduction)
            reduced: Tensor = self.reducer({"loss": losses.as_elements()}, embeddings, labels)
            return reduced

    def extra_repr(self) -> str:
        """Return the options, for ``print``."""
        return (
            f"temperature={self.temperature}, normalize={self.normalize},"
            f" reduction={self.reduction!r}, gather={self.gather!r}"
        )

    def _reference(self, ref_emb: Tensor, ref_labels: Tensor | None) -> BatchRows:
        return self._rows(ref_emb, _on_device_of(ref_emb, ref_labels), None)

    def _rows(self, embeddings: Tensor, labels: Tensor | None, weights: Tensor | None) -> BatchRows:
        rows = kept_rows(embeddings, labels, weights, self.ignore_label)
        if not self.normalize:
            return rows
        return replace(rows, embeddings=F.normalize(rows.embeddings, dim=1))


@dataclass(frozen=True)
class _Groups:
    """Which rows are positives of one another.

    Attributes:
        ids: [K] int64, equal for positives.
        unpaired: The id of rows that are in no pair, yet count in N; None where there is none.
        count: More than the largest id, where that is known.
    """

    ids: Tensor
    unpaired: int | None = None
    count: int | None = None

    def paired(self) -> Tensor | None:
        """Return [K] bool, the rows that are in pairs, or None for all."""
        if self.unpaired is None or self.ids.is_meta:
            return None
        paired = self.ids != self.unpaired
        return None if paired.all() else paired


def _groups(rows: BatchRows, pairs: Pairs | None = None) -> _Groups:
    """Return the groups that the labels make, or those that all pairs of the batch stand for."""
    if isinstance(pairs, LabelPairs):
        if len(pairs.labels) != rows.size:
            raise ValueError(
                f"indices_tuple has the pairs of a batch of {len(pairs.labels)} rows, not of these"
                f" {rows.size} embeddings"
            )
        ids = pairs.labels.to(rows.embeddings.device)
        return _Groups(ids if rows.kept is None else ids[rows.kept], pairs.ignore_label)
    if rows.labels is None:
        raise ValueError("labels are missing: without pairs, positives are told by labels")
    return _Groups(rows.labels, count=rows.classes)


def _losses_of_all_pairs(
    rows: BatchRows, groups: _Groups, temperature: float, spread: bool
) -> RowLosses:
    z, ids = rows.embeddings, groups.ids
    batch = gather_batch(z.detach(), ids) if spread else None
    count = z.shape[0] if batch is None else len(batch.labels)
    if batch is not None and groups.unpaired is not None:
        batch = batch.part(batch.labels != groups.unpaired)
    paired = groups.paired()
    if paired is None:
        values = anchor_losses(z, ids, temperature, batch, groups.count)
    else:
        of_paired = anchor_losses(z[paired], ids[paired], temperature, batch)
        values = z.new_zeros(z.shape[0]).masked_scatter(paired, of_paired)
    return RowLosses(values, rows, count, spread)


def _losses_of_pairs(
    rows: BatchRows, reference: BatchRows, pairs: Pairs | None, temperature: float
) -> RowLosses:
    if pairs is not None:
        masks = masks_of_pairs(pairs, rows.size, reference.size, rows.embeddings.device)
        positives, negatives = (_part(mask, rows.kept, reference.kept) for mask in masks)
    elif rows.labels is not None and reference.labels is not None:
        positives = rows.labels[:, None] == reference.labels
        negatives = ~positives
    else:
        raise ValueError("labels are missing: without pairs, positives are told by labels")
    if reference is rows:
        positives.fill_diagonal_(False)
        negatives.fill_diagonal_(False)
    z = rows.embeddings / temperature
    return RowLosses(pair_losses(z, reference.embeddings, positives, negatives), rows, z.shape[0])


def _part(mask: Tensor, rows: Tensor | None, columns: Tensor | None) -> Tensor:
    mask = mask if rows is None else mask[rows]
    return mask if columns is None else mask[:, columns]


def _are_all_pairs(pairs: Pairs | None, labels: Tensor | None) -> bool:
    """Whether the pairs of the batch with itself are all that labels make: its own, or others."""
    if pairs is None:
        return labels is not None
    return isinstance(pairs, LabelPairs) and pairs.ref_labels is None


def _on_device_of(embeddings: Tensor, labels: Tensor | None) -> Tensor | None:
    """Move labels from the CPU, where pytorch-metric-learning's trainers leave them."""
    if labels is None or labels.device.type != "cpu":
        return labels
    return labels.to(embeddings.device)


def _has_class_weights(reducer: BaseReducer | None) -> bool:
    """Whether a reducer, or one inside it, weights the classes."""
    return reducer is not None and any(
        isinstance(part, ClassWeightedReducer) for part in reducer.modules()
    )


def _check_temperature(temperature: float) -> None:
    if not 0 < temperature < float("inf"):
        raise ValueError(f"temperature must be finite and above 0, not {temperature}")


def _full_precision(device: torch.device) -> AbstractContextManager[Any]:
    """Keep autocast out; the device ``meta`` knows none."""
    if device.type == "meta" or not torch.is_autocast_enabled(device.type):
        return nullcontext()
    return torch.autocast(device.type, enabled=False)
