"""What comes before training: data opened, read and searched for leaks, the network built."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from crs_plugin.data.bad_images import BadImage, listed
from crs_plugin.data.dataset import DataError
from crs_plugin.data.decoded_images import DecodedImages, ImageReader
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.report.leaks import Leaks
from crs_plugin.pretraining.batches import RunBatches
from crs_plugin.pretraining.hardware import check_hardware
from crs_plugin.pretraining.module import PretrainingModule
from crs_plugin.progress import StageProgress
from crs_plugin.recipe.building import build_module
from crs_plugin.recipe.checks import check_build, check_data, check_epoch, check_open_data
from crs_plugin.recipe.pretraining_data import (
    PretrainingData,
    coarse_counts,
    pretraining_data,
    reduced,
)
from crs_plugin.recipe.recipe import Recipe
from crs_plugin.recipe.sampling import sampler_factory
from crs_plugin.recipe.untested_data import untested_data
from crs_plugin.runs.leaks import (
    FoundLeaks,
    Pretrained,
    find_leaks,
    refuse,
    tell_leaks,
    without_leaks,
)
from crs_plugin.runs.telling import Telling


@dataclass(frozen=True)
class PreparedRun:
    """What there is when the training can begin.

    Attributes:
        context: All data of the evaluations, read, without encoders.
        evaluations: What is done with the encoder: each makes a result of the context.
        data: The N faces of pre-training.
        images: The same, decoded.
        left_out: Images that cannot be read, where the recipe leaves them out.
        found: What was found of leaks.
        leaks: The same, as the report tells it.
        dropped: Names of the images that were left out of the pre-training data for it.
        module: The network under its objective, with the weights that it starts from.
        batches: The batches of the whole run.
    """

    context: EvaluationContext
    evaluations: Sequence[Any]
    data: PretrainingData
    images: DecodedImages
    left_out: Sequence[BadImage]
    found: FoundLeaks
    leaks: Leaks
    dropped: Sequence[str]
    module: PretrainingModule
    batches: RunBatches


def prepare_run(
    recipe: Recipe, telling: Telling, progress: StageProgress, *, rank: int
) -> PreparedRun:
    """Check everything that can be known before the training, and read the data; write nothing.

    Args:
        recipe: What is run.
        telling: Hears early what is found.
        progress: Is told of long work.
        rank: Which of the run's processes this is; only that of rank 0 tries the network with a
            made-up batch.

    Raises:
        InputError: If anything does not fit.
    """
    check_hardware(recipe.training)
    note = untested_data(recipe)
    if note:
        telling.say_early(note)
    context = check_data(recipe)
    if rank == 0:
        check_build(recipe)
    data, module = _data_and_module(recipe, context)
    check_epoch(recipe, data)
    evaluations = [spec.build() for spec in recipe.evaluation]
    reader = ImageReader(progress, telling.say_early)
    with progress.stage():
        left_out = _read_images(recipe, context, reader)
    if left_out:
        check_open_data(recipe, context)
        data, module = _data_and_module(recipe, context)
    with progress.stage():
        images = _pretraining_images(recipe, context, data, reader)
    started = time.monotonic()
    with progress.stage():
        found = find_leaks(
            recipe.evaluation, context, Pretrained(data.dataset, images), context.datasets, reader
        )
    if recipe.on_leak == "error":
        refuse(
            found,
            "'on_leak: drop_from_train' leaves these out of pre-training, 'warn' goes on",
        )
    tell_leaks(found, time.monotonic() - started, telling)
    leaks = found.told(recipe.on_leak)
    dropped: tuple[str, ...] = ()
    if found.pretrained and recipe.on_leak == "drop_from_train":
        kept = without_leaks(data, found)
        gone = np.setdiff1d(np.arange(len(data.dataset)), kept)
        dropped = tuple(data.dataset.images.name(int(index)) for index in gone)
        leaks = found.told(recipe.on_leak, dropped=len(dropped))
        data, images = reduced(recipe, data, kept), images.take(kept)
        module = _module(recipe, data)
        telling.say_early(f"left out of pre-training: {leaks.dropped:,} images that leak")
    batches = RunBatches(
        images,
        data.fine,
        data.coarse,
        sampler=sampler_factory(recipe.sampler, images.shards()),
        batch_size=recipe.training.batch_size,
        seed=recipe.seed,
    )
    return PreparedRun(
        *(context, evaluations, data, images, left_out, found, leaks, dropped, module, batches)
    )


def _data_and_module(
    recipe: Recipe, context: EvaluationContext
) -> tuple[PretrainingData, PretrainingModule]:
    data = pretraining_data(recipe, context.open(None, for_features=False))
    return data, _module(recipe, data)


def _module(recipe: Recipe, data: PretrainingData) -> PretrainingModule:
    return build_module(recipe, data.expressions, coarse_counts(recipe, data.coarse))


def _read_images(
    recipe: Recipe, context: EvaluationContext, reader: ImageReader
) -> tuple[BadImage, ...]:
    """Decode what evaluations will want, and look at all other images; return those left out."""
    # Of a part of the data, only that part is decoded.
    whole = recipe.training.images is None
    return context.read_images(
        reader,
        feature_size=context.input_size,
        other_size=recipe.training.decoded_size(context.input_size) if whole else None,
        skip=recipe.on_bad_image == "skip",
    )


def _pretraining_images(
    recipe: Recipe, context: EvaluationContext, data: PretrainingData, reader: ImageReader
) -> DecodedImages:
    size = recipe.training.decoded_size(context.input_size)
    at_hand = context.decoded(data.dataset, size)
    if at_hand is not None:
        return at_hand
    read = reader.decoded(data.dataset, size)
    if read.bad:  # which could be read a moment ago
        raise DataError(f"{len(read.bad):,} images cannot be used:{listed(read.bad.values())}")
    return read.images
