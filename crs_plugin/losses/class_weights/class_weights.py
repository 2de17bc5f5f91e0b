"""The vector of class weights, as a module so that it is saved and moved with the loss."""

import torch
from torch import Tensor, nn


class ClassWeights(nn.Module):
    """Weight of each coarse class.

    Attributes:
        weights: [C] float, the weight of the class with that id. A buffer: it moves with
            ``.to(device)`` and is part of the state dict.
    """

    weights: Tensor

    def __init__(self, weights: Tensor) -> None:
        """Keep the weights.

        Args:
            weights: [C] real numbers, at least 0 and finite.

        Raises:
            TypeError: If they are not a tensor of real numbers.
            ValueError: If they are not a vector, or one is negative, infinite or NaN.
        """
        super().__init__()
        check_class_weights(weights)
        if not weights.is_floating_point():
            weights = weights.to(torch.get_default_dtype())
        self.register_buffer("weights", weights.detach().clone())

    def extra_repr(self) -> str:
        """Return the weights, for ``print``."""
        return f"{self.weights.tolist()}"


def check_class_weights(weights: Tensor) -> None:
    """Check that ``weights`` is a vector of finite numbers that are at least 0.

    Raises:
        TypeError: If it is not a tensor of real numbers.
        ValueError: If it is not a vector, or a weight is negative, infinite or NaN.
    """
    if not isinstance(weights, Tensor) or weights.is_complex() or weights.dtype is torch.bool:
        found = weights.dtype if isinstance(weights, Tensor) else type(weights).__name__
        raise TypeError(f"class_weights must be a tensor of real numbers [C], not {found}")
    if weights.dim() != 1:
        raise ValueError(f"class_weights must be a vector [C], not of shape {list(weights.shape)}")
    wrong = ~(weights.isfinite() & (weights >= 0))
    if wrong.any():
        index = int(wrong.nonzero()[0])
        raise ValueError(
            f"class_weights must be finite and at least 0, but that of class {index}"
            f" is {weights[index].item()}"
        )
