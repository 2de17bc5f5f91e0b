"""The definition of the method's losses, by value.

``tests/reference/*.npz`` hold arrays, and the losses and gradients that the method's released code
computes from them in float64 (see the README there). Two stacked views of B images are N = 2B rows.
Each test below reads as: with these inputs, this loss has this value and this gradient.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from crs_plugin.losses import (
    CoarseCrossEntropy,
    CRSContLoss,
    PredictionNTXent,
    crs_cont_loss,
)

REFERENCE = Path(__file__).parents[1] / "reference"
CASES = sorted(path.stem for path in REFERENCE.glob("*.npz"))
STABLE_CASES = [case for case in CASES if case.startswith("stable_")]
WHOLE_CASES = [case for case in CASES if not case.startswith("stable_")]
DTYPES = [torch.float64, torch.float32]

pytestmark = pytest.mark.usefixtures("_each_way")

RELEASED_WEIGHTS = torch.tensor([1.0, 0.5, 1.0, 1.0], dtype=torch.float64)
"""By coarse id: positive, negative, neutral, surprise."""


class Case:
    """The arrays of one file, as tensors: ``case["embeddings"]``."""

    def __init__(self, name: str, dtype: torch.dtype) -> None:
        self.arrays = dict(np.load(REFERENCE / f"{name}.npz"))
        self.dtype = dtype
        self.temperature = float(self.arrays["temperature"])
        tight = 1e-4 if name == "stable_tau_0p002" else 1e-5
        self.tolerance = 1e-10 if dtype is torch.float64 else tight

    def __getitem__(self, key: str) -> Tensor:
        array = torch.as_tensor(self.arrays[key])
        return array.to(self.dtype) if array.is_floating_point() else array

    def input(self, key: str) -> Tensor:
        return self[key].clone().requires_grad_()

    def check_value(self, loss: Tensor, expected: str) -> None:
        assert loss.item() == pytest.approx(float(self.arrays[expected]), rel=self.tolerance)

    def check_gradient(self, given: Tensor, expected: str) -> None:
        wanted = torch.as_tensor(self.arrays[expected])
        assert given.grad is not None
        error = (given.grad.double() - wanted).norm() / wanted.norm()
        assert error < self.tolerance, f"relative error of the gradient {error:.1e}"


def test_all_cases_are_here() -> None:
    assert len(CASES) == 7
    assert len(STABLE_CASES) == 2


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_crs_cont(name: str, dtype: torch.dtype) -> None:
    case = Case(name, dtype)
    z = case.input("embeddings")
    y = case["coarse_labels"].repeat(2)
    loss = crs_cont_loss(z, y, class_weights=RELEASED_WEIGHTS, temperature=case.temperature)
    loss.backward()
    case.check_value(loss, "loss_crs_cont")
    case.check_gradient(z, "grad_crs_cont")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_crs_cont_without_weights(name: str, dtype: torch.dtype) -> None:
    case = Case(name, dtype)
    z = case.input("embeddings")
    loss = crs_cont_loss(z, case["coarse_labels"].repeat(2), temperature=case.temperature)
    loss.backward()
    case.check_value(loss, "loss_crs_cont_unweighted")
    case.check_gradient(z, "grad_crs_cont_unweighted")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_module_with_weights_by_name(name: str, dtype: torch.dtype) -> None:
    case = Case(name, dtype)
    z = case.input("embeddings")
    loss_fn = CRSContLoss(case.temperature, {"negative": 0.5}, normalize=False)
    loss = loss_fn(z, case["coarse_labels"].repeat(2))
    loss.backward()
    case.check_value(loss, "loss_crs_cont")
    case.check_gradient(z, "grad_crs_cont")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", WHOLE_CASES)
def test_cross_entropy_is_of_view_1(name: str, dtype: torch.dtype) -> None:
    case = Case(name, dtype)
    y = case["coarse_labels"]
    image_ids = torch.arange(len(y)).repeat(2)
    loss = CoarseCrossEntropy()(case["coarse_logits"], y.repeat(2), image_ids)
    case.check_value(loss, "loss_cross_entropy")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", WHOLE_CASES)
def test_prediction_ntxent(name: str, dtype: torch.dtype) -> None:
    case = Case(name, dtype)
    logits = case["coarse_logits"]
    loss = PredictionNTXent(case.temperature)(logits, torch.arange(len(logits) // 2).repeat(2))
    case.check_value(loss, "loss_prediction_ntxent")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", WHOLE_CASES)
def test_total_is_crs_cont_plus_cross_entropy_plus_0p4_prediction_ntxent(
    name: str, dtype: torch.dtype
) -> None:
    case = Case(name, dtype)
    z, logits = case.input("embeddings"), case.input("coarse_logits")
    y = case["coarse_labels"].repeat(2)
    image_ids = torch.arange(len(y) // 2).repeat(2)
    loss = (
        crs_cont_loss(z, y, RELEASED_WEIGHTS, case.temperature)
        + CoarseCrossEntropy()(logits, y, image_ids)
        + 0.4 * PredictionNTXent(case.temperature)(logits, image_ids)
    )
    loss.backward()
    case.check_value(loss, "loss_total")
    case.check_gradient(z, "grad_total_embeddings")
    case.check_gradient(logits, "grad_total_logits")
