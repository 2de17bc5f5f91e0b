"""What the evaluation of an encoder tells its report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crs_plugin.data.contact_sheet import contact_sheet
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.features.embedding_sample import embedding_sample
from crs_plugin.evaluation.features.stored_features import StoredFeatures
from crs_plugin.evaluation.report import DataCounts, EvaluatedEncoder, RunReport, Seen
from crs_plugin.evaluation.report.leaks import Leaks
from crs_plugin.evaluation.result import TRAINED, EvaluationResult
from crs_plugin.runs.evaluating.evaluated_encoder import absolute_source, short_name
from crs_plugin.runs.evaluating.evaluation_plan import EvaluationPlan
from crs_plugin.runs.evaluating.pretrained_on import trained_by
from crs_plugin.runs.run_environment import flat_environment

_PLAIN = (str, int, float)


@dataclass(frozen=True)
class FinishedEvaluation:
    """All that an evaluation leaves to be told about.

    Attributes:
        text: What a person typed for the encoder.
        plan: What was to be done.
        context: The encoders and the data.
        leaks: What its pre-training data and test data have in common.
        results: What was found out.
        missing: What was not, each with why.
    """

    text: str
    plan: EvaluationPlan
    context: EvaluationContext
    leaks: Leaks
    results: tuple[EvaluationResult, ...]
    missing: tuple[str, ...]

    def report(self, *, pictures: bool) -> RunReport:
        """Gather what the report shows.

        Args:
            pictures: Whether faces and a map of the features are shown as well, which takes some
                seconds.
        """
        plan, context = self.plan, self.context
        encoder: Any = context.encoders[TRAINED]
        info = getattr(encoder, "info", None)
        known = info.seen if info else {}
        shown = contact_sheet(context.datasets[0], 10, 64, plan.seed) if pictures else None
        source = context.sources[0]
        return RunReport(
            name=f"{short_name(self.text)} on {plan.name}",
            recipe=plan.to_yaml(absolute_source(self.text), trained_by(self.text)),
            finished=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
            seen=Seen.of(known),
            data=tuple(DataCounts.of(dataset, "evaluation") for dataset in context.datasets),
            parameters={},
            outcome=None,
            spread_reference=0.0,
            metrics=(),
            results=self.results,
            environment=flat_environment(),
            preview=shown,
            embedding=embedding_sample(context, plan.labels, source) if pictures else None,
            encoder=EvaluatedEncoder(
                source=self.text,
                backbone=info.backbone if info else None,
                input_size=context.input_size,
                known=_further(known) | _note(encoder),
            ),
            missing=self.missing,
            leaks=self.leaks,
        )


def _further(known: Mapping[str, Any]) -> dict[str, str]:
    told = {"data", "images", "images_in_data", "labels"} if Seen.of(known) else set()
    values = {name: value for name, value in known.items() if name not in told}
    return {n: str(v) for n, v in values.items() if isinstance(v, _PLAIN) and v != "None"}


def _note(encoder: object) -> dict[str, str]:
    return {"note": encoder.note} if isinstance(encoder, StoredFeatures) else {}
