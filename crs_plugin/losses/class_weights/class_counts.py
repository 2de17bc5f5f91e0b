"""How many training images each coarse class has, and weights that follow from it."""

import operator
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from crs_plugin.losses.class_weights.class_name import check_class_name
from crs_plugin.registry import NonNegativeInt

ClassCounts = Mapping[str, NonNegativeInt] | Sequence[NonNegativeInt]
"""Number of training images by name of the coarse class, or in the order of the ids."""


def counts_by_id(class_counts: ClassCounts, class_names: Sequence[str]) -> list[int]:
    """Return the numbers of images [C] in the order of the ids.

    Args:
        class_counts: By name, of every class; or in the order of the ids.
        class_names: [C] names of the coarse classes in the order of their ids.

    Raises:
        TypeError: If a number is not whole.
        ValueError: If a name is none of ``class_names``, a class is left out, a number is negative,
            or no class has an image.
    """
    if isinstance(class_counts, Mapping):
        for name in class_counts:
            check_class_name(name, class_names, "class_counts")
        missing = [name for name in class_names if name not in class_counts]
        if missing:
            raise ValueError(
                f"class_counts lacks {', '.join(missing)}; write 0 for a class without images"
            )
        class_counts = [class_counts[name] for name in class_names]
    if len(class_counts) != len(class_names):
        raise ValueError(
            f"class_counts has {len(class_counts)} numbers for {len(class_names)} classes"
            f" ({', '.join(class_names)})"
        )
    counts = [_whole(count, name) for count, name in zip(class_counts, class_names, strict=True)]
    if not any(counts):
        raise ValueError("class_counts says that no class has an image")
    return counts


def weights_by_count(counts: Sequence[int], weight: Callable[[int], float]) -> Tensor:
    """Return weights [C] in proportion to a function of the count, 1 in the mean over the images.

    So a loss that divides by the number of images stays on the scale of the unweighted one, and
    learning rate and weights of other terms keep their meaning. Class weights of scikit-learn
    (``class_weight="balanced"``) are scaled like that; others make their mean over the *classes* 1.

    A class without images has no anchors: its weight is 0, and counts in no mean.

    Args:
        counts: [C] numbers of images, not all 0.
        weight: Weight of a class with that many images (at least 1), above 0 for the smallest.
    """
    weights = [weight(count) if count else 0.0 for count in counts]
    of_all_images = sum(count * weight for count, weight in zip(counts, weights, strict=True))
    mean = of_all_images / sum(counts)
    return torch.tensor([weight / mean for weight in weights])


def _whole(count: int, name: str) -> int:
    try:
        whole = operator.index(count)
    except TypeError:
        raise TypeError(f"class_counts of {name!r} must be a whole number, not {count!r}") from None
    if whole < 0:
        raise ValueError(f"class_counts of {name!r} must be ≥ 0, not {whole}")
    return whole
