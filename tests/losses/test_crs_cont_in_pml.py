"""CRSContLoss under the contract that pytorch-metric-learning has for its losses."""

import copy

import pytest
import torch
import torch.nn.functional as F
from pytorch_metric_learning.losses import (
    ContrastiveLoss,
    MultipleLosses,
    SupConLoss,
    TripletMarginLoss,
)
from pytorch_metric_learning.miners import MultiSimilarityMiner, TripletMarginMiner
from pytorch_metric_learning.reducers import (
    AvgNonZeroReducer,
    BaseReducer,
    ClassWeightedReducer,
    DoNothingReducer,
    MeanReducer,
    MultipleReducers,
    PerAnchorReducer,
    SumReducer,
    ThresholdReducer,
)
from pytorch_metric_learning.trainers import MetricLossOnly
from pytorch_metric_learning.utils.distributed import DistributedLossWrapper
from pytorch_metric_learning.utils.loss_and_miner_utils import get_all_pairs_indices
from torch import Tensor

from crs_plugin.expressions import ALL_EXPRESSIONS, DEFAULT_COARSE, fine_id
from crs_plugin.losses import CoarseClassWeightedReducer, CRSContLoss, crs_cont_loss
from crs_plugin.losses.label_pairs import LabelPairs
from crs_plugin.miners import CoarseLabelMiner

NONE = torch.empty(0, dtype=torch.long)
WEIGHTS = {"negative": 0.5}


def batch(
    rows: int = 24, classes: int = 4, dtype: torch.dtype = torch.float64
) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(rows)
    z = torch.randn(rows, 6, generator=generator, dtype=dtype).requires_grad_()
    return z, torch.randint(0, classes, (rows,), generator=generator)


def on_circle(*degrees: float, dtype: torch.dtype = torch.float64) -> Tensor:
    angles = torch.tensor(degrees, dtype=dtype).deg2rad()
    return torch.stack([angles.cos(), angles.sin()], dim=1).requires_grad_()


def gradient(loss: Tensor, z: Tensor) -> Tensor:
    (found,) = torch.autograd.grad(loss, z, retain_graph=True)
    return found


def same(left: Tensor, right: Tensor, z: Tensor) -> bool:
    """Whether values and gradients agree."""
    pairs = ((left, right), (gradient(left, z), gradient(right, z)))
    return all(torch.allclose(a, b, rtol=1e-9, atol=1e-12) for a, b in pairs)


@pytest.fixture
def never_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever builds the pairs of the coarse-label miner fails."""
    monkeypatch.setattr(LabelPairs, "members", None)
    monkeypatch.setattr(LabelPairs, "positives", None)


# ── value: with pairs, with a reference, without valid pairs ────────────────────────────────────


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_value_is_the_sum_over_the_pairs(dtype: torch.dtype) -> None:
    z = on_circle(0, 10, 20, 50, 60, 80, dtype=dtype)
    positives = {0: [1, 2], 1: [0, 2], 2: [0, 1], 3: [4], 4: [3]}
    total = 0.0
    for anchor, partners in positives.items():
        s = (z.double() @ z[anchor].double() / 0.1).tolist()
        among = torch.tensor([s[j] for j in range(6) if j != anchor]).logsumexp(0)
        total += sum(float(among) - s[p] for p in partners) / len(partners)
    loss = CRSContLoss(temperature=0.1)(z, torch.tensor([0, 0, 0, 1, 1, 2]))
    assert loss.item() == pytest.approx(total / 6, rel=1e-2 if dtype is torch.float16 else 1e-5)


@pytest.mark.parametrize("with_miner", [False, True])
def test_value_with_a_reference(with_miner: bool) -> None:
    z, y = batch(8)
    reference, ref_y = batch(10)
    s = F.normalize(z) @ F.normalize(reference).T / 0.1
    losses = [
        s[i].logsumexp(0) - s[i, ref_y == y[i]].mean()
        for i in range(len(z))
        if (ref_y == y[i]).any()
    ]
    pairs = CoarseLabelMiner()(z, y, reference, ref_y) if with_miner else None
    loss = CRSContLoss(temperature=0.1)(z, y, pairs, reference, ref_y)
    assert same(loss, torch.stack(losses).sum() / len(z), z)


@pytest.mark.parametrize("labels", [[0], [0, 1, 2]])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_without_valid_pairs_it_is_zero_attached_to_the_graph(
    labels: list[int], dtype: torch.dtype
) -> None:
    z = on_circle(*range(len(labels)), dtype=dtype)
    loss = CRSContLoss()(z, torch.tensor(labels))
    assert loss.item() == 0
    assert not gradient(loss, z).any()


@pytest.mark.parametrize("empty", [(NONE,) * 3, (NONE,) * 4])
@pytest.mark.parametrize("labelled", [False, True])
def test_empty_pairs_give_zero_attached_to_the_graph(
    empty: tuple[Tensor, ...], labelled: bool
) -> None:
    z, y = batch()
    loss = CRSContLoss()(z, y if labelled else None, empty)
    assert loss.item() == 0
    assert not gradient(loss, z).any()


def test_pairs_without_negatives_are_the_pull_alone() -> None:
    z, y = batch(4)
    a, p = torch.tensor([0, 0]), torch.tensor([1, 2])
    s = F.normalize(z) @ F.normalize(z).T / 0.07
    expected = (s[0, [1, 2]].logsumexp(0) - s[0, [1, 2]].mean()) / 4
    assert same(CRSContLoss()(z, y, (a, p, NONE, NONE)), expected, z)


# ── without labels ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "miner",
    [
        lambda z, y: get_all_pairs_indices(y),
        CoarseLabelMiner(),
        CoarseLabelMiner(max_negatives=2),
        CoarseLabelMiner(negatives="hardest"),
        MultiSimilarityMiner(),
        TripletMarginMiner(),
    ],
)
def test_with_pairs_labels_may_be_left_out(miner: torch.nn.Module) -> None:
    z, y = batch()
    pairs = miner(z.detach(), y)
    loss_fn = CRSContLoss()
    expected = loss_fn(z, y, pairs)
    assert expected > 0
    assert same(loss_fn(z, indices_tuple=pairs), expected, z)
    assert same(loss_fn(z, indices_tuple=pairs, ref_emb=z), expected, z)


def test_without_pairs_they_may_not() -> None:
    z, y = batch()
    for given in ({}, {"ref_emb": z}, {"ref_emb": z + 1, "labels": y}):
        with pytest.raises(ValueError, match="labels are missing"):
            CRSContLoss()(z, **given)
    with pytest.raises(ValueError, match="class weights go by label"):
        CRSContLoss(class_weights=WEIGHTS)(z, indices_tuple=get_all_pairs_indices(y))


# ── all pairs of the coarse-label miner ────────────────────────────────────────────────────────


@pytest.mark.usefixtures("never_built")
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_all_pairs_of_the_miner_go_the_same_way_as_none(
    dtype: torch.dtype, weights: dict[str, float] | None
) -> None:
    z, y = batch()
    y = y.to(dtype)
    loss_fn = CRSContLoss(class_weights=weights)
    expected = loss_fn(z, y)
    for labels in (y, y.clone()):
        pairs = CoarseLabelMiner()(z, labels)
        assert torch.equal(loss_fn(z, y, pairs), expected)
        assert torch.equal(loss_fn(z, y, pairs, z, y), expected)
        assert torch.equal(CRSContLoss()(z, None, pairs), CRSContLoss()(z, y))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("loss_ignores", [-1, fine_id("fear")])
def test_pairs_by_other_labels_mean_what_they_say(reduction: str, loss_ignores: int) -> None:
    """The loss has fine labels, the pairs are coarse, and some rows are in none."""
    z, _ = batch(40)
    fine = torch.arange(40) % 12  # of which 8 to 11 are compounds, without a coarse class
    fine[5] = -1
    pairs = CoarseLabelMiner(table=DEFAULT_COARSE)(z, fine)
    weights = torch.linspace(0, 1, len(ALL_EXPRESSIONS), dtype=torch.float64)
    loss_fn = CRSContLoss(class_weights=weights, ignore_label=loss_ignores, reduction=reduction)
    if loss_ignores != -1:
        fine[5] = 3  # known to the loss, yet not to the pairs
    expected = loss_fn(z, fine, tuple(pairs))
    assert expected.count_nonzero() > 0
    found = loss_fn(z, fine, pairs)
    assert torch.allclose(found, expected, rtol=1e-12)
    assert same(found.sum(), expected.sum(), z)


@pytest.mark.usefixtures("never_built")
def test_with_fine_labels_for_the_miner_the_loss_is_that_of_coarse_labels() -> None:
    z, _ = batch(40)
    fine = torch.arange(40) % 8
    coarse_of = {"positive": 0, "negative": 1, "neutral": 2, "surprise": 3}
    coarse = torch.tensor([coarse_of[DEFAULT_COARSE[ALL_EXPRESSIONS[i]]] for i in fine])
    loss_fn = CRSContLoss(class_weights=WEIGHTS)
    pairs = CoarseLabelMiner(table=DEFAULT_COARSE)(z, fine)
    assert same(loss_fn(z, coarse, pairs), loss_fn(z, coarse), z)


def test_pairs_by_negative_ids_mean_what_they_say() -> None:
    z, y = batch()
    pairs = CoarseLabelMiner(ignore_label=7)(z, 3 * y - 5)
    for labels in (y, None):
        assert same(CRSContLoss()(z, labels, pairs), CRSContLoss()(z, y), z)


def test_pairs_of_another_batch_are_refused() -> None:
    z, y = batch()
    pairs = CoarseLabelMiner()(z[:20], y[:20])
    with pytest.raises(ValueError, match="batch of 20 rows, not of these 24 embeddings"):
        CRSContLoss()(z, y, pairs)


def test_labels_are_moved_to_the_embeddings() -> None:
    """PML's trainers leave labels on the CPU; the meta device stands for another one."""
    z, y = batch()
    for pairs in (None, CoarseLabelMiner()(z.to("meta"), y), CoarseLabelMiner()(z, y)):
        assert CRSContLoss()(z.to("meta"), y, pairs).is_meta
    with pytest.raises(ValueError, match="embeddings are on meta but labels on cpu"):
        crs_cont_loss(z.to("meta"), y)
    with pytest.raises(ValueError, match="embeddings are on cpu but labels on meta"):
        CRSContLoss()(z, y.to("meta"))


@pytest.mark.usefixtures("never_built")
def test_miner_and_loss_can_be_compiled_together() -> None:
    z, y = batch()
    miner, loss_fn = CoarseLabelMiner(), CRSContLoss(class_weights=WEIGHTS)

    def step(z: Tensor) -> Tensor:
        embeddings = z.tanh()
        loss: Tensor = loss_fn(embeddings, y, miner(embeddings, y))
        return loss

    compiled, expected = torch.compile(step, backend="aot_eager")(z), step(z)
    assert torch.equal(compiled, expected)
    (left,), (right,) = (torch.autograd.grad(loss, z) for loss in (compiled, expected))
    torch.testing.assert_close(left, right)


# ── reducers ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "reducer",
    [
        ThresholdReducer(low=0),
        MeanReducer(),
        AvgNonZeroReducer(),
        SumReducer(),
        PerAnchorReducer(),
        MultipleReducers({"loss": MeanReducer()}),
    ],
)
@pytest.mark.parametrize("with_pairs", [False, True])
def test_reducers_get_the_weighted_loss_of_every_row(
    reducer: BaseReducer, with_pairs: bool
) -> None:
    z, y = batch()
    y[[1, 5]] = -1
    y[7] = 2  # a row without positives: its loss is 0
    y[8:][y[8:] == 2] = 3
    y[:7][y[:7] == 2] = 3
    pairs = tuple(CoarseLabelMiner()(z, y)) if with_pairs else None
    each = CRSContLoss(class_weights=WEIGHTS, reduction="none")(z, y, pairs)
    kept = each[y != -1]
    assert (kept == 0).sum() == 1
    loss_fn = CRSContLoss(class_weights=WEIGHTS, reducer=reducer)
    assert type(loss_fn.reducer) is type(reducer)
    if isinstance(reducer, SumReducer):
        expected = kept.sum()
    elif isinstance(reducer, ThresholdReducer):
        expected = kept[kept > 0].mean()
    else:
        expected = kept.mean()
    assert same(loss_fn(z, y, pairs), expected, z)


def test_do_nothing_reducer_hands_out_the_losses_of_the_rows() -> None:
    z, y = batch()
    y[3] = -1
    info = CRSContLoss(reducer=DoNothingReducer())(z, y)["loss"]
    assert info["reduction_type"] == "element"
    assert info["indices"].tolist() == [i for i in range(len(y)) if i != 3]
    expected = CRSContLoss(reduction="none")(z, y)
    assert torch.equal(info["losses"], expected[y != -1])


@pytest.mark.parametrize(
    "reducer",
    [
        ClassWeightedReducer(torch.ones(4)),
        CoarseClassWeightedReducer(WEIGHTS),
        PerAnchorReducer(ClassWeightedReducer(torch.ones(4))),
        MultipleReducers({"loss": CoarseClassWeightedReducer(WEIGHTS)}),
    ],
)
def test_classes_are_never_weighted_twice(reducer: BaseReducer) -> None:
    with pytest.raises(ValueError, match="would weight twice"):
        CRSContLoss(class_weights=WEIGHTS, reducer=reducer)
    CRSContLoss(reducer=reducer)


def test_weights_in_the_reducer_or_in_the_loss_are_the_same() -> None:
    z, y = batch()
    y[2] = -1
    by_reducer = CRSContLoss(reducer=CoarseClassWeightedReducer(WEIGHTS))(z, y)
    assert same(by_reducer, CRSContLoss(class_weights=WEIGHTS)(z, y), z)


# ── wrappers and trainers ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("as_dict", [False, True])
def test_multiple_losses(as_dict: bool) -> None:
    z, y = batch()
    ours, triplets = CRSContLoss(class_weights=WEIGHTS), TripletMarginLoss()
    miners = [CoarseLabelMiner(), MultiSimilarityMiner()]
    expected = ours(z, y) + 0.23 * triplets(z, y, miners[1](z, y))
    if as_dict:
        both = MultipleLosses(
            {"a": ours, "b": triplets},
            miners=dict(zip("ab", miners, strict=True)),
            weights={"a": 1, "b": 0.23},
        )
    else:
        both = MultipleLosses([ours, triplets], miners=miners, weights=[1, 0.23])
    assert same(both(z, y), expected, z)


def test_multiple_losses_share_the_pairs_of_one_miner() -> None:
    z, y = batch()
    ours, contrastive = CRSContLoss(), ContrastiveLoss()
    pairs = CoarseLabelMiner()(z, y)
    both = MultipleLosses([ours, contrastive], weights=[1, 0.5])
    expected = ours(z, y) + 0.5 * contrastive(z, y, tuple(pairs))
    assert same(both(z, y, pairs), expected, z)


@pytest.mark.usefixtures("never_built")
@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad")
def test_in_a_trainer_it_takes_the_steps_of_a_bare_loop() -> None:
    torch.manual_seed(0)
    trunk = torch.nn.Linear(5, 3)
    bare = copy.deepcopy(trunk)
    x, y = torch.randn(8, 5), torch.tensor([0, 1, 1, 3]).repeat(2)
    loss_fn = CRSContLoss(class_weights=WEIGHTS)
    trainer = MetricLossOnly(
        models={"trunk": trunk},
        optimizers={"trunk_optimizer": torch.optim.SGD(trunk.parameters(), lr=0.1)},
        batch_size=8,
        loss_funcs={"metric_loss": loss_fn},
        mining_funcs={"tuple_miner": CoarseLabelMiner()},
        dataset=torch.utils.data.TensorDataset(x, y),
        data_device=torch.device("cpu"),
        sampler=range(8),
        dataloader_num_workers=0,
    )
    trainer.train(num_epochs=3)
    optimizer = torch.optim.SGD(bare.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        loss_fn(bare(x), y).backward()
        optimizer.step()
    assert torch.equal(trunk.weight, bare.weight)


@pytest.mark.filterwarnings("ignore:DistributedLossWrapper is being used")
def test_in_the_distributed_wrapper_of_one_process_it_is_itself() -> None:
    z, y = batch()
    wrapped = DistributedLossWrapper(CRSContLoss(class_weights=WEIGHTS))
    expected = CRSContLoss(class_weights=WEIGHTS)(z, y)
    assert torch.equal(wrapped(z, y), expected)
    assert torch.equal(wrapped(z, y, CoarseLabelMiner()(z, y)), expected)


def test_equals_supcon_with_our_reducer() -> None:
    z, y = batch()
    supcon = SupConLoss(temperature=0.07, reducer=CoarseClassWeightedReducer(WEIGHTS))
    ours = CRSContLoss(class_weights=WEIGHTS)
    for pairs in (None, CoarseLabelMiner()(z, y), CoarseLabelMiner(negatives="semihard")(z, y)):
        assert same(ours(z, y, pairs), supcon(z, y, pairs), z)
