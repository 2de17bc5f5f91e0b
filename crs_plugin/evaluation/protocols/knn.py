"""Nearest neighbours: what the features say without a classifier being trained."""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated

import numpy as np
import torch
from annotated_types import Len

from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.metrics import accuracy_and_uar
from crs_plugin.evaluation.probing.linear_classifier import Ids, LabelledFeatures
from crs_plugin.evaluation.probing.probe_data import ProbeData
from crs_plugin.evaluation.probing.probe_source import ProbeSource
from crs_plugin.evaluation.result import EvaluationResult
from crs_plugin.evaluation.scored_target import probe_target
from crs_plugin.registry import OpenFraction, Part, PositiveFloat, PositiveInt, register

_CHUNK = 512
"""Images that are compared with the whole bank at once."""


@register("evaluation", "knn")
class NearestNeighbours:
    """Weighted vote of the k nearest training images, by Lightly's ``knn_predict``.

    Nearness is the cosine of frozen features; a neighbour's vote weighs exp(cosine / temperature).
    The k is chosen on the valid split of the training data or, without one, on a part of the
    training images with no person on both sides; then both vote on the test images, once. The same
    is done for the recipe's references. Source: Wu et al., Unsupervised Feature Learning via
    Non-Parametric Instance Discrimination, CVPR 2018.

    Args:
        title: Name of the target in tables; by default the names of the data.
        data: Data whose train split votes and whose test split tests (a fifth is set aside where
            there are no splits); by default the recipe's data.
        test_data: Other data to test on: their test split, or all where they have none.
        k: Numbers of neighbours that are tried; those beyond the number of training images are not.
        temperature: The smaller, the less far neighbours count.
        validation_fraction: Share of the training images that chooses k.
    """

    def __init__(
        self,
        *,
        title: str | None = None,
        data: Annotated[Callable[[], FaceDataset] | None, Part("dataset")] = None,
        test_data: Annotated[Callable[[], FaceDataset] | None, Part("dataset")] = None,
        k: Annotated[Sequence[PositiveInt], Len(1)] = (1, 5, 20, 50, 200),
        temperature: PositiveFloat = 0.1,
        validation_fraction: OpenFraction = 0.2,
    ) -> None:
        self.title = title
        self.source = ProbeSource("knn", data, test_data, validation_fraction)
        self.k = tuple(sorted(set(k)))
        self.temperature = temperature

    def check(self, context: EvaluationContext, /) -> None:
        """Open the data and see whether there are neighbours enough; needs no encoder.

        Raises:
            InputError: If there are not; the message says why.
        """
        self._possible(self.source.divided(context))

    def test_parts(self, context: EvaluationContext, /) -> tuple[FaceDataset, ...]:
        """Return the images that are tested, for whoever looks for leaks."""
        return (self.source.divided(context).test,)

    def __call__(self, context: EvaluationContext, /) -> EvaluationResult:
        """Let the neighbours vote for every encoder.

        Raises:
            InputError: As ``check``, or if an encoder's features are not finite.
        """
        probe = self.source.divided(context)
        tried = self._possible(probe)
        title = self.title or f"{probe.data_names} kNN"
        predictions: dict[str, Ids] = {}
        chosen: dict[str, int] = {}
        for done, which in enumerate(context.encoders):
            context.progress(f"nearest neighbours: {title}", done, len(context.encoders))
            chosen[which], predictions[which] = self._predict(context, which, probe, tried)
        context.progress(
            f"nearest neighbours: {title}", len(context.encoders), len(context.encoders)
        )
        how = "chosen on validation" if len(tried) > 1 else "the only one tried"
        words = {which: f"k = {k}, {how}" for which, k in chosen.items()}
        target = probe_target(title, probe, predictions, words, seed=context.seed)
        return EvaluationResult(
            title=title,
            protocol=f"k nearest neighbours, temperature {self.temperature:g}",
            targets=(target,),
            notes=(*_at_end(chosen, tried), *probe.notes),
        )

    def _possible(self, probe: ProbeData) -> tuple[int, ...]:
        tried = tuple(k for k in self.k if k <= len(probe.train))
        if not tried:
            raise DataError(
                f"data set {probe.train.name}: knn cannot find {self.k[0]:,} neighbours among"
                f" {len(probe.train):,} training images; lower 'k'"
            )
        return tried

    def _predict(
        self, context: EvaluationContext, which: str, probe: ProbeData, tried: Sequence[int]
    ) -> tuple[int, Ids]:
        train, valid, test = (
            LabelledFeatures(context.features(which, part), probe.labels(part))
            for part in (probe.train, probe.valid, probe.test)
        )
        classes = len(probe.class_names)
        best = tried[0]
        if len(tried) > 1:
            judged = [
                sum(accuracy_and_uar(valid.labels, found, classes))
                for found in self._votes(train, valid, classes, tried)
            ]
            best = tried[int(np.argmax(judged))]
        (predicted,) = self._votes(train + valid, test, classes, [best])
        return best, predicted

    def _votes(
        self, bank: LabelledFeatures, asked: LabelledFeatures, classes: int, tried: Sequence[int]
    ) -> Iterator[Ids]:
        """Yield, for every k, the class ids [N] that the bank's images vote for."""
        from lightly.utils.benchmarking import knn_predict

        known = torch.nn.functional.normalize(torch.from_numpy(bank.features), dim=1).T
        unknown = torch.nn.functional.normalize(torch.from_numpy(asked.features), dim=1)
        labels = torch.from_numpy(bank.labels)
        for k in tried:
            voted = [
                knn_predict(chunk, known, labels, classes, knn_k=k, knn_t=self.temperature)[:, 0]
                for chunk in torch.split(unknown, _CHUNK)
            ]
            yield torch.cat(voted).numpy()


def _at_end(chosen: dict[str, int], tried: Sequence[int]) -> list[str]:
    ends = {tried[0], tried[-1]} if len(tried) > 1 else set()
    return [
        f"The k chosen for the {which} encoder lies at an end of those tried ({tried[0]} to"
        f" {tried[-1]}): one beyond might do better."
        for which, k in chosen.items()
        if k in ends and k > 1  # nothing is beyond one
    ]
