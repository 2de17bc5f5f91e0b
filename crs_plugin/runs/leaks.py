"""Whether a recipe pre-trains on what it tests: found out and told before training."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from rich.table import Column, Table
from rich.text import Text

from crs_plugin.data.dataset import DataError, FaceDataset, Images
from crs_plugin.data.decoded_images import DecodedImages, ImageReader
from crs_plugin.data.leakage.copies import find_copies
from crs_plugin.data.leakage.overlap import Overlap, overlap
from crs_plugin.data.leakage.part import Part, splits_of
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.features.traced_images import TracedImages
from crs_plugin.evaluation.report.leaks import Comparison, Leaks
from crs_plugin.recipe.pretraining_data import PretrainingData
from crs_plugin.recipe.problem import RecipeError
from crs_plugin.recipe.spec import Spec
from crs_plugin.runs.opened_data import PRETRAINING
from crs_plugin.runs.telling import Telling


@dataclass(frozen=True)
class Pretrained:
    """What an encoder was pre-trained on, or is about to be.

    Attributes:
        dataset: The N faces, of a data set that the context has open.
        images: The same, decoded.
    """

    dataset: FaceDataset
    images: DecodedImages


@dataclass(frozen=True)
class Tested:
    """An evaluation, and what it shares with the pre-training data.

    Attributes:
        spec: The evaluation in the recipe.
        overlap: The pre-training data and its test part, or one of several.
    """

    spec: Spec
    overlap: Overlap


@dataclass(frozen=True)
class FoundLeaks:
    """What a recipe's data have in common that should be apart.

    Attributes:
        tested: The pre-training data compared with what each evaluation tests.
        splits: The splits of each data set compared with one another.
        not_checked: Names of evaluations that do not say what they test.
    """

    tested: tuple[Tested, ...]
    splits: tuple[Overlap, ...]
    not_checked: tuple[str, ...] = ()

    @property
    def overlaps(self) -> tuple[Overlap, ...]:
        """Everything that leaks."""
        compared = (*(each.overlap for each in self.tested), *self.splits)
        return tuple(found for found in compared if found.is_leak)

    @property
    def pretrained(self) -> tuple[Tested, ...]:
        """The evaluations whose test part leaks into the pre-training data."""
        return tuple(each for each in self.tested if each.overlap.is_leak)

    def told(self, on_leak: str, dropped: int = 0, unknown: str = "") -> Leaks:
        """Return what the report tells.

        Args:
            on_leak: What is wanted.
            dropped: Images that were left out of the pre-training data for it.
            unknown: Why the pre-training data were not among what was compared.
        """
        tested = [Comparison.of(each.overlap, pretraining=True) for each in self.tested]
        splits = [Comparison.of(found, pretraining=False) for found in self.splits]
        return Leaks(on_leak, (*tested, *splits), dropped, self.not_checked, unknown)


def find_leaks(
    evaluation: Sequence[Spec],
    context: EvaluationContext,
    pretrained: Pretrained | None,
    divided: Sequence[FaceDataset],
    reader: ImageReader,
) -> FoundLeaks:
    """Compare the pre-training data with what is tested, and the splits of every data set.

    An evaluation says what it tests by its method ``test_parts(context)``, which returns parts of
    data sets that the context has open, and by its attribute ``unseen_persons`` that nobody whom it
    tests may be known to the encoder.

    Args:
        evaluation: The evaluations.
        context: With all data open, and images read.
        pretrained: The pre-training data; None where they are not known: then only splits are
            compared.
        divided: The data sets of the context whose splits are compared with one another.
        reader: Reads images that are not at hand, and hears of progress.

    Raises:
        DataError: If images cannot be read.
    """
    tested: list[_TestPart] = []
    not_checked: list[str] = []
    sizes = [context.input_size]
    parts: list[Part] = []
    if pretrained is not None:
        tested, not_checked = _test_parts(evaluation, context, reader)
        sizes.append(pretrained.images.shape[-1])
        name = f"{PRETRAINING} ({pretrained.dataset.name})"
        parts.append(_part(name, context, pretrained.dataset, pretrained.images))
    parts += [each.part for each in tested]
    splits = _splits(context, divided, sizes)
    first_split = len(parts)
    parts += splits
    if len(parts) < 2:
        return FoundLeaks((), (), tuple(not_checked))
    copies = find_copies(parts, reader.progress)
    return FoundLeaks(
        tuple(
            Tested(each.spec, overlap(parts, copies, 0, number, strangers=each.strangers))
            for number, each in enumerate(tested, start=1)
        ),
        tuple(
            overlap(parts, copies, number, later)
            for (number, one), (later, other) in combinations(
                enumerate(splits, start=first_split), 2
            )
            if other.dataset is one.dataset
        ),
        tuple(not_checked),
    )


@dataclass(frozen=True)
class _TestPart:
    """What one evaluation tests, or one of several parts of it.

    Attributes:
        spec: The evaluation in the recipe.
        part: The images.
        strangers: Whether nobody in them may be known to the encoder.
    """

    spec: Spec
    part: Part
    strangers: bool


def _test_parts(
    evaluation: Sequence[Spec], context: EvaluationContext, reader: ImageReader
) -> tuple[list[_TestPart], list[str]]:
    """Return what the evaluations test, and the names of those that do not say."""
    found: list[_TestPart] = []
    not_checked: list[str] = []
    for spec in evaluation:
        built = spec.build()
        name = getattr(built, "title", None) or f"{spec.name} ({spec.key})"
        tested = built.test_parts(context) if hasattr(built, "test_parts") else ()
        if not tested or not all(isinstance(part.images, TracedImages) for part in tested):
            not_checked.append(name)
            continue
        strangers = bool(getattr(built, "unseen_persons", False))
        for dataset in tested:
            images = context.decoded(dataset, context.input_size)
            if images is None:
                images = reader.decoded(dataset, context.input_size).images
            of = f" on {dataset.name}" if len(tested) > 1 else ""
            part = _part(f"test of {name}{of}", context, dataset, images)
            found.append(_TestPart(spec, part, strangers))
    return found, not_checked


def without_leaks(data: PretrainingData, found: FoundLeaks) -> NDArray[np.int64]:
    """Return which of the pre-training faces have nothing to do with what is tested.

    Returns:
        Indices ``[K]``, ascending.

    Raises:
        DataError: If none is left.
    """
    leaking = [each.overlap.first_leaking for each in found.tested]
    rows = np.concatenate([np.empty(0, np.int64), *leaking])
    traced = data.dataset.images
    assert isinstance(traced, TracedImages)
    kept = np.flatnonzero(~np.isin(traced.rows, rows))
    if len(kept) == 0:
        raise DataError(
            f"on_leak: drop_from_train would leave none of the {len(data.dataset):,} images of"
            f" {data.dataset.name} to pre-train on:{_listed(found.pretrained)}\n  evaluate on other"
            " data, or pre-train on others"
        )
    return kept


def refuse(found: FoundLeaks, remedy: str) -> None:
    """Raise an error if the pre-training data hold anything that is tested.

    Args:
        found: What was found.
        remedy: What can be done, for the end of the message.

    Raises:
        RecipeError: With a problem for each evaluation that is concerned.
    """
    if found.pretrained:
        raise RecipeError(
            [each.spec.problem(f"{in_words(each.overlap)}; {remedy}") for each in found.pretrained]
        )


def in_words(found: Overlap) -> str:
    """Say in one line what two parts share."""
    said = []
    if len(found.copies):
        said.append(
            f"{found.exact:,} exact and {found.near:,} near copies of the {len(found.second):,}"
            f" images of {found.second.name} are in {found.first.name}"
        )
    if found.subjects:
        persons = f"{found.subjects:,} person{'s' * (found.subjects != 1)}"
        if found.strangers:
            said.append(
                f"{persons} of {found.second.name}, who should be strangers there, are in"
                f" {found.first.name}"
            )
        else:
            said.append(f"{persons} are in both")
    return "; ".join(said) or f"{found.second.name} and {found.first.name} share nothing"


def tell_leaks(found: FoundLeaks, seconds: float, telling: Telling, unknown: str = "") -> None:
    """Tell what is on both sides of a line that keeps images apart.

    Args:
        found: What was found.
        seconds: How long that took.
        telling: Tells it.
        unknown: Why the pre-training data were not among what was compared; empty where they were.
    """
    count = len(found.tested)
    if unknown:
        telling.say_early(f"leaks: what the encoder was pre-trained on was not compared: {unknown}")
    else:
        verdict = "nothing leaks"
        if found.pretrained:
            verdict = "something leaks"
        elif found.overlaps:
            verdict = "nothing leaks between these, but between splits of the data something does"
        telling.say_early(
            f"leaks: pre-training data and {count} test part{'s' * (count != 1)} compared in"
            f" {seconds:.1f} s: {verdict}"
        )
    for leaking in found.overlaps:
        telling.say_early(f"  {in_words(leaking)}")
    if found.not_checked:
        names = ", ".join(found.not_checked)
        telling.say_early(f"  not checked, as they do not say what they test: {names}")


def leak_table(overlaps: Sequence[Overlap]) -> Table:
    """Return a table of what pairs of parts share."""
    numbers = (Column(name, justify="right") for name in ("images", "exact", "near", "persons"))
    table = Table("trained on, or a split", "tested", *numbers, box=None, pad_edge=False)
    for found in overlaps:
        subjects = "not known" if found.subjects is None else f"{found.subjects:,}"
        counts = (f"{len(found.second):,}", f"{found.exact:,}", f"{found.near:,}", subjects)
        table.add_row(*map(Text, (found.first.name, found.second.name, *counts)))
    return table


def _part(
    name: str, context: EvaluationContext, dataset: FaceDataset, images: DecodedImages
) -> Part:
    traced = dataset.images
    assert isinstance(traced, TracedImages)
    whole = (opened for opened in context.datasets if _whole(opened) is traced.whole)
    return Part(name, next(whole), traced.rows, images)


def _whole(dataset: FaceDataset) -> Images:
    assert isinstance(dataset.images, TracedImages)
    return dataset.images.whole


def _splits(
    context: EvaluationContext, divided: Sequence[FaceDataset], sizes: Sequence[int]
) -> list[Part]:
    """Return the splits of the data sets whose images are at hand at one of the sizes."""
    found: list[Part] = []
    for dataset in divided:
        decoded = [images for size in sizes if (images := context.decoded(dataset, size))]
        if decoded:
            found += splits_of(dataset, decoded[0])
    return found


def _listed(pretrained: Sequence[Tested]) -> str:
    return "".join(f"\n  {in_words(each.overlap)}" for each in pretrained)
