"""Coarse and fine cross-entropy, and the agreement of the predictions."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from crs_plugin.losses import (
    CoarseCrossEntropy,
    FineCrossEntropy,
    PredictionNTXent,
    crs_cont_loss,
)
from crs_plugin.registry import registry

LABELS = torch.tensor([0, 1, -1, 3, 2]).repeat(2)
IMAGE_IDS = torch.arange(5).repeat(2)


@pytest.fixture
def logits() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(10, 4, generator=generator, dtype=torch.float64).requires_grad_()


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("coarse_cross_entropy", CoarseCrossEntropy),
        ("fine_cross_entropy", FineCrossEntropy),
        ("prediction_ntxent", PredictionNTXent),
    ],
)
def test_is_registered(name: str, target: type) -> None:
    assert registry.get("loss", name).target is target


def test_coarse_counts_the_first_view_and_labelled_rows_only(logits: Tensor) -> None:
    rows = [0, 1, 3, 4]
    expected = F.cross_entropy(logits[rows], LABELS[rows])
    loss = CoarseCrossEntropy()(logits, LABELS, IMAGE_IDS)
    assert torch.allclose(loss, expected)
    loss.backward()
    assert logits.grad is not None
    assert logits.grad[:5].norm(dim=1).gt(0).tolist() == [True, True, False, True, True]
    assert not logits.grad[5:].any()


def test_the_first_view_is_told_by_ids_from_anywhere(logits: Tensor) -> None:
    expected = CoarseCrossEntropy()(logits, LABELS, IMAGE_IDS)
    assert torch.equal(CoarseCrossEntropy()(logits, LABELS, IMAGE_IDS + 70), expected)


def test_coarse_can_count_all_views(logits: Tensor) -> None:
    rows = LABELS != -1
    expected = F.cross_entropy(logits[rows], LABELS[rows])
    assert torch.allclose(CoarseCrossEntropy(views="all")(logits, LABELS, IMAGE_IDS), expected)


def test_fine_counts_all_views(logits: Tensor) -> None:
    rows = LABELS != -1
    expected = F.cross_entropy(logits[rows], LABELS[rows])
    assert torch.allclose(FineCrossEntropy()(logits, LABELS), expected)


@pytest.mark.parametrize("rows", [0, 10])
def test_no_labelled_row_gives_zero_attached_to_the_graph(logits: Tensor, rows: int) -> None:
    nothing = torch.full((rows,), -1)
    losses = (
        CoarseCrossEntropy()(logits[:rows], nothing, IMAGE_IDS[:rows]),
        FineCrossEntropy()(logits[:rows], nothing),
    )
    for loss in losses:
        assert loss.item() == 0
        loss.backward()
    assert logits.grad is not None
    assert not logits.grad.any()


def test_half_precision_is_computed_in_float32(logits: Tensor) -> None:
    half = logits.detach().half()
    assert FineCrossEntropy()(half, LABELS).dtype is torch.float32
    assert PredictionNTXent()(half, IMAGE_IDS).dtype is torch.float32


def test_predictions_of_one_image_are_the_only_positives(logits: Tensor) -> None:
    q = F.normalize(logits.softmax(dim=1), dim=1)
    expected = crs_cont_loss(q, IMAGE_IDS, temperature=0.2)
    assert torch.allclose(PredictionNTXent(0.2)(logits, IMAGE_IDS), expected)


def test_predictions_agree_at_the_temperature_of_the_method(logits: Tensor) -> None:
    q = F.normalize(logits.softmax(dim=1), dim=1)
    expected = crs_cont_loss(q, IMAGE_IDS, temperature=0.07)
    assert torch.allclose(PredictionNTXent()(logits, IMAGE_IDS), expected)


def test_predictions_in_half_precision_are_those_of_the_logits(logits: Tensor) -> None:
    """Probabilities that are rounded to half precision are all alike to so low a temperature."""
    half = logits.detach().half()
    assert torch.equal(
        PredictionNTXent()(half, IMAGE_IDS), PredictionNTXent()(half.float(), IMAGE_IDS)
    )


def test_agreeing_predictions_cost_less(logits: Tensor) -> None:
    loss_fn = PredictionNTXent()
    agreeing = logits[:5].repeat(2, 1)
    assert loss_fn(agreeing, IMAGE_IDS) < loss_fn(logits, IMAGE_IDS)


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (LABELS + 4, ValueError, r"label 4 is none of the 4 classes .*\(ids 0 to 3, or -1 for"),
        (LABELS - 1, ValueError, "label -2 is none of the 4 classes"),
        (LABELS.float(), TypeError, "labels integer, not torch.float64 and torch.float32"),
        (LABELS[:7], ValueError, r"\[10, 4\] and \[7\]"),
    ],
)
def test_bad_labels(logits: Tensor, labels: Tensor, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        FineCrossEntropy()(logits, labels)


def test_bad_options() -> None:
    with pytest.raises(ValueError, match="'first' or 'all', not 'second'"):
        CoarseCrossEntropy(views="second")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="above 0"):
        PredictionNTXent(0)
    with pytest.raises(ValueError, match="finite"):
        PredictionNTXent(float("inf"))


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64])
def test_logits_that_are_no_floats(logits: Tensor, dtype: torch.dtype) -> None:
    with pytest.raises(TypeError, match=r"coarse_logits must be floating, not torch\.int"):
        PredictionNTXent()(logits.to(dtype), IMAGE_IDS)


def test_shapes_of_predictions(logits: Tensor) -> None:
    with pytest.raises(ValueError, match=r"image_ids \[V·B\], not \[10, 4\] and \[7\]"):
        PredictionNTXent()(logits, IMAGE_IDS[:7])
