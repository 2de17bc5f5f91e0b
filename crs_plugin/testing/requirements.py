"""What several contracts require of results, and of the machine that they are checked on."""

from functools import cache

import torch
from torch import Tensor

from crs_plugin.testing.contract import ContractError, NotCheckedError, require


def devices() -> list[torch.device]:
    """Return the devices of this machine."""
    found = [torch.device("cpu")]
    if torch.cuda.is_available():
        found.append(torch.device("cuda", torch.cuda.current_device()))
    if torch.backends.mps.is_available():
        found.append(torch.device("mps", 0))
    return found


def require_near(found: Tensor, expected: Tensor, most: float, what: str) -> None:
    """Require that two results are the same up to rounding.

    The mean counts: where values are quantised, rounding moves a few of them by a whole step.
    """
    difference = (found.float() - expected.float()).abs().mean().item()
    require(difference <= most, f"{what} differs by {difference:.2g} on average, {most:g} at most")


def require_in_range(images: Tensor, what: str) -> None:
    """Require finite values in [0, 1], up to rounding."""
    require(images.isfinite().all(), f"{what} gives values that are not finite")
    least, most = images.min().item(), images.max().item()
    require(
        least >= -1e-4 and most <= 1 + 1e-4,
        f"{what} gives values from {least:.4g} to {most:.4g}, not within [0, 1]",
    )


def require_gradient(results: Tensor, images: Tensor) -> None:
    """Require a finite gradient from the results to the images, some of it not 0."""
    require(results.requires_grad, "the result has no gradient")
    [gradient] = torch.autograd.grad(results.square().sum(), images, allow_unused=True)
    if gradient is None:
        raise ContractError("no gradient comes back to the images")
    require(gradient.isfinite().all(), "gradients are not finite")
    require(gradient.abs().sum() > 0, "the gradient is 0 everywhere")


@cache
def _why_no_compiler() -> str:
    try:
        torch.compile(_plus_one)(torch.zeros(2))
    except Exception as error:
        return f"torch.compile does not work here: {str(error).strip().splitlines()[0]}"
    return ""


def require_compiler() -> None:
    """Leave the clause out where torch.compile does not work.

    Raises:
        NotCheckedError: If it does not.
    """
    if _why_no_compiler():
        raise NotCheckedError(_why_no_compiler())


def _plus_one(x: Tensor) -> Tensor:
    return x + 1
