"""A few negatives of every anchor, drawn at random."""

import torch
from torch import Tensor

from crs_plugin.losses.label_pairs import LabelPairs


def random_negatives(pairs: LabelPairs, most: int) -> tuple[Tensor, Tensor]:
    """Draw negatives for every anchor, each set of that size with the same probability.

    Draws from torch's global generator of the labels' device. Time and memory grow with the number
    of rows, not with that of pairs.

    Args:
        pairs: All pairs of the batch.
        most: k; an anchor with fewer negatives has them all.

    Returns:
        Anchors and negatives, int64 each, ascending by anchor; no pair occurs twice.
    """
    anchors, others = pairs.rows(), pairs.ref_rows()
    others = others[pairs.others[others].argsort(stable=True)]
    # By label, an anchor's negatives are all the others but one run: those of its own class.
    by_label, of_anchors = pairs.others[others], pairs.labels[anchors]
    start = torch.searchsorted(by_label, of_anchors)
    length = torch.searchsorted(by_label, of_anchors, right=True) - start
    place = _drawn(len(others) - length, most)
    used = place >= 0
    place += length[:, None] * (place >= start[:, None])
    return anchors[:, None].expand_as(place)[used], others[place[used]]


def _drawn(counts: Tensor, most: int) -> Tensor:
    """Draw min(k, n_i) different numbers below n_i for every i, by Floyd's algorithm.

    Args:
        counts: [N] int64, n_i.
        most: k.

    Returns:
        [N, k] int64; -1 where there is none left.
    """
    drawn = counts.new_full((len(counts), most), -1)
    for step in range(most):
        last = counts - most + step
        share = torch.rand(len(counts), dtype=torch.float64, device=counts.device)
        number = (share * (last + 1)).long()
        taken = (drawn[:, :step] == number[:, None]).any(dim=1)
        drawn[:, step] = torch.where(last < 0, -1, torch.where(taken, last, number))
    return drawn
