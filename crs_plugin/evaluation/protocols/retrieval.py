"""Retrieval: whether the faces nearest to a face show the same expression."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from annotated_types import Len
from numpy.typing import NDArray

from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.drawn_images import drawn_images, images_to_test
from crs_plugin.evaluation.figures.drawing import Drawing
from crs_plugin.evaluation.figures.file_name import file_name
from crs_plugin.evaluation.figures.neighbours import Neighbours, neighbours_sheet
from crs_plugin.evaluation.mean_estimate import mean_estimate
from crs_plugin.evaluation.probing.linear_classifier import Ids
from crs_plugin.evaluation.probing.probe_data import labelled_with_note
from crs_plugin.evaluation.result import TRAINED, EvaluationResult, Measure
from crs_plugin.expressions import ALL_EXPRESSIONS
from crs_plugin.registry import Part, PositiveInt, register

_CHUNK = 256
"""Queries that are compared with all faces at once."""

_SHOWN, _MOST_ROWS = 5, 8
"""Neighbours of a face in the picture, and faces."""


@dataclass(frozen=True)
class _Faces:
    """Faces to search among, and those of them that have something to find.

    Attributes:
        dataset: The N labelled images.
        queries: Indices ``[Q]`` of the images that others of their class may answer.
        notes: What was left out.
    """

    dataset: FaceDataset
    queries: Ids
    notes: tuple[str, ...]

    def answers(self, queries: Ids) -> NDArray[np.bool_]:
        """Return which faces may answer ``[Q, N]``: neither a query itself nor its person."""
        persons = self.dataset.subject
        others: NDArray[np.bool_] = persons[queries, None] != persons
        others |= persons[queries, None] < 0
        others[np.arange(len(queries)), queries] = False
        return others

    def right(self, queries: Ids) -> NDArray[np.bool_]:
        """Return which faces ``[Q, N]`` are right answers."""
        alike: NDArray[np.bool_] = self.dataset.fine[queries, None] == self.dataset.fine
        return alike & self.answers(queries)


@register("evaluation", "retrieval")
class Retrieval:
    """Search with each test image among the others: are the nearest of the same expression?

    Nearness is the cosine of frozen features; nothing is trained. Images of the same person are
    never an answer, where persons are known, so that a face is not found by its identity. recall@k
    is the share of queries with a right answer among the k nearest; mAP the mean average precision
    of the whole order, which is also given as a mean over expressions, so that rare ones count
    alike. A picture shows one query of each expression, drawn at random. The same is done for the
    recipe's references.

    Args:
        title: Name in tables; by default that of the data.
        data: Data whose test split is searched, or all of it where there is none; by default the
            recipe's data.
        at: The k of recall@k.
        images: Images at most; more are drawn from.
    """

    def __init__(
        self,
        *,
        title: str | None = None,
        data: Annotated[Callable[[], FaceDataset] | None, Part("dataset")] = None,
        at: Annotated[Sequence[PositiveInt], Len(1)] = (1, 5, 10),
        images: PositiveInt = 4000,
    ) -> None:
        self.title = title
        self.data = data
        self.at = tuple(sorted(set(at)))
        self.images = images

    def check(self, context: EvaluationContext, /) -> None:
        """Open the data and see whether there is anything to find; needs no encoder.

        Raises:
            InputError: If there is not; the message says why.
        """
        self._faces(context)

    def test_parts(self, context: EvaluationContext, /) -> tuple[FaceDataset, ...]:
        """Return the images that are tested, for whoever looks for leaks."""
        return (self._faces(context).dataset,)

    def __call__(self, context: EvaluationContext, /) -> EvaluationResult:
        """Search with the features of every encoder.

        Raises:
            InputError: As ``check``, or if an encoder's features are not finite.
        """
        faces = self._faces(context)
        asked = faces.dataset.take(faces.queries)
        title = self.title or f"{asked.name}, retrieval"
        expression = np.unique(asked.fine, return_inverse=True)[1]
        columns: dict[str, dict[str, NDArray[np.float64]]] = {}
        drawings: tuple[Drawing, ...] = ()
        for done, which in enumerate(context.encoders):
            context.progress(f"retrieval: {title}", done, len(context.encoders))
            features = torch.nn.functional.normalize(
                torch.from_numpy(context.features(which, faces.dataset)), dim=1
            )
            columns[which] = self._search(features, faces)
            if which == TRAINED:
                drawings = (_picture(context, features, faces, title),)
        context.progress(f"retrieval: {title}", len(context.encoders), len(context.encoders))

        def measure(name: str, column: str, group: Ids | None = None) -> Measure:
            return Measure(
                name,
                {
                    which: mean_estimate(
                        found[column], subject=asked.subject, seed=context.seed, group=group
                    )
                    for which, found in columns.items()
                },
            )

        return EvaluationResult(
            title=title,
            protocol="nearest faces by cosine",
            measures=(
                *(measure(f"recall@{k}", f"recall@{k}") for k in self.at),
                measure("mAP", "AP"),
                measure("mAP, expressions alike", "AP", expression),
            ),
            drawings=drawings,
            headline=False,
            notes=(self._told(faces), self._chance(faces), *faces.notes),
        )

    def _faces(self, context: EvaluationContext) -> _Faces:
        whole = context.open(self.data)
        tested = images_to_test(whole)
        dataset, notes = labelled_with_note(tested)
        if tested is whole:
            notes.append(f"{whole.name} has no test split: all its images were searched.")
        if len(dataset) > self.images:
            notes.append(f"{self.images:,} of its {len(dataset):,} images were drawn.")
            dataset = drawn_images(dataset, self.images, context.seed)
        if len(dataset.expressions) < 2:
            found = ", ".join(dataset.expressions) or "no label"
            raise DataError(
                f"data set {whole.name}: retrieval needs images of at least two expressions;"
                f" found: {found}"
            )
        everyone = _Faces(dataset, np.arange(len(dataset)), tuple(notes))
        answered = np.concatenate(
            [everyone.right(chunk).any(1) for chunk in _chunks(everyone.queries)]
        )
        if not answered.any():
            raise DataError(
                f"data set {whole.name}: retrieval finds no two images of different persons with"
                " the same expression"
            )
        if not answered.all():
            lonely = sorted({ALL_EXPRESSIONS[fine] for fine in dataset.fine[~answered]})
            count = int((~answered).sum())
            notes.append(
                f"{count:,} image{'s' * (count != 1)} could not be a query, with no other image of"
                f" the expression to find: {', '.join(lonely)}."
            )
        return _Faces(dataset, np.flatnonzero(answered), tuple(notes))

    def _search(self, features: torch.Tensor, faces: _Faces) -> dict[str, NDArray[np.float64]]:
        """Return average precision and recall@k of each query ``[Q]``."""
        from torchmetrics.functional.retrieval import (
            retrieval_average_precision,
            retrieval_hit_rate,
        )

        found: dict[str, list[float]] = {"AP": [], **{f"recall@{k}": [] for k in self.at}}
        for chunk in _chunks(faces.queries):
            # Above zero, for torchmetrics takes answers of other scores for irrelevant ones.
            likeness = features[chunk] @ features.T + 2
            answers, right = (torch.from_numpy(f(chunk)) for f in (faces.answers, faces.right))
            for scores, may, alike in zip(likeness, answers, right, strict=True):
                scores, alike = scores[may], alike[may]
                found["AP"].append(float(retrieval_average_precision(scores, alike)))
                for k in self.at:
                    found[f"recall@{k}"].append(
                        float(retrieval_hit_rate(scores, alike, min(k, len(scores))))
                    )
        return {name: np.array(values) for name, values in found.items()}

    def _told(self, faces: _Faces) -> str:
        dataset = faces.dataset
        known = (
            " Answers of the query's own person are left out; intervals are a bootstrap over"
            f" {len(np.unique(dataset.subject)):,} persons."
            if dataset.subject_known
            else " Persons are not known for all images, so some faces may be found by identity;"
            " intervals are a bootstrap over the queries."
        )
        return f"{len(faces.queries):,} queries among {len(dataset):,} images.{known}"

    def _chance(self, faces: _Faces) -> str:
        """Say what an order by chance finds: for large sets its mAP is the share of the right."""
        shares = np.concatenate(
            [
                faces.right(chunk).sum(1) / faces.answers(chunk).sum(1)
                for chunk in _chunks(faces.queries)
            ]
        )
        recalls = ", ".join(f"recall@{k} {(1 - (1 - shares) ** k).mean():.1%}" for k in self.at)
        return f"An order by chance gives about {recalls}, mAP {shares.mean():.1%}."


def _chunks(queries: Ids) -> list[Ids]:
    return np.array_split(queries, -(-len(queries) // _CHUNK))


def _picture(
    context: EvaluationContext, features: torch.Tensor, faces: _Faces, title: str
) -> Drawing:
    generator, fine = np.random.default_rng(context.seed), faces.dataset.fine
    queries = np.array(
        [
            generator.choice(faces.queries[fine[faces.queries] == expression])
            for expression in np.unique(fine[faces.queries])[:_MOST_ROWS]
        ]
    )
    likeness = (features[queries] @ features.T).masked_fill(
        torch.from_numpy(~faces.answers(queries)), -torch.inf
    )
    shown = min(_SHOWN, int(faces.answers(queries).sum(1).min()))
    nearest = likeness.topk(shown, dim=1).indices.numpy()
    rows = [
        Neighbours(
            context.pixels(faces.dataset.take(indices)),
            tuple(ALL_EXPRESSIONS[i] for i in fine[indices]),
        )
        for indices in np.concatenate([queries[:, None], nearest], axis=1)
    ]
    name = file_name("neighbours", title)
    return neighbours_sheet(name, "Nearest faces, trained encoder", rows)
