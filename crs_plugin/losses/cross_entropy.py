"""Cross-entropy of the rows that have a label: what the two classification terms share."""

import torch.nn.functional as F
from torch import Tensor

from crs_plugin.expressions import UNLABELLED


def labelled_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy of the rows whose label is not ``UNLABELLED``.

    A batch without any labelled row gives 0, attached to the graph (the mean over none is NaN).

    Args:
        logits: [N, C] floating.
        labels: [N] integer ids, 0 to C - 1 or ``UNLABELLED``.

    Returns:
        A scalar; float32, or float64 for float64 logits.

    Raises:
        ValueError: If the shapes do not fit, or an id is outside the classes.
    """
    if logits.dim() != 2 or labels.shape != logits.shape[:1]:
        raise ValueError(
            "logits must be [N, C] and labels [N], not"
            f" {list(logits.shape)} and {list(labels.shape)}"
        )
    if not logits.is_floating_point() or labels.is_floating_point():
        raise TypeError(
            f"logits must be floating and labels integer, not {logits.dtype} and {labels.dtype}"
        )
    classes = logits.shape[1]
    kept = labels != UNLABELLED
    logits, labels = logits[kept], labels[kept].long()
    if len(labels) == 0:
        return (logits.float() * 0).sum()
    wrong = labels[(labels < 0) | (labels >= classes)]
    if len(wrong):
        raise ValueError(
            f"label {int(wrong[0])} is none of the {classes} classes of the logits (ids 0 to"
            f" {classes - 1}, or {UNLABELLED} for a row without a label)"
        )
    return F.cross_entropy(logits if logits.element_size() == 8 else logits.float(), labels)
