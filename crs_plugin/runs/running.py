"""Running a recipe: from its data to an encoder, its evaluations and a report."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from pytorch_lightning.utilities.seed import isolate_rng
from rich.console import Console

from crs_plugin.data.bad_images import BadImage, as_tsv, listed
from crs_plugin.data.leakage.pair_list import as_csv
from crs_plugin.evaluation.report import write_report
from crs_plugin.evaluation.summary import Summary
from crs_plugin.expressions import UNLABELLED
from crs_plugin.files import write_atomically
from crs_plugin.models.fastest_device import fastest_device
from crs_plugin.pretraining.batches import RunBatches
from crs_plugin.pretraining.module import PretrainingModule
from crs_plugin.pretraining.precision_here import precision_here
from crs_plugin.pretraining.processes import processes_here
from crs_plugin.pretraining.training import PretrainingOutcome, pretrain
from crs_plugin.progress import StageProgress
from crs_plugin.recipe.building import encoder_of
from crs_plugin.recipe.pretraining_data import PretrainingData
from crs_plugin.recipe.recipe import Recipe
from crs_plugin.runs.card import write_card
from crs_plugin.runs.followers import followers
from crs_plugin.runs.log_file import logged_to
from crs_plugin.runs.preparing import PreparedRun, prepare_run
from crs_plugin.runs.references import built_references
from crs_plugin.runs.reporting import FinishedRun, labels_used
from crs_plugin.runs.run_folder import Mode, RunFolder
from crs_plugin.runs.telling import Telling

log = logging.getLogger("crs_plugin.run")


@dataclass(frozen=True)
class _Run:
    """What the stages of one run share; only the process of rank 0 shows and writes anything."""

    recipe: Recipe
    folder: RunFolder
    telling: Telling
    progress: StageProgress
    rank: int = 0

    def prepared(self) -> PreparedRun:
        return prepare_run(self.recipe, self.telling, self.progress, rank=self.rank)

    def say(self, line: str) -> None:
        self.telling.say(line)


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
        InputError: If anything does not fit, and nothing has been changed then; or if training
            diverges (``DivergenceError``), loses a process (``LostProcessError``) or runs out of
            memory or disk: what was saved until then stays.
    """
    if processes_here().rank > 0:
        return (mode == "resume" and folder.report.is_file()) or follow(recipe, folder)
    folder.check(recipe, mode)
    telling = Telling(log)
    run = _Run(recipe, folder, telling, StageProgress(telling.console))
    if mode == "resume" and folder.report.is_file():
        run.telling.say_result(f"{folder.path} is finished; the report is {folder.report}")
        return True
    begun = mode == "resume"
    try:
        with isolate_rng():
            prepared = run.prepared()
            begun = True
            _train_and_evaluate(run, prepared, mode)
    except KeyboardInterrupt:
        _say_interrupted(run, begun, continue_with)
        return False
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
            prepared = run.prepared()
            ready()
            outcome = _pretrain(run, prepared.module, prepared.batches, resume=False)
    except KeyboardInterrupt:
        return False
    return not outcome.interrupted


def _train_and_evaluate(run: _Run, prepared: PreparedRun, mode: Mode) -> None:
    recipe = run.recipe
    data, module, batches = prepared.data, prepared.module, prepared.batches
    with run.folder.open(recipe, mode), logged_to(run.folder.log):
        run.telling.log_early()
        _announce(run, data, module, batches)
        _show_left_out(run, prepared.left_out)
        _write_leaks(run, prepared)
        with followers(recipe.training, run.folder.path):
            outcome = _pretrain(run, module, batches, resume=mode == "resume")
        if outcome.interrupted:
            raise KeyboardInterrupt
        encoder = encoder_of(recipe, module, _seen(recipe, data, module, outcome))
        encoder.save(run.folder.encoder)
        run.say(f"encoder: {run.folder.encoder}")
        if recipe.training.accelerator != "cpu":
            encoder.to(fastest_device())
        references = built_references(recipe.references, encoder, recipe.seed)
        context = prepared.context.with_encoders(encoder, references, run.progress)
        images, leaks = prepared.images, prepared.leaks
        with run.progress.stage():
            results = [evaluation(context) for evaluation in prepared.evaluations]
            finished = FinishedRun(
                recipe, run.folder, data, images, module, outcome, context, results, leaks
            )
            write_card(recipe, run.folder, encoder, results, leaks)
            write_report(run.folder.path, finished.report())
        if results:
            run.telling.show(Summary(results))
        run.telling.say_result(f"report: {run.folder.report}")


def _say_interrupted(run: _Run, begun: bool, continue_with: str) -> None:
    """Say how to go on; before the run has begun, the folder may hold another one."""
    folder = run.folder
    if not begun or not folder.recipe.is_file():
        run.telling.say_result("interrupted before the run began; nothing of it was written")
        return
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


def _write_leaks(run: _Run, prepared: PreparedRun) -> None:
    if prepared.found.overlaps:
        write_atomically(run.folder.leaks, as_csv(prepared.found.overlaps))
        run.say(f"pairs of images that leak: {run.folder.leaks}")
    if prepared.dropped:
        write_atomically(run.folder.dropped, json.dumps(prepared.dropped, indent=1) + "\n")


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
    steps, processes = settings.total_steps(len(batches)), settings.processes
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
