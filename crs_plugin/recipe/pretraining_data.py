"""The faces that a run pre-trains on: chosen from the recipe's data, with both kinds of ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.expressions import ALL_EXPRESSIONS, UNLABELLED
from crs_plugin.recipe.recipe import Recipe


@dataclass(frozen=True)
class PretrainingData:
    """The faces that a run pre-trains on: the train split of the recipe's data.

    Attributes:
        dataset: The N faces.
        fine: int64 ``[N]``, ids of their expressions within ``expressions``; -1 for none.
        coarse: int64 ``[N]``, coarse ids; -1 for none.
        expressions: Names of the expressions that occur, in canonical order.
        excluded: Expression → number of images that the recipe keeps out.
    """

    dataset: FaceDataset
    fine: torch.Tensor
    coarse: torch.Tensor
    expressions: tuple[str, ...]
    excluded: Mapping[str, int] = field(default_factory=dict)

    @property
    def unlabelled(self) -> int:
        """Number of faces without an expression, which may show any."""
        return int((self.fine == UNLABELLED).sum())


def pretraining_data(recipe: Recipe, opened: FaceDataset) -> PretrainingData:
    """Return what the encoder may see of the data: their train split, with both kinds of ids.

    Without the expressions that the recipe excludes and, of these, only as many as its
    ``training.images`` allows.

    Raises:
        DataError: If the train split is empty, or has fewer images than that.
    """
    dataset = opened.in_split("train")
    if len(dataset) == 0:
        splits = ", ".join(f"{split} {sum(n.values()):,}" for split, n in opened.counts().items())
        raise DataError(
            f"{opened.name} has no image in its train split to pre-train on; it has {splits or 0}"
        )
    dataset, excluded = without_excluded(recipe, dataset)
    wanted = recipe.training.images
    if wanted is not None and wanted > len(dataset):
        raise DataError(
            f"training.images is {wanted:,}, but {dataset.name} has only {len(dataset):,} images in"
            " its train split; give fewer, or leave the option out"
        )
    if wanted is not None:
        drawn = np.random.default_rng(recipe.seed).permutation(len(dataset))[:wanted]
        dataset = dataset.take(np.sort(drawn))
    return _with_ids(recipe, dataset, excluded)


def reduced(recipe: Recipe, data: PretrainingData, kept: NDArray[np.int64]) -> PretrainingData:
    """Return only some of the faces, with ids anew: an expression may be gone.

    Args:
        recipe: The recipe.
        data: What there is.
        kept: Indices ``[K]`` of those that stay.
    """
    return _with_ids(recipe, data.dataset.take(kept), data.excluded)


def _with_ids(recipe: Recipe, dataset: FaceDataset, excluded: Mapping[str, int]) -> PretrainingData:
    expressions = dataset.expressions
    contiguous = np.full(len(ALL_EXPRESSIONS) + 1, UNLABELLED)
    contiguous[[ALL_EXPRESSIONS.index(name) for name in expressions]] = range(len(expressions))
    coarse = np.array([*recipe.labels.ids(), UNLABELLED])
    return PretrainingData(
        dataset,
        torch.from_numpy(contiguous[dataset.fine].astype(np.int64)),
        torch.from_numpy(coarse[dataset.fine].astype(np.int64)),
        expressions,
        excluded,
    )


def without_excluded(recipe: Recipe, dataset: FaceDataset) -> tuple[FaceDataset, dict[str, int]]:
    """Return the images whose expression the recipe does not exclude, and what it excludes.

    Args:
        recipe: The recipe.
        dataset: Images that pre-training could see.

    Returns:
        The images that are left, and excluded expression → number of its images.
    """
    ids = [ALL_EXPRESSIONS.index(name) for name in recipe.exclude_expressions]
    numbers = {
        name: int((dataset.fine == fine).sum())
        for name, fine in zip(recipe.exclude_expressions, ids, strict=True)
    }
    return dataset.take(np.flatnonzero(~np.isin(dataset.fine, ids))), numbers


def coarse_counts(recipe: Recipe, coarse: torch.Tensor) -> tuple[int, ...]:
    """Return the number of images of each coarse class, in the order of the ids.

    Args:
        recipe: The recipe.
        coarse: int64 ``[N]``, coarse ids; those without one (-1) count nowhere.
    """
    counts = torch.bincount(coarse[coarse != UNLABELLED], minlength=len(recipe.labels.classes))
    return tuple(counts.tolist())
