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
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from crs_plugin.expressions import COARSE_CLASSES, UNLABELLED
from crs_plugin.losses.class_weights import ClassWeights, FixedClassWeights
from crs_plugin.losses.class_weights.class_weights import check_class_weights
from crs_plugin.registry import Part, PositiveFloat, register

Pairs = tuple[Tensor, Tensor, Tensor] | tuple[Tensor, Tensor, Tensor, Tensor]
"""What a miner of pytorch-metric-learning gives: triplets (anchors, positives, negatives), or pairs
(anchors, positives, anchors, negatives); each an index tensor into the rows of the embeddings."""


def crs_cont_loss(
    embeddings: Tensor,
    labels: Tensor,
    class_weights: Tensor | None = None,
    temperature: float = 0.07,
    *,
    ignore_label: int = UNLABELLED,
) -> Tensor:
    """Return the CRS-CONT loss of a batch; the formula stands at the top of this module.

    The embeddings are used as they are given: normalise them first where the method is meant
    (:class:`CRSContLoss` does). float16 and bfloat16 are computed in float32, also under autocast.

    Edges: rows with ``ignore_label`` are left out altogether (they are no anchors, positives or
    negatives, and N counts the rest). An anchor without a positive contributes 0 and counts in N.
    In a batch of one class only the pull between its embeddings is left, which is not 0. A batch of
    one row or none is 0, attached to the graph. A class of weight 0 has no anchors, yet its
    embeddings are negatives of the others and its rows count in N.

    Args:
        embeddings: [N, D] floating.
        labels: [N] integer coarse ids, one per row. With two stacked views of B images:
            ``labels.repeat(2)``.
        class_weights: [C] weight by coarse id, or None: every class has weight 1 and any id ≥ 0
            will do.
        temperature: τ > 0.
        ignore_label: The id of rows that are left out.

    Returns:
        A scalar; float32, or float64 for float64 embeddings.

    Raises:
        TypeError: If embeddings are not floating, labels not integer, or weights not real numbers.
        ValueError: If shapes or devices do not fit, a label is negative or has no weight, a weight
            is negative or NaN, or the temperature is not above 0.

    Example:
        >>> import torch
        >>> from crs_plugin.losses import crs_cont_loss
        >>> z = torch.nn.functional.normalize(torch.randn(8, 128), dim=1)
        >>> loss = crs_cont_loss(z, torch.tensor([0, 1, 1, 3]).repeat(2))
    """
    _check_temperature(temperature)
    _check_batch(embeddings, labels)
    kept = _kept(labels, class_weights, ignore_label)
    with _full_precision(embeddings.device):
        z, y = _widened(embeddings)[kept], labels[kept].long()
        positives = y[:, None] == y
        losses = _anchor_losses(z, positives, torch.ones_like(positives), temperature)
        return _weighted_mean(losses, y, class_weights)


@register("loss", "crs_cont")
class CRSContLoss(nn.Module):
    """The weighted CRS-CONT loss: supervised contrastive on coarse labels, weighted by class.

    Normalises the embeddings (``normalize=False`` where they already are). The formula, and what
    happens at the edges, stand at :func:`crs_cont_loss`.

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

        Raises:
            TypeError: If the weights are none of these.
            ValueError: If the temperature is not above 0, a weight is negative or NaN, or a name is
                no coarse class.
        """
        super().__init__()
        _check_temperature(temperature)
        self.temperature = temperature
        self.normalize = normalize
        self.ignore_label = ignore_label
        self.class_weights = _as_class_weights(class_weights, class_names)

    def forward(
        self, embeddings: Tensor, labels: Tensor, indices_tuple: Pairs | None = None
    ) -> Tensor:
        """Return the loss of a batch.

        Args:
            embeddings: [N, D] floating; normalised here unless ``normalize=False``.
            labels: [N] integer coarse ids, one per row.
            indices_tuple: Pairs from a miner. With them P(i) and A(i) of the formula are made of
                these pairs only: an anchor's positives, and its positives and negatives. N stays
                the number of rows. None counts all pairs, and so do all pairs of the coarse-label
                miner.

        Returns:
            A scalar; float32, or float64 for float64 embeddings.

        Raises:
            TypeError: As :func:`crs_cont_loss`.
            ValueError: As :func:`crs_cont_loss`, and if the pairs are not 3 or 4 tensors.
        """
        _check_batch(embeddings, labels)
        weights = None if self.class_weights is None else self.class_weights.weights
        with _full_precision(embeddings.device):
            z = _widened(embeddings)
            if self.normalize:
                z = F.normalize(z, dim=1)
            if indices_tuple is None:
                return crs_cont_loss(
                    z, labels, weights, self.temperature, ignore_label=self.ignore_label
                )
            kept = _kept(labels, weights, self.ignore_label)
            positives, negatives = (mask[kept][:, kept] for mask in _masks(indices_tuple, labels))
            losses = _anchor_losses(z[kept], positives, positives | negatives, self.temperature)
            return _weighted_mean(losses, labels[kept].long(), weights)

    def extra_repr(self) -> str:
        """Return the options, for ``print``."""
        return f"temperature={self.temperature}, normalize={self.normalize}"


def _anchor_losses(z: Tensor, positives: Tensor, others: Tensor, temperature: float) -> Tensor:
    """Return l_i [N] of every row; 0 where it has no positive.

    Args:
        z: [N, D].
        positives: [N, N] bool, P(i) by row; the diagonal is disregarded.
        others: [N, N] bool, A(i) by row, a superset of P(i); the diagonal is disregarded.
        temperature: τ.
    """
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    positives, others = positives & ~itself, others & ~itself
    count = positives.sum(dim=1)
    # Anchors without a positive are left out before the logarithm: a row without any others has
    # log 0 = -inf, whose gradient is NaN even where the value is not used.
    anchors = count > 0
    positives, others, count = positives[anchors], others[anchors], count[anchors]
    similarities = z[anchors] @ z.T / temperature
    # The row maximum that logsumexp subtracts must not be the similarity with itself, which
    # can exceed all others by so much that their exponentials vanish.
    log_sum = similarities.masked_fill(~others, -torch.inf).logsumexp(dim=1)
    pull = similarities.masked_fill(~positives, 0).sum(dim=1) / count
    # Every row of z stays attached to the graph, even where there is no anchor at all.
    return (z * 0).sum(dim=1).masked_scatter(anchors, log_sum - pull)


def _weighted_mean(losses: Tensor, labels: Tensor, class_weights: Tensor | None) -> Tensor:
    if class_weights is not None:
        losses = losses * class_weights.to(losses)[labels]
    return losses.sum() / max(len(losses), 1)


def _masks(pairs: Pairs, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return [N, N] bool each: the positive and the negative pairs, by anchor's row."""
    if len(pairs) not in (3, 4):
        raise ValueError(
            "indices_tuple must hold 3 index tensors (anchors, positives, negatives) or 4 (anchors,"
            f" positives, anchors, negatives), not {len(pairs)}"
        )
    anchors, positives, *rest = (index.to(labels.device, torch.long) for index in pairs)
    anchors_of_negatives, negatives = (anchors, rest[0]) if len(rest) == 1 else rest
    shape = (len(labels), len(labels))
    masks = [torch.zeros(shape, dtype=torch.bool, device=labels.device) for _ in range(2)]
    masks[0][anchors, positives] = True
    masks[1][anchors_of_negatives, negatives] = True
    return masks[0], masks[1]


def _kept(labels: Tensor, class_weights: Tensor | None, ignore_label: int) -> Tensor:
    """Return [N] bool, the rows that are not ignored, after checking their ids and the weights."""
    kept = labels != ignore_label
    if class_weights is not None:
        check_class_weights(class_weights)
    most = torch.iinfo(torch.long).max if class_weights is None else len(class_weights) - 1
    wrong = kept & ((labels < 0) | (labels > most))
    if wrong.any():
        row = int(wrong.nonzero()[0])
        label = int(labels[row])
        if label < 0:
            raise ValueError(
                f"labels must be ids ≥ 0, or {ignore_label} for rows to leave out; row {row} has"
                f" {label}"
            )
        raise ValueError(
            f"label {label} (row {row}) has no weight: class_weights has {most + 1} weights,"
            f" for ids 0 to {most}"
        )
    return kept


def _as_class_weights(
    given: Mapping[str, float] | Tensor | ClassWeights | None, class_names: Sequence[str]
) -> ClassWeights | None:
    if given is None or isinstance(given, ClassWeights):
        return given
    if isinstance(given, Mapping):
        return FixedClassWeights(given, class_names=class_names)
    return ClassWeights(given)


def _check_temperature(temperature: float) -> None:
    if not 0 < temperature < float("inf"):
        raise ValueError(f"temperature must be finite and above 0, not {temperature}")


def _check_batch(embeddings: Tensor, labels: Tensor) -> None:
    if not embeddings.is_floating_point():
        raise TypeError(f"embeddings must be floating, not {embeddings.dtype}")
    if labels.is_floating_point() or labels.is_complex() or labels.dtype is torch.bool:
        raise TypeError(f"labels must be integer ids, not {labels.dtype}")
    if embeddings.dim() != 2 or labels.dim() != 1 or len(embeddings) != len(labels):
        hint = ""
        if len(labels) and len(embeddings) % len(labels) == 0 and labels.dim() == 1:
            views = len(embeddings) // len(labels)
            hint = f"; for {views} stacked views give labels.repeat({views})" if views > 1 else ""
        raise ValueError(
            "embeddings must be [N, D] and labels [N], not"
            f" {list(embeddings.shape)} and {list(labels.shape)}{hint}"
        )
    if embeddings.device != labels.device:
        raise ValueError(
            f"embeddings are on {embeddings.device} but labels on {labels.device};"
            " move them to the same device"
        )


def _widened(embeddings: Tensor) -> Tensor:
    return embeddings if embeddings.dtype is torch.float64 else embeddings.float()


def _full_precision(device: torch.device) -> torch.autocast:
    return torch.autocast(device.type, enabled=False)
