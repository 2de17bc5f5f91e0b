"""The data sets that a recipe opens, in pre-training and in its evaluations."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crs_plugin.recipe.problem import Problem, RecipeError
from crs_plugin.recipe.spec import Spec, nested

if TYPE_CHECKING:
    from crs_plugin.data.dataset import FaceDataset
    from crs_plugin.recipe.recipe import Recipe

PRETRAINING = "pre-training"
"""What the data at the top of a recipe are used for."""


@dataclass(frozen=True)
class OpenedData:
    """A data set, opened.

    Attributes:
        name: What tells it from the others: the data set's own name, with its place in the recipe
            where several have that name.
        uses: What it is used for, by the words of a recipe: ``pre-training``, or the name of an
            evaluation with its place (``linear_probe (evaluation.0)``).
        spec: The component that opens it.
        dataset: The faces, all splits.
    """

    name: str
    uses: tuple[str, ...]
    spec: Spec
    dataset: "FaceDataset"


def opened_data(recipe: "Recipe") -> tuple[OpenedData, ...]:
    """Open every data set of a recipe once, in the order in which the recipe names them.

    Raises:
        RecipeError: If data sets cannot be used; with all of their problems.
    """
    uses: list[tuple[Spec, list[str]]] = []
    for spec, use in _used(recipe):
        known = next((words for other, words in uses if other == spec), None)
        if known is None:
            uses.append((spec, [use]))
        elif use not in known:
            known.append(use)
    datasets = _opened([spec for spec, _ in uses])
    named = Counter(dataset.name for dataset in datasets)
    return tuple(
        OpenedData(
            f"{dataset.name} ({spec.key})" if named[dataset.name] > 1 else dataset.name,
            tuple(words),
            spec,
            dataset,
        )
        for (spec, words), dataset in zip(uses, datasets, strict=True)
    )


def _used(recipe: "Recipe") -> Iterator[tuple[Spec, str]]:
    for spec in recipe.specs:
        for inner in nested(spec):
            if inner.kind == "dataset":
                inside = f"{spec.name} ({spec.key})"
                yield inner, PRETRAINING if spec.kind == "dataset" else inside


def _opened(specs: Sequence[Spec]) -> "list[FaceDataset]":
    datasets: list[FaceDataset] = []
    problems: list[Problem] = []
    for spec in specs:
        try:
            datasets.append(spec.build())
        except RecipeError as error:
            problems += error.problems
    if problems:
        raise RecipeError(problems)
    return datasets
