"""The rows of a batch that count in a loss: checked, and without those that are to be ignored."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class BatchRows:
    """The rows of a batch of N that are not left out.

    Attributes:
        embeddings: [K, D] float32 or float64.
        labels: [K] int64; None where there are none.
        kept: [N] bool, which they are; None for all.
        classes: More than the largest label, where that is known.
    """

    embeddings: Tensor
    labels: Tensor | None = None
    kept: Tensor | None = None
    classes: int | None = None

    @property
    def size(self) -> int:
        """N."""
        return len(self.embeddings if self.kept is None else self.kept)


def kept_rows(
    embeddings: Tensor, labels: Tensor | None, class_weights: Tensor | None, ignore_label: int
) -> BatchRows:
    """Check a batch and leave out what is to be ignored; computes in float32 at least.

    Args:
        embeddings: [N, D] floating.
        labels: [N] integer ids, or None.
        class_weights: [C]; with them, every id must have a weight.
        ignore_label: The id of rows that are left out.

    Raises:
        TypeError: If embeddings are not floating, or labels not integer.
        ValueError: If shapes or devices do not fit, an id is negative or has no weight, or labels
            are missing for the weights.
    """
    _check_batch(embeddings, labels)
    if embeddings.dtype not in (torch.float32, torch.float64):
        embeddings = embeddings.float()
    if labels is None:
        if class_weights is not None:
            raise ValueError("labels are missing: class weights go by label")
        return BatchRows(embeddings)
    if labels.is_meta or labels.shape[0] == 0:
        return BatchRows(embeddings, labels.long())
    kept, classes = _kept(labels, class_weights, ignore_label)
    labels = labels.long()
    if kept is None:
        return BatchRows(embeddings, labels, None, classes)
    return BatchRows(embeddings[kept], labels[kept], kept, classes)


def _kept(
    labels: Tensor, class_weights: Tensor | None, ignore_label: int
) -> tuple[Tensor | None, int]:
    """Check the ids and return [N] bool, the rows that are not ignored, or None for all.

    Returns also a number above all ids. In the usual case it waits for the device once.
    """
    most = torch.iinfo(torch.long).max if class_weights is None else class_weights.shape[0] - 1
    lowest, highest = torch.stack(labels.aminmax()).tolist()
    if 0 <= lowest <= highest <= most and not lowest <= ignore_label <= highest:
        return None, highest + 1
    kept = labels != ignore_label
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
    return kept, highest + 1


def _check_batch(embeddings: Tensor, labels: Tensor | None) -> None:
    if not embeddings.is_floating_point():
        raise TypeError(f"embeddings must be floating, not {embeddings.dtype}")
    if labels is None:
        if embeddings.dim() != 2:
            raise ValueError(f"embeddings must be [N, D], not {list(embeddings.shape)}")
        return
    if labels.is_floating_point() or labels.is_complex() or labels.dtype is torch.bool:
        raise TypeError(f"labels must be integer ids, not {labels.dtype}")
    if embeddings.dim() != 2 or labels.dim() != 1 or embeddings.shape[0] != labels.shape[0]:
        hint = ""
        if labels.shape[0] and embeddings.shape[0] % labels.shape[0] == 0 and labels.dim() == 1:
            views = embeddings.shape[0] // labels.shape[0]
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
