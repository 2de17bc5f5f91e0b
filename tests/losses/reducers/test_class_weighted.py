import math

import pytest
import torch
from pytorch_metric_learning.losses import ContrastiveLoss, SupConLoss
from pytorch_metric_learning.reducers import ClassWeightedReducer, PerAnchorReducer
from torch import Tensor

from crs_plugin.losses import (
    CoarseClassWeightedReducer,
    CRSContLoss,
    FixedClassWeights,
    ScheduledClassWeights,
)
from crs_plugin.registry import Part, registry

WEIGHTS = torch.tensor([1.0, 0.5, 1.0, 0.25])
NAMED = {"negative": 0.5, "surprise": 0.25}
LABELS = torch.tensor([0, 1, 2, 3, 1, 0, 2, 1])
INDICES = {
    "element": torch.arange(8),
    "pos_pair": (torch.tensor([0, 1, 1, 7]), torch.tensor([5, 4, 7, 4])),
    "neg_pair": (torch.tensor([3, 2]), torch.tensor([0, 0])),
    "triplet": (torch.tensor([1, 4, 0]), torch.tensor([4, 1, 5]), torch.tensor([0, 3, 1])),
}


def reduce(
    reducer: torch.nn.Module, losses: Tensor, kind: str = "element", labels: Tensor = LABELS
) -> Tensor:
    info = {"losses": losses, "indices": INDICES[kind], "reduction_type": kind}
    reduced: Tensor = reducer({"loss": info}, torch.randn(8, 3), labels)
    return reduced


def losses_of(kind: str, dtype: torch.dtype = torch.float32) -> Tensor:
    indices = INDICES[kind]
    number = len(indices) if isinstance(indices, Tensor) else len(indices[0])
    return torch.rand(number, generator=torch.Generator().manual_seed(0)).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("kind", INDICES)
def test_mean_of_the_weighted_losses(kind: str, dtype: torch.dtype) -> None:
    losses = losses_of(kind, dtype)
    rows = INDICES[kind] if kind == "element" else INDICES[kind][0]
    total = sum(
        float(loss) * float(WEIGHTS[LABELS[row]]) for loss, row in zip(losses, rows, strict=True)
    )
    reduced = reduce(CoarseClassWeightedReducer(NAMED), losses, kind)
    tolerance = 1e-2 if dtype is torch.float16 else 1e-5
    assert reduced.item() == pytest.approx(total / len(losses), rel=tolerance)
    assert reduced.dtype is dtype
    assert torch.equal(reduced, reduce(ClassWeightedReducer(WEIGHTS), losses, kind))
    assert reduce(CoarseClassWeightedReducer(NAMED), 0 * losses, kind) == 0


def test_ways_to_give_weights_agree() -> None:
    expected = reduce(CoarseClassWeightedReducer(NAMED), losses_of("element"))
    for given in (WEIGHTS, FixedClassWeights(NAMED)):
        assert torch.equal(
            reduce(CoarseClassWeightedReducer(given), losses_of("element")), expected
        )
    renamed = CoarseClassWeightedReducer({"b": 0.5, "d": 0.25}, class_names=("a", "b", "c", "d"))
    assert torch.equal(reduce(renamed, losses_of("element")), expected)


@pytest.mark.parametrize("left_out", [-1, 2, 9])
def test_losses_of_rows_that_are_left_out_do_not_count(left_out: int) -> None:
    labels = LABELS.clone()
    labels[[0, 6]] = left_out
    kept = labels != left_out
    losses = losses_of("element").requires_grad_()
    reduced = reduce(
        CoarseClassWeightedReducer(NAMED, ignore_label=left_out), losses, labels=labels
    )
    torch.testing.assert_close(reduced, (losses * WEIGHTS[LABELS])[kept].mean())
    reduced.backward()
    assert losses.grad is not None
    assert torch.equal(losses.grad != 0, kept)


def test_without_any_loss_left_it_is_zero_attached_to_the_graph() -> None:
    losses = losses_of("element").requires_grad_()
    reduced = reduce(CoarseClassWeightedReducer(NAMED), losses, labels=torch.full((8,), -1))
    reduced.backward()
    assert reduced == 0
    assert losses.grad is not None
    assert not losses.grad.any()


def test_every_integer_type_of_labels() -> None:
    losses, labels = losses_of("element"), LABELS.clone()
    labels[3] = 255
    reducer = CoarseClassWeightedReducer(NAMED, ignore_label=255)
    expected = reduce(reducer, losses, labels=labels)
    for dtype in (torch.int32, torch.uint8):
        assert torch.equal(reduce(reducer, losses, labels=labels.to(dtype)), expected)


@pytest.mark.parametrize(("label", "row"), [(4, 2), (-2, 0)])
def test_a_label_without_a_weight_is_an_error_that_names_it(label: int, row: int) -> None:
    labels = LABELS.clone()
    labels[row] = label
    with pytest.raises(ValueError, match=rf"label {label} has no weight: .* 4 weights.* 0 to 3"):
        reduce(CoarseClassWeightedReducer(NAMED), losses_of("element"), labels=labels)


def test_without_labels() -> None:
    z = torch.randn(8, 3)
    pairs = (torch.tensor([0]), torch.tensor([5]), torch.tensor([0, 5]), torch.tensor([1, 2]))
    with pytest.raises(ValueError, match="class weights go by label"):
        SupConLoss(reducer=CoarseClassWeightedReducer(NAMED))(z, indices_tuple=pairs)


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ({"negativ": 0.5}, ValueError, "did you mean 'negative'"),
        ({"negative": -1}, ValueError, "must be finite and ≥ 0"),
        (torch.tensor([math.nan]), ValueError, "that of class 0 is nan"),
        ([1.0, 0.5], TypeError, "not list"),
    ],
)
def test_bad_weights(weights: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        CoarseClassWeightedReducer(weights)  # type: ignore[arg-type]


def test_weights_are_in_the_state_dict_of_the_loss() -> None:
    loss_fn = SupConLoss(reducer=CoarseClassWeightedReducer(NAMED))
    state = loss_fn.state_dict()
    assert state["reducer.class_weights.weights"].tolist() == WEIGHTS.tolist()
    other = SupConLoss(reducer=CoarseClassWeightedReducer({}))
    other.load_state_dict(state)
    z = torch.randn(8, 3)
    assert torch.equal(other(z, LABELS), loss_fn(z, LABELS))
    assert list(loss_fn.parameters()) == []


def test_half_precision_does_not_round_the_weights() -> None:
    third = CoarseClassWeightedReducer({"negative": 1 / 3})
    expected = reduce(third, losses_of("element"))
    reduce(third, losses_of("element", torch.float16))
    third.half().float().bfloat16()
    assert torch.equal(reduce(third, losses_of("element")), expected)
    assert third.weights.dtype is torch.float32
    assert torch.equal(reduce(third.double(), losses_of("element")), expected)


def test_weights_that_change_over_the_epochs() -> None:
    weights = ScheduledClassWeights({}, {"negative": 0.5}, to_epoch=1)
    loss_fn = SupConLoss(temperature=0.07, reducer=CoarseClassWeightedReducer(weights))
    loss_fn.reducer.class_weights.at_epoch(1)
    z = torch.randn(8, 3)
    ours = CRSContLoss(class_weights={"negative": 0.5})
    torch.testing.assert_close(loss_fn(z, LABELS), ours(z, LABELS))


def test_with_losses_of_several_parts_and_inside_another_reducer() -> None:
    z = torch.randn(8, 3)
    for ours, theirs in (
        (CoarseClassWeightedReducer(NAMED), ClassWeightedReducer(WEIGHTS)),
        (
            PerAnchorReducer(CoarseClassWeightedReducer(NAMED)),
            PerAnchorReducer(ClassWeightedReducer(WEIGHTS)),
        ),
    ):
        expected = ContrastiveLoss(reducer=theirs)(z, LABELS)
        assert torch.equal(ContrastiveLoss(reducer=ours)(z, LABELS), expected)


def test_a_loss_without_pairs_is_zero() -> None:
    z = torch.randn(8, 3, requires_grad=True)
    loss = SupConLoss(reducer=CoarseClassWeightedReducer(NAMED))(z, torch.zeros(8).long())
    loss.backward()
    assert loss == 0


def test_is_a_component() -> None:
    component = registry.get("reducer", "class_weighted")
    assert component.target is CoarseClassWeightedReducer
    options = component.options()
    assert set(options) == {"weights", "class_names", "ignore_label", "collect_stats"}
    assert options["weights"].part == Part("class_weights", shorthand=("fixed", "weights"))
