"""Which expressions an encoder was shown in pre-training."""

from dataclasses import dataclass

from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.result import TRAINED
from crs_plugin.models.encoder import Encoder


@dataclass(frozen=True)
class ShownExpressions:
    """What is known of the expressions that pre-training showed.

    Attributes:
        names: Their canonical names; None where nobody knows.
        caveats: What else pre-training may have shown.
    """

    names: frozenset[str] | None
    caveats: tuple[str, ...] = ()


def shown_expressions(context: EvaluationContext) -> ShownExpressions:
    """Return what the trained encoder says of itself or, before training, what the recipe says."""
    if TRAINED not in context.encoders:
        return ShownExpressions(context.shown)
    encoder = context.encoders[TRAINED]
    seen = encoder.info.seen if isinstance(encoder, Encoder) else {}
    if "expressions" not in seen:
        return ShownExpressions(None)
    caveats = []
    unlabelled = seen.get("images_without_label", 0)
    if unlabelled:
        caveats.append(
            f"{unlabelled:,} images of pre-training have no label: they may show any expression."
        )
    before = seen.get("weights_before")
    if before not in (None, "None"):
        caveats.append(
            f"Pre-training started from the weights {before}: what these saw is unknown."
        )
    return ShownExpressions(frozenset(seen["expressions"]), tuple(caveats))
