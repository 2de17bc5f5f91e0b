"""The whole network fine-tuned: what freezing it costs, and what pre-training saves."""

from collections.abc import Callable
from typing import Annotated

from annotated_types import Ge

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.errors import InputError
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.probing.fine_tuning import FineTuning, fine_tuned
from crs_plugin.evaluation.probing.linear_classifier import Ids
from crs_plugin.evaluation.probing.probe_data import ProbeData
from crs_plugin.evaluation.probing.probe_source import ProbeSource
from crs_plugin.evaluation.result import (
    RANDOM,
    TRAINED,
    Estimate,
    EvaluationResult,
    Measure,
    Target,
)
from crs_plugin.evaluation.scored_target import scored_target
from crs_plugin.models.encoder import Encoder
from crs_plugin.registry import OpenFraction, Part, PositiveFloat, PositiveInt, register


@register("evaluation", "finetune")
class Finetune:
    """The whole network fine-tuned end to end under a linear layer, to compare with frozen.

    The trained encoder, and one of random weights (which is plain supervised training from
    scratch), are trained alike: AdamW, learning rate falling along a cosine, single views by the
    crop and flip of ``fer_two_views``. The epoch is chosen on validation, the test images are
    looked at once. References that are no network of this package are left out.

    It costs as many forward and backward passes as epochs × images × encoders, where a linear
    probe takes a forward pass of every image. The figures do not count in the verdict: the encoder
    is no longer the one that was pre-trained.

    Args:
        title: Name of the target in tables; by default that of the data.
        data: Data whose train split trains the network and whose test split tests it (a fifth is
            set aside where there are no splits); by default the recipe's data.
        epochs: Epochs that are trained, of which the best on validation is kept.
        lr: Learning rate at the start. On synthetic faces of another seed than those that are
            tested, 5e-4 gave an accuracy of 88.1 %, 1e-3 89.7 % and 2e-3 90.3 %; on real faces it
            was not chosen.
        batch_size: Images in one step.
        validation_fraction: Share of the training images that chooses the epoch.

    Raises:
        InputError: If an option is out of range.
    """

    def __init__(
        self,
        *,
        title: str | None = None,
        data: Annotated[Callable[[], FaceDataset] | None, Part("dataset")] = None,
        epochs: PositiveInt = 5,
        lr: PositiveFloat = 1e-3,
        batch_size: Annotated[int, Ge(2)] = 64,
        validation_fraction: OpenFraction = 0.2,
    ) -> None:
        if batch_size < 2:
            raise InputError("finetune: batch_size must be 2 at least: batch norm needs a spread")
        self.title = title
        self.source = ProbeSource("finetune", data, None, validation_fraction)
        self.how = FineTuning(epochs, lr, batch_size)

    def check(self, context: EvaluationContext, /) -> None:
        """Open the data and divide them; needs no encoder.

        Raises:
            InputError: If they cannot be divided; the message says why.
        """
        self.source.divided(context)

    def test_parts(self, context: EvaluationContext, /) -> tuple[FaceDataset, ...]:
        """Return the images that are tested, for whoever looks for leaks."""
        return (self.source.divided(context).test,)

    def __call__(self, context: EvaluationContext, /) -> EvaluationResult:
        """Fine-tune copies of the encoders that are networks.

        Raises:
            InputError: As ``check``, or if a training diverges.
        """
        probe = self.source.divided(context)
        title = self.title or f"{probe.test.name}, fine-tuned"
        protocol = "whole network fine-tuned"
        networks = {w: e for w, e in context.encoders.items() if isinstance(e, Encoder)}
        if TRAINED not in networks:
            note = "Left out: the encoder is no network of this package that could be trained."
            return EvaluationResult(title, protocol, headline=False, notes=(note,))
        predictions: dict[str, Ids] = {}
        chosen: dict[str, str] = {}
        weights: dict[str, int] = {}
        for which, encoder in networks.items():

            def told(epoch: int, which: str = which) -> None:
                context.progress(f"{title} ({which})", epoch, self.how.epochs)

            told(0)
            tuned = fine_tuned(
                encoder, probe, context.pixels, self.how, seed=context.seed, progress=told
            )
            predictions[which] = tuned.predict(probe.test)
            chosen[which] = f"epoch {tuned.epoch} of {self.how.epochs}, chosen on validation"
            weights[which] = tuned.parameters
        target = scored_target(
            title,
            probe.test,
            probe.labels(probe.test),
            predictions,
            probe.class_names,
            train_data=(
                f"{probe.train.name}: {len(probe.train):,} images, {len(probe.valid):,} more chose"
                " the epoch"
            ),
            test_data=f"{probe.test.name}: {len(probe.test):,} images",
            seed=context.seed,
            chosen=chosen,
        )
        left_out = [which for which in context.encoders if which not in networks]
        return EvaluationResult(
            title=title,
            protocol=protocol,
            targets=(target,),
            measures=_measures(target),
            headline=False,
            notes=(
                *_notes(probe, self.how, weights),
                *([f"Cannot be trained, so left out: {', '.join(left_out)}."] if left_out else []),
                *probe.notes,
            ),
        )


def _measures(target: Target) -> tuple[Measure, ...]:
    scores = target.scores.items()
    return (
        Measure("Accuracy", {w: Estimate(s.accuracy, s.accuracy_interval) for w, s in scores}),
        Measure("UAR", {w: Estimate(s.uar, s.uar_interval) for w, s in scores}),
    )


def _notes(probe: ProbeData, how: FineTuning, weights: dict[str, int]) -> list[str]:
    frozen = "a linear probe trains only the last layer, on features that are computed once"
    passes = how.epochs * len(probe.train)
    notes = [
        f"Cost: {passes:,} images forwards and backwards for each of {len(weights)} networks, which"
        f" train {max(weights.values()):,} weights; {frozen}."
    ]
    if RANDOM in weights:
        notes.append(f"Here {RANDOM} is the same network trained from scratch on the same images.")
    return notes
