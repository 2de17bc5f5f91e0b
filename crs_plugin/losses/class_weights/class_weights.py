"""The vector of class weights, as a module so that it is saved and moved with the loss."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


class ClassWeights(nn.Module):
    """Weight of each coarse class.

    Weights that change over the epochs say so in :meth:`at_epoch`, which does nothing here.

    Attributes:
        weights: [C] float, the weight of the class with that id. A buffer: it moves with
            ``.to(device)`` and is part of the state dict. ``half()`` and the like leave it.
        class_names: [C] names of the classes in the order of their ids; the ids where none are
            given.
    """

    weights: Tensor

    def __init__(self, weights: Tensor, class_names: Sequence[str] | None = None) -> None:
        """Keep the weights.

        Args:
            weights: [C] real numbers, at least 0 and finite.
            class_names: [C] names of the classes in the order of their ids.

        Raises:
            TypeError: If they are not a tensor of real numbers.
            ValueError: If they are not a vector, one is negative, infinite or NaN, or there are
                more or fewer names than weights.
        """
        super().__init__()
        check_class_weights(weights)
        if not weights.is_floating_point():
            weights = weights.to(torch.get_default_dtype())
        self.register_buffer("weights", weights.detach().clone())
        names = range(len(weights)) if class_names is None else class_names
        self.class_names = tuple(map(str, names))
        if len(self.class_names) != len(weights):
            raise ValueError(
                f"class_weights has {len(weights)} weights for {len(self.class_names)} classes"
                f" ({', '.join(self.class_names)})"
            )

    def at_epoch(self, epoch: int) -> None:
        """Take on the weights of an epoch, in place; these here are the same in all of them.

        Training code calls it with the epoch of the batch before it computes the loss: once an
        epoch, or at every step, for it costs next to nothing. Weights of an epoch depend on its
        number only, so that a run that is resumed has the right ones from its first step.

        Args:
            epoch: Number of the epoch, from 0.
        """

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "ClassWeights":
        """Move the weights, but keep their precision: ``half()`` would round them for good."""
        weights = self.weights
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        if self.weights.dtype is not weights.dtype:
            self.weights = weights.to(self.weights.device)
        return self

    def by_name(self) -> dict[str, float]:
        """Return the weights in use, by class name; waits for the device."""
        return dict(zip(self.class_names, self.weights.tolist(), strict=True))

    def extra_repr(self) -> str:
        """Return the weights by name, for ``print``."""
        return ", ".join(f"{name}={weight:g}" for name, weight in self.by_name().items())


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
    for index, weight in enumerate(weights.tolist()):
        if not 0 <= weight < math.inf:
            raise ValueError(
                f"class_weights must be finite and at least 0, but that of class {index} is"
                f" {weight}"
            )
