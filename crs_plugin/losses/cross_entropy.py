"""Cross-entropy of the rows that have a label: what the two classification terms share."""

import torch
import torch.nn.functional as F
from torch import Tensor

from crs_plugin.expressions import UNLABELLED
from crs_plugin.losses.gathered_batch import is_spread, sum_over_processes


def labelled_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy of the rows whose label is not ``UNLABELLED``.

    A batch without any labelled row gives 0, attached to the graph (the mean over none is NaN).
    Where a process group is initialised, it is the mean over the rows of all processes, which may
    have different numbers of them with a label.

    Args:
        logits: [N, C] floating.
        labels: [N] integer ids, 0 to C - 1 or ``UNLABELLED``.

    Returns:
        A scalar; float32, or float64 for float64 logits.

    Raises:
        TypeError: If logits are not floating or labels not integer.
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
    wrong = labels[(labels < 0) | (labels >= classes)]
    if len(wrong):
        raise ValueError(
            f"label {int(wrong[0])} is none of the {classes} classes of the logits (ids 0 to"
            f" {classes - 1}, or {UNLABELLED} for a row without a label)"
        )
    logits = logits if logits.element_size() == 8 else logits.float()
    if is_spread():
        count = torch.tensor(float(len(labels)), device=logits.device)
        total = F.cross_entropy(logits, labels, reduction="sum")
        return sum_over_processes(total / sum_over_processes(count).clamp(min=1))
    return F.cross_entropy(logits, labels) if len(labels) else logits.sum() * 0
