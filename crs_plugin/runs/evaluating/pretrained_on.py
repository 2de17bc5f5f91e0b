"""What an evaluated encoder was pre-trained on, where the run that trained it can tell."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from crs_plugin.data.decoded_images import ImageReader
from crs_plugin.errors import InputError
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.features.traced_images import traced_images_of
from crs_plugin.models.encoder_file import ENCODER_FILE
from crs_plugin.recipe.pretraining_data import pretraining_data, reduced
from crs_plugin.recipe.reading import read_resolved
from crs_plugin.recipe.recipe import Recipe, load_recipe, read_recipe
from crs_plugin.runs.leaks import Pretrained
from crs_plugin.runs.run_folder import RunFolder


def run_of(text: str) -> RunFolder | None:
    """Return the run that an encoder lies in, by what a person types; None where there is none."""
    path = Path(os.path.expanduser(text))
    folder = RunFolder(path if path.is_dir() else path.parent)
    ours = folder.encoder in (path, path / ENCODER_FILE)
    return folder if ours and folder.recipe.is_file() else None


def trained_by(text: str) -> dict[str, Any] | None:
    """Return the resolved recipe of the run that an encoder lies in; None where there is none.

    Raises:
        RecipeError: If there is one that cannot be read.
    """
    run = run_of(text)
    return None if run is None else read_resolved(run.recipe)


def pretrained_on(
    text: str, plan: Mapping[str, Any], context: EvaluationContext, reader: ImageReader
) -> tuple[Pretrained | None, str]:
    """Open and read what an encoder was pre-trained on, without what its run left out.

    Args:
        text: What a person types for the encoder.
        plan: Values of what is evaluated; of its plugins, those of the run may be used. Others are
            not imported, as an encoder may come from a stranger.
        context: Opens the data.
        reader: Reads the images.

    Returns:
        The faces, or else None and why they are not known.
    """
    run = run_of(text)
    if run is None:
        return None, "the encoder does not lie in the folder of the run that trained it"
    try:
        values, _ = read_recipe(run.recipe)  # which imports nothing, but knows what is inherited
        listed = values.get("plugins")
        wanted = listed if isinstance(listed, list) else []  # else it is no recipe, and refused
        strange = [plugin for plugin in wanted if plugin not in (plan.get("plugins") or ())]
        if strange:
            return None, f"the recipe of its run needs plugins that this one lacks: {strange[0]}"
        return _read(load_recipe(run.recipe), run, context, reader), ""
    except InputError as error:
        return None, str(error).splitlines()[0]


def _read(
    recipe: Recipe, run: RunFolder, context: EvaluationContext, reader: ImageReader
) -> Pretrained:
    context.open(recipe.source, for_features=False)
    whole = recipe.training.images is None
    size = recipe.training.decoded_size(context.input_size)
    context.read_images(
        reader,
        feature_size=context.input_size,
        other_size=size if whole else None,
        skip=True,
    )
    data = pretraining_data(recipe, context.open(recipe.source, for_features=False))
    dropped = run.read_dropped()
    if dropped:
        images = traced_images_of(data.dataset)
        names = (images.name(index) for index in range(len(images)))
        data = reduced(recipe, data, np.flatnonzero([name not in dropped for name in names]))
    for at_hand in (size, context.input_size):
        decoded = context.decoded(data.dataset, at_hand)
        if decoded is not None:
            return Pretrained(data.dataset, decoded)
    return Pretrained(data.dataset, reader.decoded(data.dataset, size).images)
