"""Everything that a report tells about a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.evaluation.error_examples import ErrorExamples
from crs_plugin.evaluation.features.embedding_sample import EmbeddingSample
from crs_plugin.evaluation.report.leaks import Leaks
from crs_plugin.evaluation.result import EvaluationResult
from crs_plugin.evaluation.views import Views

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Seen:
    """What the encoder saw in pre-training.

    Attributes:
        data: Names of the data sets.
        images: Number of different images that went through the network.
        images_in_data: Number of images that there were to go through it.
        labels: Which labels were used, in words (``4 coarse classes: positive, …``), or ``none``.
        views: Number of views that went through the network in all; None where it is not known.
        weights_before: Name or file of the weights that it started from; None for random ones.
        excluded: Expression → number of images that the recipe kept from it.
    """

    data: tuple[str, ...]
    images: int
    images_in_data: int
    labels: str
    views: int | None
    weights_before: str | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, known: Mapping[str, Any], *, views: int | None = None) -> "Seen | None":
        """Return what an encoder's own description tells; None if it tells too little.

        Args:
            known: ``EncoderInfo.seen``, as a run writes it. Encoders of older versions, and those
                that were imported, know less.
            views: As the attribute; only the run itself knows it.
        """
        if not {"data", "images", "labels"} <= set(known):
            return None
        before = known.get("weights_before")
        return cls(
            data=tuple(str(known["data"]).split(" + ")),
            images=known["images"],
            images_in_data=known.get("images_in_data", known["images"]),
            labels=str(known["labels"]),
            views=views,
            weights_before=None if before in (None, "None") else str(before),
            excluded=dict(known.get("excluded_expressions", {})),
        )


@dataclass(frozen=True)
class DataCounts:
    """What one data set holds.

    Attributes:
        name: Its name.
        role: What it was used for (``pre-training and test``).
        counts: Split → expression → number of images.
        subjects: Number of known persons, or None.
        skipped: Reason → number of records left out when it was opened.
    """

    name: str
    role: str
    counts: Mapping[str, Mapping[str, int]]
    subjects: int | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, dataset: FaceDataset, role: str) -> "DataCounts":
        """Count a data set."""
        persons = len(set(dataset.subject[dataset.subject >= 0].tolist()))
        return cls(dataset.name, role, dataset.counts(), persons or None, dict(dataset.skipped))


@dataclass(frozen=True)
class Outcome:
    """How pre-training went.

    Attributes:
        steps: Optimizer steps made.
        batch_size: Images in one step.
        epochs: Epochs made; not whole if training ended within one.
        seconds: Time it took, without breaks.
        warnings: What went wrong or looks wrong (collapse), with what to change.
    """

    steps: int
    batch_size: int
    epochs: float
    seconds: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class EvaluatedEncoder:
    """An encoder that was evaluated after the fact.

    Attributes:
        source: What opened it: a file, or a toolkit's name.
        backbone: Name of its network; None where it is not known (features from a file).
        input_size: Side in pixels of the images that it took.
        known: What else its file tells of where it comes from, by name.
    """

    source: str
    backbone: str | None
    input_size: int
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunReport:
    """One run, from recipe to results; or the evaluation of an encoder, without pre-training.

    Attributes:
        name: Name of the recipe, or of the evaluation.
        recipe: The resolved recipe as YAML text.
        finished: Date and time of the end, as people read it.
        seen: What the encoder saw; None where that is not known.
        data: All data sets of the run.
        parameters: Part (``backbone``, ``projection head``) → number of parameters.
        outcome: How pre-training went; None where an encoder was evaluated after the fact.
        spread_reference: Spread of evenly spread embeddings, 1/√D.
        metrics: Rows of ``metrics.jsonl``.
        results: Outcome of each evaluation.
        environment: Machine, versions and the like, by name.
        views: Augmented views, if they are to be shown.
        preview: A contact sheet of the data, if it is to be shown.
        embedding: Features for the map, if it is to be shown.
        errors: Examples of errors, of some targets.
        leaks: What pre-training data and test data have in common, if that was looked for.
        encoder: The encoder that was evaluated after the fact; None for that of a run.
        missing: Evaluations that were not made, each with why, a sentence each.
    """

    name: str
    recipe: str
    finished: str
    seen: Seen | None
    data: tuple[DataCounts, ...]
    parameters: Mapping[str, int]
    outcome: Outcome | None
    spread_reference: float
    metrics: Sequence[Mapping[str, Any]]
    results: tuple[EvaluationResult, ...]
    environment: Mapping[str, str]
    views: Views | None = None
    preview: "Image | None" = None
    embedding: EmbeddingSample | None = None
    errors: tuple[ErrorExamples, ...] = ()
    leaks: Leaks | None = None
    encoder: EvaluatedEncoder | None = None
    missing: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What went wrong in pre-training."""
        return self.outcome.warnings if self.outcome else ()
