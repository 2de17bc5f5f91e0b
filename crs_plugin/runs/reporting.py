"""What a run tells its report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import torch

from crs_plugin.data.contact_sheet import contact_sheet
from crs_plugin.data.decoded_images import DecodedImages
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.error_examples import ErrorExamples, error_examples
from crs_plugin.evaluation.features.embedding_sample import embedding_sample
from crs_plugin.evaluation.report.leaks import Leaks
from crs_plugin.evaluation.report.run_report import DataCounts, Outcome, RunReport, Seen
from crs_plugin.evaluation.result import TRAINED, EvaluationResult, headline_targets
from crs_plugin.evaluation.views import Views
from crs_plugin.models.encoder import Encoder
from crs_plugin.pretraining.callbacks.metrics_file import read_metrics
from crs_plugin.pretraining.module import PretrainingModule
from crs_plugin.pretraining.surroundings import undisturbed
from crs_plugin.pretraining.training import PretrainingOutcome
from crs_plugin.recipe.pretraining_data import PretrainingData
from crs_plugin.recipe.recipe import Recipe
from crs_plugin.recipe.sampling import labels_that_steer
from crs_plugin.runs.run_environment import flat_environment
from crs_plugin.runs.run_folder import RunFolder
from crs_plugin.runs.shown_views import shown_images, shown_views

SHOWN_IMAGES, SHOWN_DRAWS = 8, 3


@dataclass(frozen=True)
class FinishedRun:
    """All that a run leaves to be told about.

    Attributes:
        recipe: What was done.
        folder: Where it is, with its metrics.
        data: What was pre-trained on.
        images: The same N faces.
        module: The trained module.
        outcome: How pre-training went.
        context: Both encoders, and the data of the evaluations.
        results: What the evaluations found out.
        leaks: What pre-training data and test data have in common.
    """

    recipe: Recipe
    folder: RunFolder
    data: PretrainingData
    images: DecodedImages
    module: PretrainingModule
    outcome: PretrainingOutcome
    context: EvaluationContext
    results: Sequence[EvaluationResult]
    leaks: Leaks

    def report(self) -> RunReport:
        """Gather what the report shows."""
        recipe, outcome = self.recipe, self.outcome
        views = self._views()
        batch_size = recipe.training.batch_size
        encoder = self.context.encoders[TRAINED]
        assert isinstance(encoder, Encoder)
        return RunReport(
            name=recipe.name,
            recipe=recipe.to_yaml(),
            finished=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
            seen=Seen.of(encoder.info.seen, views=outcome.steps * batch_size * len(views.draws[0])),
            data=self._counts(),
            parameters=self._parameters(),
            outcome=Outcome(
                steps=outcome.steps,
                batch_size=batch_size,
                epochs=outcome.epochs,
                seconds=outcome.seconds,
                warnings=outcome.warnings,
            ),
            spread_reference=float(outcome.final.get("full_spread") or 0),
            metrics=read_metrics(self.folder.metrics),
            results=tuple(self.results),
            environment=flat_environment(),
            views=views,
            preview=contact_sheet(self.data.dataset, columns=10, size=64, seed=recipe.seed),
            embedding=embedding_sample(self.context, recipe.labels),
            errors=self._errors(),
            leaks=self.leaks,
        )

    def _views(self) -> Views:
        recipe, fine = self.recipe, self.data.dataset.fine
        chosen = shown_images(fine, SHOWN_IMAGES, recipe.seed)
        with undisturbed(threads=None):
            return shown_views(
                recipe.augmentation,
                self.module.augmentation,
                self.images[torch.from_numpy(chosen)],
                fine[chosen],
                draws=SHOWN_DRAWS,
                seed=recipe.seed,
            )

    def _errors(self) -> tuple[ErrorExamples, ...]:
        """Show errors of the first target, which is what the recipe is mainly about."""
        first = headline_targets(self.results)[:1]
        examples = (error_examples(self.context, target) for target in first)
        return tuple(found for found in examples if found)

    def _counts(self) -> tuple[DataCounts, ...]:
        seen = DataCounts.of(self.data.dataset, "pre-training")
        others = [DataCounts.of(d, "evaluation") for d in self.context.datasets]
        return (seen, *others)

    def _parameters(self) -> dict[str, int]:
        module = self.module
        parts = {
            "backbone": module.backbone,
            "projection head": module.projection,
            "coarse head": module.coarse,
            "fine head": module.fine,
        }
        return {
            name: sum(p.numel() for p in part.parameters()) for name, part in parts.items() if part
        }


def labels_used(recipe: Recipe, data: PretrainingData, module: PretrainingModule) -> str:
    """Say in words which labels the objective, its miner and the sampler used, if any."""
    inputs = module.objective.inputs.values()
    wanted = {name for required, optional in inputs for name in required + optional}
    wanted |= labels_that_steer(recipe.sampler)
    used = []
    if "labels" in wanted or module.miner is not None:
        classes = recipe.labels.classes
        used.append(f"{len(classes)} coarse classes: {', '.join(classes)}")
    if "fine_labels" in wanted:
        used.append(f"{len(data.expressions)} expressions: {', '.join(data.expressions)}")
    return "; ".join(used) or "none"
