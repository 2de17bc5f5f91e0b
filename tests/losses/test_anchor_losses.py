import pytest
import torch
from torch import Tensor

from crs_plugin.losses import anchor_losses as dispatch
from crs_plugin.losses import similarity_blocks
from crs_plugin.losses.anchor_losses import anchor_losses
from crs_plugin.losses.pair_losses import pair_losses
from crs_plugin.losses.small_batch import MOST_ROWS

SCALES = [1.0, 30.0]
"""Norms of embeddings whose exponentials are safe, and whose are not."""


def batch(rows: int, classes: int, scale: float) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(rows)
    z = torch.randn(rows, 5, generator=generator, dtype=torch.float64)
    y = torch.randint(0, classes, (rows,), generator=generator)
    return (scale * z / z.norm(dim=1, keepdim=True)).requires_grad_(), y


def by_all_pairs(z: Tensor, y: Tensor) -> Tensor:
    itself = torch.eye(len(z), dtype=torch.bool)
    same = y[:, None] == y
    return pair_losses(z / 0.5, z, same & ~itself, ~same)


@pytest.fixture(params=[0, 60, 10_000], ids=lambda kept: f"keep {kept}")
def _small_blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several blocks for a few rows; none, some or all of them are kept for the gradient."""
    monkeypatch.setattr(dispatch, "MOST_ROWS", 0)
    monkeypatch.setattr(similarity_blocks, "_SHAPE_ON_CPU", (4, 7))
    monkeypatch.setattr(similarity_blocks, "_KEPT", request.param)


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("classes", [1, 3, 40])
@pytest.mark.parametrize("rows", [2, 3, 4, 5, 8, 19, 29])
def test_blocks_make_the_losses_of_their_pairs(rows: int, classes: int, scale: float) -> None:
    check_losses(*batch(rows, classes, scale))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("classes", [1, 3, 40])
@pytest.mark.parametrize("rows", [2, 3, 8, 29, MOST_ROWS, MOST_ROWS + 1])
def test_small_batches_have_the_losses_of_their_pairs(
    rows: int, classes: int, scale: float
) -> None:
    check_losses(*batch(rows, classes, scale))


def check_losses(z: Tensor, y: Tensor) -> None:
    rows = len(z)
    weights = torch.linspace(-1, 2, rows, dtype=torch.float64)
    expected, losses = by_all_pairs(z, y), anchor_losses(z, y, 0.5)
    torch.testing.assert_close(losses, expected, rtol=1e-11, atol=1e-11)
    (wanted,) = torch.autograd.grad((weights * expected).sum(), z)
    (gradient,) = torch.autograd.grad((weights * losses).sum(), z, retain_graph=True)
    torch.testing.assert_close(gradient, wanted, rtol=1e-10, atol=1e-10)
    (again,) = torch.autograd.grad((weights * losses).sum(), z)
    assert torch.equal(again, gradient)


@pytest.mark.usefixtures("_each_way")
@pytest.mark.parametrize("classes", [1, 3])
def test_second_gradient(classes: int) -> None:
    z, y = batch(6, classes, 1.0)
    assert torch.autograd.gradgradcheck(lambda z: anchor_losses(z, y, 0.5), (z,))


@pytest.mark.usefixtures("_each_way")
@pytest.mark.parametrize("classes", [1, 3])
def test_the_gradient_that_can_be_differentiated_is_the_same(classes: int) -> None:
    z, y = batch(6, classes, 1.0)
    weights = torch.linspace(-1, 2, 6, dtype=torch.float64)
    plain, differentiable = (
        torch.autograd.grad((weights * anchor_losses(z, y, 0.5)).sum(), z, create_graph=graph)[0]
        for graph in (False, True)
    )
    assert differentiable.requires_grad
    torch.testing.assert_close(differentiable, plain, rtol=1e-10, atol=1e-10)


@pytest.mark.usefixtures("_each_way")
@pytest.mark.parametrize("lowest", [-7, 0, 100])
def test_any_ids_will_do(lowest: int) -> None:
    z, y = batch(20, 3, 1.0)
    assert torch.equal(anchor_losses(z, y + lowest, 0.5), anchor_losses(z, y, 0.5))


@pytest.mark.parametrize("rows", [0, 1])
def test_fewer_than_two_rows_have_no_loss(rows: int) -> None:
    z, y = batch(2, 1, 1.0)
    losses = anchor_losses(z[:rows], y[:rows], 0.5)
    assert losses.tolist() == [0] * rows
    assert losses.requires_grad


@pytest.mark.usefixtures("_each_way")
@pytest.mark.parametrize("scale", SCALES)
def test_without_a_gradient_nothing_is_kept(scale: float) -> None:
    z, y = batch(20, 3, scale)
    with torch.no_grad():
        losses = anchor_losses(z, y, 0.5)
    torch.testing.assert_close(losses, by_all_pairs(z, y), rtol=1e-11, atol=1e-11)


@pytest.mark.usefixtures("_each_way")
def test_float32_of_large_embeddings_is_as_exact_as_of_small_ones() -> None:
    z, y = batch(40, 3, 100.0)
    (expected,) = torch.autograd.grad(by_all_pairs(z, y).sum(), z)
    single = z.detach().float().requires_grad_()
    losses = anchor_losses(single, y, 0.5)
    assert losses.dtype is torch.float32
    (gradient,) = torch.autograd.grad(losses.sum(), single)
    assert (gradient.double() - expected).norm() < 1e-5 * expected.norm()


@pytest.mark.usefixtures("_each_way")
@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_an_embedding_that_is_not_finite_is_named(value: float) -> None:
    z, y = batch(20, 3, 1.0)
    broken = z.detach().clone()
    broken[13, 2] = value
    with pytest.raises(ValueError, match="row 13 is not"):
        anchor_losses(broken, y, 0.5)


def test_the_blocks_never_ask_the_device_for_values() -> None:
    """The device ``meta`` has shapes only: what would wait for a GPU in the loop fails on it.

    The checks before the loop, which do wait, are left out there.
    """
    z = torch.randn(3000, 8, device="meta", requires_grad=True)
    losses = anchor_losses(z, torch.zeros(3000, dtype=torch.long, device="meta"), 0.07)
    losses.sum().backward()
    assert losses.shape == (3000,)
    assert z.grad is not None
    assert z.grad.shape == z.shape


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_on_a_gpu() -> None:
    z, y = batch(3000, 4, 1.0)
    expected = anchor_losses(z, y, 0.5)
    (wanted,) = torch.autograd.grad(expected.sum(), z)
    on_gpu = z.detach().cuda().requires_grad_()
    losses = anchor_losses(on_gpu, y.cuda(), 0.5)
    (gradient,) = torch.autograd.grad(losses.sum(), on_gpu)
    torch.testing.assert_close(losses.cpu(), expected, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(gradient.cpu(), wanted, rtol=1e-9, atol=1e-9)
