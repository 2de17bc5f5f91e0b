"""Pairs and labels of a batch that is spread over two processes."""

from typing import Any

import pytest
import torch
from processes import in_processes
from torch import Tensor

from crs_plugin.expressions import DEFAULT_COARSE
from crs_plugin.losses import CRSContLoss, CRSSelfSupervisedLoss
from crs_plugin.miners import CoarseLabelMiner

SIZES = (11, 6)


def part(rank: int) -> tuple[Tensor, Tensor]:
    """Embeddings and fine labels of a process; some have no coarse class, or no label."""
    generator = torch.Generator().manual_seed(rank)
    z = torch.randn(SIZES[rank], 4, generator=generator, dtype=torch.float64)
    fine = torch.randint(0, 10, (SIZES[rank],), generator=generator)
    fine[2] = -1
    return z, fine


def whole() -> tuple[Tensor, Tensor]:
    parts = [part(rank) for rank in range(2)]
    return torch.cat([z for z, _ in parts]), torch.cat([fine for _, fine in parts])


def value_and_gradient(z: Tensor, fine: Tensor, **options: Any) -> tuple[float, Tensor]:
    z = z.requires_grad_()
    pairs = CoarseLabelMiner(table=DEFAULT_COARSE)(z, fine)
    loss = CRSContLoss(**options)(z, fine, pairs)
    (gradient,) = torch.autograd.grad(loss, z)
    return loss.item(), gradient


def views(images: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn(images, 4, generator=generator, dtype=torch.float64)
    return first, first + torch.randn(images, 4, generator=generator, dtype=torch.float64)


def on_own_part(rank: int) -> dict[str, Any]:
    z, fine = part(rank)
    value, gradient = value_and_gradient(z, fine)
    # Data-parallel training divides the gradient by the number of processes.
    found: dict[str, Any] = {"value": value, "gradient": gradient / 2}
    if rank == 1:
        fine = torch.full_like(fine, 15)  # none of its rows is in a pair
    found["in no pair"] = value_and_gradient(z, fine)[0]
    found["views"] = CRSSelfSupervisedLoss(CRSContLoss())(*views(SIZES[rank], rank)).item()
    return found


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return in_processes(2, on_own_part, tmp_path_factory.mktemp("two"))


def test_pairs_by_other_labels_are_gathered_with_rows_that_are_in_none(two: list[Any]) -> None:
    value, gradient = value_and_gradient(*whole())
    for found in two:
        assert found["value"] == pytest.approx(value, rel=1e-9)
    torch.testing.assert_close(torch.cat([found["gradient"] for found in two]), gradient)
    z, fine = whole()
    fine[SIZES[0] :] = 15
    expected, _ = value_and_gradient(z, fine)
    assert [found["in no pair"] for found in two] == pytest.approx([expected] * 2, rel=1e-9)


def test_image_numbers_do_not_collide(two: list[dict[str, Any]]) -> None:
    parts = [views(SIZES[rank], rank) for rank in range(2)]
    first, second = (torch.cat(view) for view in zip(*parts, strict=True))
    expected = CRSSelfSupervisedLoss(CRSContLoss())(first, second).item()
    for found in two:
        assert found["views"] == pytest.approx(expected, rel=1e-9)
