"""Expressions that pre-training never showed: are they in the features all the same?"""

from collections.abc import Callable, Sequence
from typing import Annotated

from annotated_types import Len

from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.errors import InputError
from crs_plugin.evaluation.class_rates import ClassRates
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.probing.linear_classifier import (
    REGULARISATION,
    Ids,
    choice_in_words,
    note_on_end,
)
from crs_plugin.evaluation.probing.probe_data import ProbeData
from crs_plugin.evaluation.probing.probe_fit import fit_probe
from crs_plugin.evaluation.probing.probe_source import ProbeSource
from crs_plugin.evaluation.result import EvaluationResult, Measure
from crs_plugin.evaluation.scored_target import probe_target
from crs_plugin.evaluation.shared_options import check_regularisation
from crs_plugin.evaluation.shown_expressions import ShownExpressions, shown_expressions
from crs_plugin.expressions import UnknownExpressionError, canonical_expression
from crs_plugin.registry import OpenFraction, Part, PositiveFloat, register

_NEVER = "never shown"


@register("evaluation", "unseen_expressions")
class UnseenExpressions:
    """Linear probe of all classes, with those apart that pre-training never showed.

    Two uses. A set of compound expressions, when pre-training had basic ones only: all its classes
    are unseen. And leave-one-out: the recipe's ``exclude_expressions: [fear]`` keeps all images of
    fear out of pre-training; here the classifier learns fear beside the other expressions, from
    frozen features of an encoder that has never met it. Recall and precision of the unseen classes
    stand apart, beside those of the references; whether they were unseen is read off the encoder.

    The classifier is that of ``linear_probe``: chosen on validation, tested once.

    Args:
        title: Name of the target in tables; by default the data and the unseen expressions.
        data: Data with the unseen expressions, alone or among others; by default the recipe's data.
        expressions: The expressions that are reported apart; by default those of the data that
            pre-training did not show.
        validation_fraction: Share of the training images that chooses the regularisation.
        regularisation: Inverse strengths C that are tried.

    Raises:
        InputError: If an expression is unknown, or an option is out of range.
    """

    def __init__(
        self,
        *,
        title: str | None = None,
        data: Annotated[Callable[[], FaceDataset] | None, Part("dataset")] = None,
        expressions: Annotated[Sequence[str], Len(1)] | None = None,
        validation_fraction: OpenFraction = 0.2,
        regularisation: Annotated[Sequence[PositiveFloat], Len(1)] = REGULARISATION,
    ) -> None:
        try:
            self.expressions = tuple(map(canonical_expression, expressions or ()))
        except UnknownExpressionError as error:
            raise InputError(f"unseen_expressions: 'expressions': {error}") from error
        check_regularisation("unseen_expressions", regularisation)
        self.title = title
        self.source = ProbeSource("unseen_expressions", data, None, validation_fraction)
        self.regularisation = tuple(regularisation)

    def check(self, context: EvaluationContext, /) -> None:
        """Open the data and see whether any expression is unseen; needs no encoder.

        Raises:
            InputError: If there is none, or the probe cannot be made; the message says why.
        """
        probe = self.source.divided(context)
        shown = shown_expressions(context)
        if shown.names is not None or self.expressions:
            self._apart(probe, shown)

    def test_parts(self, context: EvaluationContext, /) -> tuple[FaceDataset, ...]:
        """Return the images that are tested, for whoever looks for leaks."""
        return (self.source.divided(context).test,)

    def __call__(self, context: EvaluationContext, /) -> EvaluationResult:
        """Probe every encoder.

        Raises:
            InputError: As ``check``, or if an encoder's features are not finite.
        """
        from crs_plugin.evaluation.figures.class_recalls import class_recalls
        from crs_plugin.evaluation.figures.file_name import file_name

        probe = self.source.divided(context)
        shown = shown_expressions(context)
        apart = self._apart(probe, shown)
        title = self.title or _title(probe, apart, shown)
        predictions: dict[str, Ids] = {}
        chosen: dict[str, str] = {}
        notes = [*_told(apart, shown), *probe.notes]
        for done, which in enumerate(context.encoders):
            context.progress(title, done, len(context.encoders))
            classifier = fit_probe(context, which, probe, self.regularisation)
            predictions[which] = classifier.predict(context.features(which, probe.test))
            values = [classifier.regularisation]
            chosen[which] = choice_in_words(values, self.regularisation)
            notes += note_on_end(which, values, self.regularisation)
        context.progress(title, len(context.encoders), len(context.encoders))
        truth = probe.labels(probe.test)
        names = probe.class_names
        target = probe_target(title, probe, predictions, chosen, seed=context.seed)
        rates = ClassRates(
            truth, predictions, len(names), subject=probe.test.subject, seed=context.seed
        )
        recalls = {
            which: [rates.recall(which, [i]) for i in range(len(names))] for which in predictions
        }
        marked = [name in apart for name in names]
        return EvaluationResult(
            title=title,
            protocol="linear probe, unseen expressions apart",
            targets=(target,),
            measures=tuple(_measures(rates, list(predictions), names, apart)),
            drawings=(
                class_recalls(
                    file_name(title, "recalls"),
                    f"Recall of every class: {title}",
                    recalls,
                    names,
                    marked,
                    _NEVER if _all_unseen(apart, shown) else "reported apart",
                ),
            ),
            notes=tuple(notes),
        )

    def _apart(self, probe: ProbeData, shown: ShownExpressions) -> tuple[str, ...]:
        names = probe.class_names
        if self.expressions:
            missing = [name for name in self.expressions if name not in names]
            if missing:
                raise DataError(
                    f"data set {probe.test.name}: unseen_expressions is to report"
                    f" {', '.join(missing)}, but the classes are {', '.join(names)}"
                )
            return self.expressions
        if shown.names is None:
            raise InputError(
                "unseen_expressions: it is not known what the encoder was shown in pre-training;"
                " name the unseen expressions, as in 'expressions: [fear]'"
            )
        unseen = tuple(name for name in names if name not in shown.names)
        if not unseen:
            raise DataError(
                f"data set {probe.test.name}: pre-training shows all its expressions"
                f" ({', '.join(names)}); keep one out of it with 'exclude_expressions: [fear]' in"
                " the recipe, or give data with others"
            )
        return unseen


def _measures(
    rates: ClassRates, encoders: Sequence[str], names: Sequence[str], apart: Sequence[str]
) -> list[Measure]:
    inside = [names.index(name) for name in apart]
    outside = [i for i in range(len(names)) if i not in inside]
    groups = {f"of {names[i]}": [i] for i in inside} if outside else {}
    if len(inside) > 1:
        groups[f"of these {len(inside)}, mean"] = inside
    if outside:
        groups[f"of the other {len(outside)}, mean"] = outside
    measures = []
    for words, ids in groups.items():
        for what, rate in (("Recall", rates.recall), ("Precision", rates.precision)):
            found = {which: rate(which, ids) for which in encoders}
            values = {which: value for which, value in found.items() if value}
            if values:
                measures.append(Measure(f"{what} {words}", values))
    return measures


def _all_unseen(apart: Sequence[str], shown: ShownExpressions) -> bool:
    return shown.names is not None and not shown.names.intersection(apart)


def _told(apart: Sequence[str], shown: ShownExpressions) -> list[str]:
    """Say whether pre-training really never showed them."""
    listed = ", ".join(apart)
    if shown.names is None:
        return [f"It is not known whether pre-training showed {listed}."]
    were = [name for name in apart if name in shown.names]
    unseen = [name for name in apart if name not in were]
    told = []
    if unseen:
        told.append(f"Pre-training never showed images labelled {', '.join(unseen)}.")
    if were:
        told.append(
            f"Pre-training DID show {', '.join(were)}: these figures are no figures of an unseen"
            " expression, only what to compare with."
        )
    return [*told, *shown.caveats]


def _title(probe: ProbeData, apart: Sequence[str], shown: ShownExpressions) -> str:
    how = "unseen" if _all_unseen(apart, shown) else "apart"
    which = "all" if len(apart) == len(probe.class_names) else ", ".join(apart)
    return f"{probe.test.name}, {which} {how}"
