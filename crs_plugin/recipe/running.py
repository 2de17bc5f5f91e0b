"""Running a recipe: from its data to an encoder, its evaluations and a report."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from pytorch_lightning.utilities.seed import isolate_rng
from rich.console import Console
from rich.text import Text

from crs_plugin.data.bad_images import BadImage, as_tsv, listed
from crs_plugin.data.dataset import DataError
from crs_plugin.data.decoded_images import DecodedImages, ImageReader
from crs_plugin.data.leakage.pair_list import as_csv
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.report import write_report
from crs_plugin.evaluation.report.leaks import Leaks
from crs_plugin.evaluation.summary import summary_table
from crs_plugin.expressions import UNLABELLED
from crs_plugin.files import write_atomically
from crs_plugin.models.fastest_device import fastest_device
from crs_plugin.pretraining.batches import RunBatches
from crs_plugin.pretraining.module import PretrainingModule
from crs_plugin.pretraining.precision_here import precision_here
from crs_plugin.pretraining.processes import processes_here
from crs_plugin.pretraining.training import PretrainingOutcome, check_hardware, pretrain
from crs_plugin.recipe.building import (
    PretrainingData,
    build_module,
    coarse_counts,
    encoder_of,
    pretraining_data,
    reduced,
)
from crs_plugin.recipe.card import write_card
from crs_plugin.recipe.checks import check_build, check_data, check_open_data
from crs_plugin.recipe.followers import followers
from crs_plugin.recipe.leaks import (
    FoundLeaks,
    find_leaks,
    in_words,
    refuse,
    without_leaks,
)
from crs_plugin.recipe.log_file import logged_to
from crs_plugin.recipe.progress import StageProgress
from crs_plugin.recipe.recipe import Recipe
from crs_plugin.recipe.references import references_of
from crs_plugin.recipe.reporting import FinishedRun, labels_used
from crs_plugin.recipe.run_folder import Mode, RunFolder
from crs_plugin.recipe.sampling import sampler_factory
from crs_plugin.recipe.telling import Telling

log = logging.getLogger("crs_plugin.run")


@dataclass(frozen=True)
class _Run:
    """What the stages of one run share.

    What is said before the run has a folder is kept, and logged once it has. Only the process of
    rank 0 shows and writes anything.
    """

    recipe: Recipe
    folder: RunFolder
    telling: Telling
    progress: StageProgress
    rank: int = 0
    kept: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        """Tell how it goes on."""
        self.telling.say(line)

    def say_early(self, line: str) -> None:
        """Print a line, and log it later."""
        self.telling.console.print(Text(line), soft_wrap=True)
        self.kept.append(line)

    def log_kept(self) -> None:
        """Log what was said early."""
        for line in self.kept:
            log.info(line)


def run_recipe(recipe: Recipe, folder: RunFolder, *, mode: Mode, continue_with: str) -> bool:
    """Pre-train, evaluate and write the report.

    Everything that can be known beforehand is checked before the folder is touched: the data of
    pre-training and of every evaluation are opened, the network is built and passes a made-up
    batch.

    Args:
        recipe: What to do.
        folder: Where everything goes.
        mode: ``new`` refuses a folder that is not empty, ``resume`` continues the run that is
            there, ``overwrite`` removes it.
        continue_with: The command that continues this run, shown when it is interrupted.

    Returns:
        True when the run is finished, False when somebody interrupted it.

    Raises:
        InputError: If anything does not fit; nothing has been changed then.
    """
    if processes_here().rank > 0:
        return (mode == "resume" and folder.report.is_file()) or follow(recipe, folder)
    folder.check(recipe, mode)
    telling = Telling(log)
    run = _Run(recipe, folder, telling, StageProgress(telling.console))
    if mode == "resume" and folder.report.is_file():
        run.telling.say_result(f"{folder.path} is finished; the report is {folder.report}")
        return True
    try:
        with isolate_rng():
            _run(run, mode)
    except KeyboardInterrupt:
        return _interrupted(run, continue_with)
    return True


def follow(
    recipe: Recipe, folder: RunFolder, *, ready: Callable[[], object] = lambda: None
) -> bool:
    """Take part in the pre-training of a run whose other work the process of rank 0 does.

    Args:
        recipe: What that process runs.
        folder: Where it runs it.
        ready: Called just before the training.

    Returns:
        True when the training is finished, False when somebody interrupted it.

    Raises:
        InputError: If anything does not fit.
    """
    nowhere = Console(quiet=True)
    telling = Telling(log, nowhere, nowhere)
    run = _Run(recipe, folder, telling, StageProgress(nowhere), rank=processes_here().rank)
    try:
        with isolate_rng():
            prepared = _prepared(run)
            ready()
            outcome = _pretrain(run, prepared.module, prepared.batches, resume=False)
    except KeyboardInterrupt:
        return False
    return not outcome.interrupted


@dataclass(frozen=True)
class _Prepared:
    """What there is when the training can begin."""

    context: EvaluationContext
    evaluations: Sequence[Any]
    data: PretrainingData
    images: DecodedImages
    left_out: Sequence[BadImage]
    found: FoundLeaks
    leaks: Leaks
    module: PretrainingModule
    batches: RunBatches


def _prepared(run: _Run) -> _Prepared:
    recipe = run.recipe
    check_hardware(recipe.training)
    context = check_data(recipe)
    if run.rank == 0:
        check_build(recipe)
    data, module = _data_and_module(recipe, context)
    evaluations = [spec.build() for spec in recipe.evaluation]
    left_out = _read_images(run, context)
    if left_out:
        check_open_data(recipe, context)
        data, module = _data_and_module(recipe, context)
    images = _pretraining_images(run, context, data)
    found = _look_for_leaks(run, context, data, images)
    leaks = found.told(recipe.on_leak)
    if found.pretrained and recipe.on_leak == "drop_from_train":
        kept = without_leaks(data, found)
        leaks = found.told(recipe.on_leak, dropped=len(data.dataset) - len(kept))
        data, images = reduced(recipe, data, kept), images.take(kept)
        module = build_module(recipe, data.expressions, coarse_counts(recipe, data.coarse))
        run.say_early(f"left out of pre-training: {leaks.dropped:,} images that leak")
    batches = RunBatches(
        images,
        data.fine,
        data.coarse,
        sampler=sampler_factory(recipe.sampler, images.shards()),
        batch_size=recipe.training.batch_size,
        seed=recipe.seed,
    )
    return _Prepared(context, evaluations, data, images, left_out, found, leaks, module, batches)


def _run(run: _Run, mode: Mode) -> None:
    recipe, prepared = run.recipe, _prepared(run)
    data, module, batches = prepared.data, prepared.module, prepared.batches
    with run.folder.open(recipe, mode), logged_to(run.folder.log):
        run.log_kept()
        _announce(run, data, module, batches)
        _show_left_out(run, prepared.left_out)
        _write_leaks(run, prepared.found)
        with followers(recipe.training, run.folder.path):
            outcome = _pretrain(run, module, batches, resume=mode == "resume")
        if outcome.interrupted:
            raise KeyboardInterrupt
        encoder = encoder_of(recipe, module, _seen(recipe, data, module, outcome))
        encoder.save(run.folder.encoder)
        run.say(f"encoder: {run.folder.encoder}")
        if recipe.training.accelerator != "cpu":
            encoder.to(fastest_device())
        references = references_of(recipe, encoder)
        context = prepared.context.with_encoders(encoder, references, run.progress)
        images, leaks = prepared.images, prepared.leaks
        with run.progress.stage():
            results = [evaluation(context) for evaluation in prepared.evaluations]
            finished = FinishedRun(
                recipe, run.folder, data, images, module, outcome, context, results, leaks
            )
            write_card(recipe, run.folder, encoder, results)
            write_report(run.folder.path, finished.report())
        if results:
            run.telling.show(summary_table(results))
        run.telling.say_result(f"report: {run.folder.report}")


def _interrupted(run: _Run, continue_with: str) -> bool:
    folder = run.folder
    if not folder.recipe.is_file():
        run.telling.say_result("interrupted before the run began; nothing was written")
        return False
    with logged_to(folder.log):
        if folder.can_resume:
            run.telling.say_result(
                f"interrupted; the run can be continued exactly with:\n  {continue_with}"
            )
        else:
            run.telling.say_result(
                "interrupted before anything was saved; the run can be begun again with:\n"
                f"  {continue_with}"
            )
    return False


def _data_and_module(
    recipe: Recipe, context: EvaluationContext
) -> tuple[PretrainingData, PretrainingModule]:
    data = pretraining_data(recipe, context.open(None, for_features=False))
    return data, build_module(recipe, data.expressions, coarse_counts(recipe, data.coarse))


def _read_images(run: _Run, context: EvaluationContext) -> tuple[BadImage, ...]:
    """Decode what evaluations will want, and look at all other images; return those left out."""
    recipe = run.recipe
    # Of a part of the data, only that part is decoded.
    whole = recipe.training.images is None
    size = recipe.training.decoded_size(context.input_size) if whole else None
    with run.progress.stage():
        return context.read_images(
            ImageReader(run.progress, run.say_early),
            feature_size=context.input_size,
            other_size=size,
            skip=recipe.on_bad_image == "skip",
        )


def _pretraining_images(
    run: _Run, context: EvaluationContext, data: PretrainingData
) -> DecodedImages:
    size = run.recipe.training.decoded_size(context.input_size)
    at_hand = context.decoded(data.dataset, size)
    if at_hand is not None:
        return at_hand
    with run.progress.stage():
        read = ImageReader(run.progress, run.say_early).decoded(data.dataset, size)
    if read.bad:  # which could be read a moment ago
        raise DataError(f"{len(read.bad):,} images cannot be used:{listed(read.bad.values())}")
    return read.images


def _look_for_leaks(
    run: _Run, context: EvaluationContext, data: PretrainingData, images: DecodedImages
) -> FoundLeaks:
    """Tell what is on both sides; refuse it, if the recipe says so."""
    recipe, started = run.recipe, time.monotonic()
    with run.progress.stage():
        reader = ImageReader(run.progress, run.say_early)
        found = find_leaks(recipe, context, data, images, reader)
    if recipe.on_leak == "error":
        refuse(found)
    compared = f"compared in {time.monotonic() - started:.1f} s"
    count = len(found.tested)
    run.say_early(
        f"leaks: pre-training data and {count} test part{'s' * (count != 1)} {compared}:"
        f" {'something leaks' if found.pretrained else 'nothing leaks'}"
    )
    for overlap in found.overlaps:
        run.say_early(f"  {in_words(overlap)}")
    if found.not_checked:
        names = ", ".join(found.not_checked)
        run.say_early(f"  not checked, as they do not say what they test: {names}")
    return found


def _write_leaks(run: _Run, found: FoundLeaks) -> None:
    if found.overlaps:
        write_atomically(run.folder.leaks, as_csv(found.overlaps))
        run.say(f"pairs of images that leak: {run.folder.leaks}")


def _show_left_out(run: _Run, left_out: Sequence[BadImage]) -> None:
    """Show the images that are left out, the first of many, and write all to a file."""
    if not left_out:
        return
    write_atomically(run.folder.left_out, as_tsv(left_out))
    run.say(f"images left out: {len(left_out):,} (all in {run.folder.left_out}){listed(left_out)}")


def _announce(
    run: _Run, data: PretrainingData, module: PretrainingModule, batches: RunBatches
) -> None:
    recipe, settings, images = run.recipe, run.recipe.training, batches.images
    augmentation: Any = module.augmentation
    view_size: int = augmentation.size
    counts = _counted(data.fine, data.expressions)
    classes = _counted(data.coarse, recipe.labels.classes)
    steps = settings.epochs * len(batches)
    if settings.max_steps is not None:
        steps = min(steps, settings.max_steps)
    processes = settings.devices * settings.num_nodes
    trained = sum(p.numel() for p in module.parameters() if p.requires_grad)
    run.say(f"recipe: {recipe.name} → {run.folder.path}")
    run.say(f"data: {data.dataset.name}, {len(images):,} images of {images.shape[-1]} px: {counts}")
    run.say(f"coarse classes: {classes}")
    for reason, number in data.dataset.skipped.items():
        run.say(f"left out: {number:,} ({reason})")
    for name, number in data.excluded.items():
        run.say(f"kept out of pre-training: {number:,} images of {name}, as the recipe excludes it")
    run.say(
        f"network: {recipe.backbone.name}, {trained / 1e6:.1f} M parameters with its heads;"
        f" views of {view_size} px"
    )
    run.say(
        f"training: {steps:,} steps of {settings.batch_size} images in {precision_here(settings)}"
        f"{f', by {processes} processes' if processes > 1 else ''}; the time left is known after"
        " the first steps"
    )


def _counted(ids: torch.Tensor, names: Sequence[str]) -> str:
    unlabelled = int((ids == UNLABELLED).sum())
    listed = [f"{name} {int((ids == index).sum()):,}" for index, name in enumerate(names)]
    return ", ".join([*listed, *([f"without label {unlabelled:,}"] if unlabelled else [])])


def _pretrain(
    run: _Run, module: PretrainingModule, batches: RunBatches, resume: bool
) -> PretrainingOutcome:
    recipe, folder = run.recipe, run.folder
    return pretrain(
        module=module,
        batches=batches,
        settings=recipe.training,
        folder=folder.path,
        resume=resume and folder.can_resume,
        loggers=[spec.build(folder.path) for spec in recipe.loggers] if run.rank == 0 else (),
        console=run.telling.console,
    )


def _seen(
    recipe: Recipe,
    data: PretrainingData,
    module: PretrainingModule,
    outcome: PretrainingOutcome,
) -> dict[str, Any]:
    return {
        "recipe": recipe.name,
        "data": data.dataset.name,
        "images": outcome.images_seen,
        "images_in_data": len(data.dataset),
        "expressions": list(data.expressions),
        "excluded_expressions": dict(data.excluded),
        "images_without_label": data.unlabelled,
        "labels": labels_used(recipe, data, module),
        "objective": [term.spec.name for term in recipe.objective],
        "steps": outcome.steps,
        "batch_size": recipe.training.batch_size,
        "precision": precision_here(recipe.training),
        "epochs": outcome.epochs,
        "weights_before": str(recipe.backbone.options.get("weights")),
    }
