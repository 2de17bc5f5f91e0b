"""The loss of every anchor of a batch over given pairs."""

import torch
from torch import Tensor

Pairs = tuple[Tensor, ...]
"""What a miner of pytorch-metric-learning gives: triplets (anchors, positives, negatives), or pairs
(anchors, positives, anchors, negatives); each an index tensor into the rows of the embeddings."""


def masks_of_pairs(
    pairs: Pairs, anchors: int, others: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return [N, M] bool each: the positive and the negative pairs, by anchor's row.

    Args:
        pairs: Of any device and integer type.
        anchors: N.
        others: M.
        device: Where the masks are to be.

    Raises:
        ValueError: If there are not 3 or 4 index tensors.
    """
    if len(pairs) not in (3, 4):
        raise ValueError(
            "indices_tuple must hold 3 index tensors (anchors, positives, negatives) or 4 (anchors,"
            f" positives, anchors, negatives), not {len(pairs)}"
        )
    of_positives, positives, *rest = (index.to(device, torch.long) for index in pairs)
    of_negatives, negatives = (of_positives, rest[0]) if len(rest) == 1 else rest
    masks = [torch.zeros((anchors, others), dtype=torch.bool, device=device) for _ in range(2)]
    masks[0][of_positives, positives] = True
    masks[1][of_negatives, negatives] = True
    return masks[0], masks[1]


def pair_losses(anchors: Tensor, others: Tensor, positives: Tensor, negatives: Tensor) -> Tensor:
    """Return l_i [N] = log Σ_a exp(s_ia) - mean_p s_ip of every anchor; 0 where it has no positive.

    s_ij = anchor_i · other_j; p runs over the anchor's positives, a over its positives and
    negatives. Holds several N×M matrices.

    Args:
        anchors: [N, D] floating.
        others: [M, D] what they are compared with.
        positives: [N, M] bool.
        negatives: [N, M] bool.
    """
    count = positives.sum(dim=1)
    # Anchors without a positive are left out before the logarithm: a row without any others has
    # log 0 = -inf, whose gradient is NaN even where the value is not used.
    used = count > 0
    positives, negatives, count = positives[used], negatives[used], count[used]
    similarities = anchors[used] @ others.T
    log_sum = similarities.masked_fill(~(positives | negatives), -torch.inf).logsumexp(dim=1)
    pull = similarities.masked_fill(~positives, 0).sum(dim=1) / count
    # Every anchor stays attached to the graph, even where none is used.
    return (anchors * 0).sum(dim=1).masked_scatter(used, log_sum - pull)


def gradient_of_label_pairs(z: Tensor, labels: Tensor, temperature: float, g: Tensor) -> Tensor:
    """Return the gradient of Σ_i g_i·l_i for z as a function of z and g, to be differentiated.

    The pairs are all that the labels [N] make among the rows of z [N, D]. Holds several N×N
    matrices.
    """
    itself = torch.eye(z.shape[0], dtype=torch.bool, device=z.device)
    positives = labels[:, None] == labels
    losses = pair_losses(z / temperature, z, positives & ~itself, ~positives)
    (gradient,) = torch.autograd.grad(losses, z, g, create_graph=True)
    return gradient
