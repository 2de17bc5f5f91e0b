"""Evaluating an encoder after the fact: what a run does after its training, without the run."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crs_plugin.data.bad_images import BadImage, as_tsv, listed
from crs_plugin.data.decoded_images import ImageReader
from crs_plugin.data.leakage.pair_list import as_csv
from crs_plugin.errors import InputError
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.report import write_report
from crs_plugin.evaluation.report.leaks import Leaks
from crs_plugin.evaluation.result import EvaluationResult
from crs_plugin.evaluation.summary import Summary
from crs_plugin.files import write_atomically
from crs_plugin.models.open_encoder import open_encoder
from crs_plugin.progress import StageProgress
from crs_plugin.recipe.checks import check_evaluations
from crs_plugin.recipe.spec import Spec
from crs_plugin.runs.evaluating.evaluated_encoder import (
    absolute_source,
    check_features,
    features_of_file,
    names_features,
)
from crs_plugin.runs.evaluating.evaluation_folder import EvaluationFolder
from crs_plugin.runs.evaluating.evaluation_plan import EvaluationPlan
from crs_plugin.runs.evaluating.evaluation_reporting import FinishedEvaluation
from crs_plugin.runs.evaluating.pretrained_on import pretrained_on, trained_by
from crs_plugin.runs.leaks import FoundLeaks, find_leaks, refuse, tell_leaks
from crs_plugin.runs.log_file import logged_to
from crs_plugin.runs.references import built_references
from crs_plugin.runs.telling import Telling

log = logging.getLogger("crs_plugin.evaluate")


@dataclass
class _Evaluation:
    """One evaluation of an encoder, and how far it has come.

    Attributes:
        text: What the person typed for the encoder.
        plan: What is done.
        folder: Where everything goes.
        telling: Hears what is told.
        progress: Is told of long work.
        results: What was found out so far.
        missing: What could not be, each with why.
        leaks: What the encoder's pre-training data and test data have in common.
    """

    text: str
    plan: EvaluationPlan
    folder: EvaluationFolder
    telling: Telling
    progress: StageProgress
    results: list[EvaluationResult] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    leaks: Leaks = field(default_factory=lambda: Leaks("warn", ()))

    def say(self, line: str) -> None:
        self.telling.say(line)


def evaluate_encoder(text: str, plan: EvaluationPlan, folder: Path, *, overwrite: bool) -> bool:
    """Evaluate an encoder and write the report, without a part on pre-training.

    All that can be known beforehand is checked before the folder is touched. An evaluation that
    fails does not lose the others, nor does an interruption: the report tells what is missing.

    Args:
        text: The encoder: a file, a run's folder, or features as ``.npy``.
        plan: What is done with it.
        folder: Where everything goes.
        overwrite: Whether an evaluation that is there is removed.

    Returns:
        True when all is done, False when somebody interrupted it.

    Raises:
        InputError: If anything does not fit, or evaluations failed; those that did not are in the
            report.
    """
    telling = Telling(log)
    progress = StageProgress(telling.console)
    run = _Evaluation(text, plan, EvaluationFolder(folder), telling, progress)
    run.folder.check(overwrite)
    try:
        context = _checked_context(run)
    except KeyboardInterrupt:
        run.telling.say_result("interrupted before the first evaluation; nothing was written")
        return False
    return _evaluate(run, context)


def _checked_context(run: _Evaluation) -> EvaluationContext:
    """Open the encoder and the data, and see whether they fit."""
    plan, text = run.plan, run.text
    of_file = names_features(text)
    encoder: Any = None
    if of_file:
        check_features(text)
    else:
        encoder = open_encoder(text)
    size = plan.input_size if of_file else encoder.info.input_size
    context = EvaluationContext(plan.source, size, plan.seed, coarse_table=plan.labels)
    check_evaluations(plan.evaluation, context)
    left_out = _read_images(run, context)
    if left_out:
        check_evaluations(plan.evaluation, context)
    if of_file:
        encoder = features_of_file(text, context.datasets)
    references = built_references(plan.references, encoder, plan.seed)
    context = context.with_encoders(encoder, references, run.progress)
    found = _look_for_leaks(run, context)
    run.folder.open(plan.to_yaml(absolute_source(text), trained_by(text)))
    if left_out:
        write_atomically(run.folder.left_out, as_tsv(left_out))
        where = f"all in {run.folder.left_out}"
        run.telling.say_early(f"images left out: {len(left_out):,} ({where}){listed(left_out)}")
    if found.overlaps:
        write_atomically(run.folder.leaks, as_csv(found.overlaps))
        run.telling.say_early(f"pairs of images that leak: {run.folder.leaks}")
    return context


def _read_images(run: _Evaluation, context: EvaluationContext) -> tuple[BadImage, ...]:
    reader = ImageReader(run.progress, run.telling.say_early)
    with run.progress.stage():
        return context.read_images(
            reader,
            feature_size=context.input_size,
            other_size=None,
            skip=run.plan.skip_bad_images,
        )


def _look_for_leaks(run: _Evaluation, context: EvaluationContext) -> FoundLeaks:
    """Compare what the encoder was pre-trained on with what is tested, as a run does."""
    reader = ImageReader(run.progress, run.telling.say_early)
    started = time.monotonic()
    apart = context.apart()
    with run.progress.stage():
        pretrained, unknown = pretrained_on(run.text, run.plan.values, apart, reader)
        found = find_leaks(run.plan.evaluation, apart, pretrained, context.datasets, reader)
    tell_leaks(found, time.monotonic() - started, run.telling, unknown)
    on_leak = "error" if run.plan.refuse_leaks else "warn"
    if run.plan.refuse_leaks:
        refuse(found, "evaluate on other data, or 'on_leak: warn' goes on")
    run.leaks = found.told(on_leak, unknown=unknown)
    return found


def _evaluate(run: _Evaluation, context: EvaluationContext) -> bool:
    with logged_to(run.folder.log):
        run.telling.log_early()
        run.say(f"encoder: {run.text} → {run.folder.path}")
        for dataset in context.datasets:
            run.say(f"data: {dataset.name}, {len(dataset):,} images")
        interrupted = not _make_evaluations(run, context)
        if run.results:
            _write(run, context, pictures=not interrupted)
            run.telling.show(Summary(run.results))
            run.telling.say_result(f"report: {run.folder.report}")
        if interrupted:
            for why in (*run.missing, _how_to_go_on(run)):
                run.telling.say_result(why)
            return False
        for why in run.missing:
            log.info(why)
    if run.missing:
        kept = f"; what was finished is in {run.folder.report}" if run.results else ""
        raise InputError(
            f"{len(run.missing)} of {len(run.plan.evaluation)} evaluations could not be"
            f" made{kept}:\n" + "\n".join(run.missing)
        )
    return True


def _make_evaluations(run: _Evaluation, context: EvaluationContext) -> bool:
    """Make one evaluation after another; return False when somebody interrupted that."""
    try:
        with run.progress.stage():
            for spec in run.plan.evaluation:
                _one(run, spec, context)
    except KeyboardInterrupt:
        done = len(run.results) + len(run.missing)
        run.missing += [
            f"{_title(spec)} was not evaluated: somebody interrupted it."
            for spec in run.plan.evaluation[done:]
        ]
        return False
    return True


def _how_to_go_on(run: _Evaluation) -> str:
    again = "the same command with --overwrite" if run.results else "the same command"
    return f"interrupted; {again} evaluates anew"


def _one(run: _Evaluation, spec: Spec, context: EvaluationContext) -> None:
    evaluation: Callable[[EvaluationContext], EvaluationResult] = spec.build()
    try:
        run.results.append(evaluation(context))
    except InputError as error:
        run.missing.append(f"{_title(spec)} was not evaluated: {error}.")


def _title(spec: Spec) -> str:
    title = spec.options.get("title")
    return f"{title} ({spec.name})" if title else spec.name


def _write(run: _Evaluation, context: EvaluationContext, *, pictures: bool) -> None:
    """Write the report; whoever has interrupted the work is not kept waiting for pictures."""
    finished = FinishedEvaluation(
        run.text, run.plan, context, run.leaks, tuple(run.results), tuple(run.missing)
    )
    write_report(run.folder.path, finished.report(pictures=pictures))
