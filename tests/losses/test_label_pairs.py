import copy
import pickle
from collections.abc import Iterator

import pytest
import torch
from pytorch_metric_learning import losses as pml
from pytorch_metric_learning.utils import loss_and_miner_utils as lmu
from torch import Tensor

from crs_plugin.losses.label_pairs import LabelPairs

LABELS = torch.tensor([0, 1, -1, 1, 0, 3, 3, 3, 0, 1])
REFERENCE = torch.tensor([1, -1, 0, 7])

LOSSES = {
    "SupCon": pml.SupConLoss(),
    "NTXent": pml.NTXentLoss(),
    "Contrastive": pml.ContrastiveLoss(),
    "MultiSimilarity": pml.MultiSimilarityLoss(),
    "TripletMargin": pml.TripletMarginLoss(triplets_per_anchor="all"),
    "Circle": pml.CircleLoss(),
    "Angular": pml.AngularLoss(),
    "Margin": pml.MarginLoss(),
    "Tuplet": pml.TupletMarginLoss(),
    "LiftedStructure": pml.LiftedStructureLoss(),
    "GeneralizedLiftedStructure": pml.GeneralizedLiftedStructureLoss(),
    "IntraPairVariance": pml.IntraPairVarianceLoss(),
    "SignalToNoiseRatio": pml.SignalToNoiseRatioContrastiveLoss(),
    "NPairs": pml.NPairsLoss(),
    # These count how often a row is in the pairs, by torch.cat(indices_tuple):
    "NCA": pml.NCALoss(),
    "FastAP": pml.FastAPLoss(),
    "ArcFace": pml.ArcFaceLoss(4, 6),
    "NormalizedSoftmax": pml.NormalizedSoftmaxLoss(4, 6),
    "ProxyAnchor": pml.ProxyAnchorLoss(4, 6),
    "SoftTriple": pml.SoftTripleLoss(4, 6),
}


@pytest.fixture
def z() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(len(LABELS), 6, generator=generator).requires_grad_()


@pytest.fixture
def pairs() -> LabelPairs:
    return LabelPairs(LABELS)


def same(left: tuple[Tensor, ...], right: tuple[Tensor, ...]) -> bool:
    return len(left) == len(right) and all(map(torch.equal, left, right))


def expected(reference: Tensor | None = None) -> Iterator[Tensor]:
    """All pairs of pytorch-metric-learning without those of the rows that are left out."""
    others = LABELS if reference is None else reference
    a1, p, a2, n = lmu.get_all_pairs_indices(LABELS, others)
    for anchors, partners in ((a1, p), (a2, n)):
        kept = (LABELS[anchors] != -1) & (others[partners] != -1)
        yield from (anchors[kept], partners[kept])


# ── what it holds ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("reference", [None, REFERENCE])
def test_members_are_those_of_pytorch_metric_learning(reference: Tensor | None) -> None:
    pairs = LabelPairs(LABELS, reference)
    assert same(tuple(pairs), tuple(expected(reference)))
    assert same(pairs.positives(), tuple(pairs)[:2])


def test_labels_of_any_integer_type() -> None:
    labels = torch.tensor([0, 1, 255, 1, 0], dtype=torch.uint8)
    assert same(tuple(LabelPairs(labels)), tuple(LabelPairs(labels.long())))


def test_another_label_can_be_left_out() -> None:
    pairs = LabelPairs(LABELS, ignore_label=1)
    assert not {1, 3, 9} & set(torch.cat(pairs).tolist())
    assert 2 in pairs[2]


@pytest.mark.parametrize("reference", [None, REFERENCE])
def test_numbers_of_pairs_follow_from_the_labels(
    reference: Tensor | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    a1, _, a2, _ = LabelPairs(LABELS, reference)
    monkeypatch.setattr(LabelPairs, "members", None)
    classes, positives, negatives = LabelPairs(LABELS, reference).numbers()
    assert classes.tolist() == [0, 1, 3]
    assert positives.tolist() == [int((LABELS[a1] == c).sum()) for c in classes]
    assert negatives.tolist() == [int((LABELS[a2] == c).sum()) for c in classes]


# ── as a tuple ─────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_built_until_it_is_asked_for() -> None:
    pairs = LabelPairs(torch.arange(200_000))  # all pairs would be 4 · 10^10
    assert len(pairs) == 4
    assert isinstance(pairs, tuple)
    assert lmu.convert_to_pairs(pairs, pairs.labels) is pairs
    assert repr(pairs) == "LabelPairs(200000 rows with 200000)"


def test_is_built_once(pairs: LabelPairs) -> None:
    assert all(left is right for left, right in zip(pairs, pairs, strict=True))
    assert pairs[1] is tuple(pairs)[1]
    assert pairs[-1] is pairs[3]


def test_torch_takes_it_for_a_tuple_of_tensors(pairs: LabelPairs) -> None:
    built = torch.cat(tuple(pairs))
    assert torch.equal(torch.cat(pairs), built)
    assert torch.equal(torch.cat(tensors=pairs, dim=0), built)
    assert torch.equal(torch.hstack(pairs), built)


def test_copies_and_pickles(pairs: LabelPairs) -> None:
    for other in (copy.copy(pairs), copy.deepcopy(pairs), pickle.loads(pickle.dumps(pairs))):
        assert isinstance(other, LabelPairs)
        assert same(other, pairs)


# ── inside pytorch-metric-learning ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", LOSSES)
def test_losses_get_the_same_to_the_bit(name: str, z: Tensor, pairs: LabelPairs) -> None:
    labels = LABELS.clamp(min=0)  # proxies know no missing label; the pairs leave the row out
    results = []
    for given in (pairs, tuple(pairs)):
        loss = LOSSES[name](z, labels, given)
        results.append((loss, *torch.autograd.grad(loss, z)))
    assert same(*results)
    assert results[0][1].any()


def test_utilities_get_the_same(pairs: LabelPairs) -> None:
    built, batch = tuple(pairs), torch.arange(len(LABELS))
    for utility in (
        lambda given: lmu.convert_to_pairs(given, LABELS),
        lambda given: lmu.convert_to_triplets(given, LABELS),
        lambda given: lmu.remove_self_comparisons(given, batch, len(LABELS)),
        lambda given: (lmu.convert_to_weights(given, LABELS, torch.float32),),
        lambda given: (lmu.get_anchors(given),),
        lmu.pos_pairs_from_tuple,
        lmu.neg_pairs_from_tuple,
    ):
        assert same(utility(pairs), utility(built))
