import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from lightly.loss import NTXentLoss
from pytorch_metric_learning.losses import SupConLoss
from pytorch_metric_learning.miners import TripletMarginMiner
from pytorch_metric_learning.reducers import ClassWeightedReducer
from torch import Tensor

from crs_plugin.losses import ClassWeights, CRSContLoss, FixedClassWeights, crs_cont_loss
from crs_plugin.miners import CoarseLabelMiner

pytestmark = pytest.mark.usefixtures("_each_way")

RELEASED_WEIGHTS = torch.tensor([1.0, 0.5, 1.0, 1.0], dtype=torch.float64)


def formula(z: Tensor, y: Tensor, w: Tensor, temperature: float) -> Tensor:
    """The loss, sum by sum as it is written down in the method."""
    total = torch.zeros((), dtype=z.dtype)
    for i in range(len(z)):
        others = [j for j in range(len(z)) if j != i]
        positives = [j for j in others if y[j] == y[i]]
        s = z @ z[i] / temperature
        if positives:
            log_sum = s[others].logsumexp(0)
            total = total - w[y[i]] * torch.stack([s[p] - log_sum for p in positives]).mean()
    return total / len(z)


def batch(seed: int, rows: int = 12, classes: int = 4, width: int = 6) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(rows, width, generator=generator, dtype=torch.float64)
    return F.normalize(z, dim=1), torch.randint(0, classes, (rows,), generator=generator)


def value_and_gradient(loss: Callable[[Tensor], Tensor], z: Tensor) -> tuple[Tensor, Tensor]:
    z = z.clone().requires_grad_()
    value = loss(z)
    (gradient,) = torch.autograd.grad(value, z)
    return value.detach(), gradient


def close(left: Tensor, right: Tensor, tolerance: float = 1e-10) -> bool:
    error = (left.double() - right.double()).norm()
    return bool(error <= tolerance * max(1.0, float(right.double().norm())))


# ── against other definitions ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("temperature", [0.05, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_formula(seed: int, temperature: float) -> None:
    z, y = batch(seed)
    expected = value_and_gradient(lambda z: formula(z, y, RELEASED_WEIGHTS, temperature), z)
    got = value_and_gradient(lambda z: crs_cont_loss(z, y, RELEASED_WEIGHTS, temperature), z)
    assert close(got[0], expected[0])
    assert close(got[1], expected[1])


@pytest.mark.parametrize("seed", range(3))
def test_equals_supcon_of_pytorch_metric_learning_with_weights(seed: int) -> None:
    z, y = batch(seed, rows=32)
    supcon = SupConLoss(temperature=0.07, reducer=ClassWeightedReducer(weights=RELEASED_WEIGHTS))
    ours = CRSContLoss(class_weights=RELEASED_WEIGHTS)  # both normalise inside
    expected = value_and_gradient(lambda z: supcon(z, y), z)
    got = value_and_gradient(lambda z: ours(z, y), z)
    assert close(got[0], expected[0])
    assert close(got[1], expected[1])


def test_equals_ntxent_of_lightly_where_every_image_is_its_own_class() -> None:
    z, _ = batch(0, rows=16)
    ids = torch.arange(8).repeat(2)
    ntxent, ours = NTXentLoss(temperature=0.2), CRSContLoss(temperature=0.2)
    expected = value_and_gradient(lambda z: ntxent(z[:8], z[8:]), z)
    got = value_and_gradient(lambda z: ours(z, ids), z)
    assert close(got[0], expected[0])
    assert close(got[1], expected[1])


def test_gradient_and_second_gradient_by_finite_differences() -> None:
    z, y = batch(1, rows=6)
    y[0] = -1
    z.requires_grad_()

    def loss(z: Tensor) -> Tensor:
        return crs_cont_loss(z, y, RELEASED_WEIGHTS, 0.5)

    assert torch.autograd.gradcheck(loss, (z,))
    assert torch.autograd.gradgradcheck(loss, (z,))


# ── properties ─────────────────────────────────────────────────────────────────────────────────

seeds = st.integers(0, 10_000)
quick = settings(max_examples=25, deadline=None)


@given(seed=seeds, rows=st.integers(2, 20), classes=st.integers(1, 4))
@quick
def test_order_of_the_batch_does_not_matter(seed: int, rows: int, classes: int) -> None:
    z, y = batch(seed, rows, classes)
    order = torch.randperm(rows, generator=torch.Generator().manual_seed(seed))
    value, gradient = value_and_gradient(lambda z: crs_cont_loss(z, y, RELEASED_WEIGHTS), z)
    moved = value_and_gradient(lambda z: crs_cont_loss(z, y[order], RELEASED_WEIGHTS), z[order])
    assert close(moved[0], value)
    assert close(moved[1], gradient[order])


@given(seed=seeds, classes=st.integers(1, 4))
@quick
def test_rotating_the_embeddings_changes_nothing(seed: int, classes: int) -> None:
    z, y = batch(seed, classes=classes)
    generator = torch.Generator().manual_seed(seed)
    rotation, _ = torch.linalg.qr(torch.randn(6, 6, generator=generator, dtype=torch.float64))
    loss = crs_cont_loss(z, y, RELEASED_WEIGHTS)
    assert close(crs_cont_loss(z @ rotation, y, RELEASED_WEIGHTS), loss, 1e-9)


@given(seed=seeds)
@quick
def test_doubling_the_weights_doubles_the_loss(seed: int) -> None:
    z, y = batch(seed)
    value, gradient = value_and_gradient(lambda z: crs_cont_loss(z, y, RELEASED_WEIGHTS), z)
    doubled = value_and_gradient(lambda z: crs_cont_loss(z, y, 2 * RELEASED_WEIGHTS), z)
    assert close(doubled[0], 2 * value)
    assert close(doubled[1], 2 * gradient)


@given(seed=seeds, order=st.permutations(range(4)))
@quick
def test_names_of_the_classes_do_not_matter(seed: int, order: list[int]) -> None:
    z, y = batch(seed)
    renamed = torch.tensor(order)[y]
    weights = torch.empty_like(RELEASED_WEIGHTS)
    weights[torch.tensor(order)] = RELEASED_WEIGHTS
    assert close(crs_cont_loss(z, renamed, weights), crs_cont_loss(z, y, RELEASED_WEIGHTS))


@given(seed=seeds)
@quick
def test_an_image_of_a_new_class_only_adds_a_negative(seed: int) -> None:
    """It has no positive, so it pushes every other anchor a little and divides by one more row."""
    z, y = batch(seed, classes=3)
    new, _ = batch(seed + 1, rows=1)
    before = crs_cont_loss(z, y) * len(z)
    after = crs_cont_loss(torch.cat([z, new]), torch.cat([y, torch.tensor([3])])) * (len(z) + 1)
    s = (z @ z.T / 0.07).fill_diagonal_(-math.inf)
    added = F.softplus(z @ new[0] / 0.07 - s.logsumexp(1))
    has_positive = (y[:, None] == y).sum(1) > 1
    assert close(after - before, added[has_positive].sum(), 1e-9)


@given(seed=seeds, temperature=st.floats(0.05, 1.0))
@quick
def test_float32_is_near_float64(seed: int, temperature: float) -> None:
    z, y = batch(seed)
    exact = value_and_gradient(lambda z: crs_cont_loss(z, y, None, temperature), z)
    single = value_and_gradient(lambda z: crs_cont_loss(z, y, None, temperature), z.float())
    assert single[0].dtype is torch.float32
    assert close(single[0], exact[0], 1e-5)
    assert close(single[1], exact[1], 1e-5)


# ── edges ──────────────────────────────────────────────────────────────────────────────────────


def test_batch_of_one_class_is_the_pull_alone() -> None:
    z, _ = batch(0)
    y = torch.full((len(z),), 1)
    loss = crs_cont_loss(z, y, RELEASED_WEIGHTS)
    assert loss > 0
    assert close(loss, formula(z, y, RELEASED_WEIGHTS, 0.07))


def test_anchor_without_positive_contributes_nothing_but_counts() -> None:
    z, _ = batch(0, rows=3)
    y = torch.tensor([0, 0, 1])
    assert close(crs_cont_loss(z, y), formula(z, y, RELEASED_WEIGHTS, 0.07))
    assert crs_cont_loss(z, torch.tensor([0, 1, 2])).item() == 0


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("with_pairs", [False, True])
def test_no_pair_gives_zero_attached_to_the_graph(rows: int, with_pairs: bool) -> None:
    z = torch.randn(rows, 4, requires_grad=True)
    y = torch.zeros(rows, dtype=torch.long)
    none = torch.empty(0, dtype=torch.long)
    pairs = (none, none, none, none) if with_pairs else None
    loss = CRSContLoss()(z, y, pairs)
    loss.backward()
    assert loss.item() == 0
    assert z.grad is not None
    assert torch.equal(z.grad, torch.zeros(rows, 4))


def test_all_labels_different_gives_zero_with_zero_gradient() -> None:
    z, _ = batch(0)
    value, gradient = value_and_gradient(lambda z: crs_cont_loss(z, torch.arange(len(z))), z)
    assert value == 0
    assert torch.equal(gradient, torch.zeros_like(z))


def test_class_of_weight_zero_is_still_pushed_away_from() -> None:
    z, y = batch(0)
    weights = torch.tensor([1.0, 0.0, 1.0, 1.0], dtype=torch.float64)
    value, gradient = value_and_gradient(lambda z: crs_cont_loss(z, y, weights), z)
    assert close(value, formula(z, y, weights, 0.07))
    assert gradient[y == 1].norm() > 0
    assert crs_cont_loss(z, y, torch.zeros(4)).item() == 0


def test_duplicates_are_each_others_positives() -> None:
    z, y = batch(0, rows=4)
    z, y = z.repeat(2, 1), y.repeat(2)
    value, gradient = value_and_gradient(lambda z: crs_cont_loss(z, y), z)
    assert close(value, formula(z, y, RELEASED_WEIGHTS.new_ones(4), 0.07))
    assert gradient.isfinite().all()


@pytest.mark.parametrize("with_miner", [False, True])
def test_ignored_rows_are_left_out_altogether(with_miner: bool) -> None:
    z, y = batch(0)
    y[[1, 5]] = -1
    kept = y != -1
    pairs = CoarseLabelMiner()(z, y) if with_miner else None
    loss_fn = CRSContLoss(class_weights=RELEASED_WEIGHTS)
    value, gradient = value_and_gradient(lambda z: loss_fn(z, y, pairs), z)
    assert close(value, crs_cont_loss(z[kept], y[kept], RELEASED_WEIGHTS))
    assert torch.equal(gradient[~kept], torch.zeros(2, z.shape[1], dtype=z.dtype))


def test_another_label_can_be_ignored() -> None:
    z, y = batch(0)
    expected = crs_cont_loss(z[y != 2], y[y != 2])
    assert close(crs_cont_loss(z, y, ignore_label=2), expected)
    assert close(CRSContLoss(ignore_label=2)(z, y), expected)


# ── stability ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("scale", "temperature"), [(1.0, 0.002), (100.0, 0.07), (100.0, 0.002)])
def test_finite_at_extremes(scale: float, temperature: float) -> None:
    z, y = batch(0, rows=64)
    value, gradient = value_and_gradient(
        lambda z: crs_cont_loss(z, y, RELEASED_WEIGHTS, temperature), (scale * z).float()
    )
    assert value.isfinite()
    assert gradient.isfinite().all()
    assert close(value / value, formula(scale * z, y, RELEASED_WEIGHTS, temperature) / value, 1e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("norm", [1, 100])
def test_half_precision_is_computed_in_float32(dtype: torch.dtype, norm: float) -> None:
    z, y = batch(0, rows=32)
    z = (norm * z).to(dtype)
    loss_fn = CRSContLoss(0.002, {"negative": 0.5})
    with torch.autocast("cpu", dtype):
        value, gradient = value_and_gradient(lambda z: loss_fn(z, y), z)
    expected = value_and_gradient(lambda z: loss_fn(z, y), z.float())
    assert value.dtype is torch.float32
    assert torch.equal(value, expected[0])
    assert gradient.dtype is dtype
    assert close(gradient, expected[1], 1e-2)


# ── the module ─────────────────────────────────────────────────────────────────────────────────


def test_module_normalises_unless_told_not_to() -> None:
    z, y = batch(0)
    assert close(CRSContLoss()(7 * z, y), crs_cont_loss(z, y))
    assert close(CRSContLoss(normalize=False)(7 * z, y), crs_cont_loss(7 * z, y))


def test_ways_to_give_weights_agree() -> None:
    z, y = batch(0)
    expected = crs_cont_loss(z, y, RELEASED_WEIGHTS)
    named = {"negative": 0.5}
    for weights in (named, RELEASED_WEIGHTS, FixedClassWeights(named)):
        assert close(CRSContLoss(class_weights=weights)(z, y), expected)
    assert close(CRSContLoss()(z, y), crs_cont_loss(z, y, torch.ones(4)))


def test_names_follow_the_given_classes() -> None:
    z, y = batch(0, classes=2)
    loss_fn = CRSContLoss(class_weights={"sad": 0.25}, class_names=("glad", "sad"))
    assert close(loss_fn(z, y), crs_cont_loss(z, y, torch.tensor([1.0, 0.25])))


def test_weights_are_a_buffer() -> None:
    loss_fn = CRSContLoss(class_weights={"negative": 0.5})
    assert loss_fn.state_dict()["class_weights.weights"].tolist() == [1, 0.5, 1, 1]
    other = CRSContLoss(class_weights={"negative": 0.1})
    other.load_state_dict(loss_fn.state_dict())
    z, y = batch(0)
    assert torch.equal(other(z, y), loss_fn(z, y))
    assert list(loss_fn.parameters()) == []


def test_without_weights_any_id_will_do() -> None:
    z, y = batch(0)
    assert close(CRSContLoss()(z, y + 1000), CRSContLoss()(z, y))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32])
def test_labels_of_any_integer_type(dtype: torch.dtype) -> None:
    z, y = batch(0)
    assert torch.equal(
        crs_cont_loss(z, y.to(dtype), RELEASED_WEIGHTS), crs_cont_loss(z, y, RELEASED_WEIGHTS)
    )


# ── reduction ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("with_pairs", [False, True])
def test_reductions_are_of_the_same_losses(ignored: bool, with_pairs: bool) -> None:
    z, y = batch(0)
    if ignored:
        y[[1, 5]] = -1
    pairs = tuple(CoarseLabelMiner()(z, y)) if with_pairs else None
    mean, total, each = (
        CRSContLoss(class_weights={"negative": 0.5}, reduction=reduction)(z, y, pairs)
        for reduction in ("mean", "sum", "none")
    )
    assert each.shape == (len(z),)
    assert close(total, each.sum())
    assert close(mean, total / (y != -1).sum())
    assert each[y == -1].count_nonzero() == 0


def test_unknown_reduction() -> None:
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none', not 'average'"):
        CRSContLoss(reduction="average")  # type: ignore[arg-type]


# ── one process ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("gather", ["auto", True, False])
def test_without_other_processes_there_is_nothing_to_gather(gather: Any) -> None:
    z, y = batch(0)
    assert torch.equal(CRSContLoss(gather=gather)(z, y), CRSContLoss()(z, y))
    assert torch.equal(crs_cont_loss(z, y, gather=gather), crs_cont_loss(z, y))


def test_pairs_cannot_be_gathered() -> None:
    z, y = batch(0)
    loss_fn = CRSContLoss(gather=True)
    for more in ({"indices_tuple": tuple(CoarseLabelMiner()(z, y))}, {"ref_emb": z + 1}):
        with pytest.raises(ValueError, match="not pairs or ref_emb"):
            loss_fn(z, y, **more)


# ── torch.compile ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_compiled_it_has_the_same_value_and_gradient() -> None:
    z, y = batch(0, rows=40)
    y[3] = -1
    loss_fn = CRSContLoss(class_weights={"negative": 0.5})
    compiled = torch.compile(lambda z: loss_fn(torch.tanh(z), y), backend="aot_eager")
    expected = value_and_gradient(lambda z: loss_fn(torch.tanh(z), y), z)
    got = value_and_gradient(compiled, z)
    assert close(got[0], expected[0])
    assert close(got[1], expected[1])


# ── pairs from a miner ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("weights", [None, {"negative": 0.5}])
def test_all_pairs_of_the_coarse_miner_change_nothing(weights: dict[str, float] | None) -> None:
    z, y = batch(3, rows=24)
    loss_fn = CRSContLoss(class_weights=weights)
    expected = value_and_gradient(lambda z: loss_fn(z, y), z)
    got = value_and_gradient(lambda z: loss_fn(z, y, CoarseLabelMiner()(z, y)), z)
    assert close(got[0], expected[0])
    assert close(got[1], expected[1])


def test_only_the_given_pairs_count() -> None:
    z, y = batch(0, rows=4)
    s = z @ z.T / 0.07
    pairs = tuple(torch.tensor(i) for i in ([0], [1], [0, 2], [3, 3]))
    expected = -(s[0, 1] - torch.stack([s[0, 1], s[0, 3]]).logsumexp(0)) / 4
    assert close(CRSContLoss()(z, torch.zeros_like(y), pairs), expected)


def test_triplets_count_as_their_pairs() -> None:
    z, y = batch(0, rows=16)
    a, p, n = TripletMarginMiner(margin=0.2)(z, y)
    assert len(a) > 0
    assert close(CRSContLoss()(z, y, (a, p, n)), CRSContLoss()(z, y, (a, p, a, n)))


def test_equals_supcon_of_pytorch_metric_learning_with_a_hard_miner() -> None:
    z, y = batch(0, rows=24)
    pairs = TripletMarginMiner(margin=0.2)(z, y)
    supcon = SupConLoss(temperature=0.07, reducer=ClassWeightedReducer(weights=RELEASED_WEIGHTS))
    expected = value_and_gradient(lambda z: supcon(z, y, pairs), z)
    loss_fn = CRSContLoss(class_weights=RELEASED_WEIGHTS)
    got = value_and_gradient(lambda z: loss_fn(z, y, pairs), z)
    assert close(got[0], expected[0])
    assert close(got[1], expected[1])


# ── bad input ──────────────────────────────────────────────────────────────────────────────────

Z = torch.randn(4, 3)
Y = torch.tensor([0, 1, 1, 0])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((Z.long(), Y), TypeError, "embeddings must be floating"),
        ((Z, Y.float()), TypeError, "labels must be integer ids, not torch.float32"),
        ((Z, Y > 0), TypeError, "labels must be integer ids, not torch.bool"),
        ((Z[0], Y), ValueError, r"\[3\] and \[4\]"),
        ((Z, Y[:, None]), ValueError, r"\[4, 3\] and \[4, 1\]"),
        ((Z, Y[:3]), ValueError, r"\[4, 3\] and \[3\]"),
        ((Z, Y[:2]), ValueError, r"for 2 stacked views give labels.repeat\(2\)"),
        ((Z, Y - 2), ValueError, "row 0 has -2"),
        ((Z, Y, torch.ones(1)), ValueError, r"label 1 \(row 1\) has no weight"),
        ((Z, Y, [1.0, 1.0]), TypeError, "not list"),
        ((Z, Y, torch.ones(2, 2)), ValueError, r"not of shape \[2, 2\]"),
        ((Z, Y, torch.tensor([1.0, -1.0])), ValueError, r"that of class 1 is -1"),
        ((Z, Y, torch.tensor([math.nan, 1.0])), ValueError, "that of class 0 is nan"),
        ((Z, Y, None, 0.0), ValueError, "temperature must be finite and above 0, not 0"),
        ((Z, Y, None, -1.0), ValueError, "not -1"),
        ((Z, Y, None, math.nan), ValueError, "not nan"),
        ((Z.to("meta"), Y), ValueError, "embeddings are on meta but labels on cpu"),
        ((Z.index_fill(0, torch.tensor(2), math.nan), Y), ValueError, "row 2 is not"),
    ],
)
def test_bad_input_of_the_function(
    arguments: tuple[Tensor, Tensor], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        crs_cont_loss(*arguments)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"temperature": 0}, ValueError, "above 0"),
        ({"class_weights": {"negativ": 0.5}}, ValueError, "did you mean 'negative'"),
        ({"class_weights": torch.tensor([-1.0])}, ValueError, "at least 0"),
        ({"class_weights": "negative"}, TypeError, "not str"),
    ],
)
def test_bad_options_of_the_module(
    options: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        CRSContLoss(**options)  # type: ignore[arg-type]


def test_bad_pairs() -> None:
    with pytest.raises(ValueError, match=r"3 index tensors .* or 4 .*, not 2"):
        CRSContLoss()(Z, Y, (Y, Y))  # type: ignore[arg-type]


def test_module_refuses_what_the_function_refuses() -> None:
    weights = ClassWeights(torch.ones(1))
    pairs = CoarseLabelMiner()(Z, Y)
    for given_pairs in (None, pairs):
        with pytest.raises(ValueError, match=r"label 1 .* has no weight"):
            CRSContLoss(class_weights=weights)(Z, Y, given_pairs)
        with pytest.raises(TypeError, match="integer ids"):
            CRSContLoss()(Z, Y.float(), given_pairs)
