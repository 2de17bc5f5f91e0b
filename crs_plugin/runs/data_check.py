"""What ``crs data check`` finds: leaks in a recipe's data or in one data set, without a run."""

from dataclasses import dataclass

import numpy as np

from crs_plugin.data.bad_images import BadImage
from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.decoded_images import ImageReader
from crs_plugin.data.leakage.copies import find_copies
from crs_plugin.data.leakage.overlap import overlap
from crs_plugin.data.leakage.part import splits_of
from crs_plugin.recipe.checks import check_data
from crs_plugin.recipe.pretraining_data import pretraining_data
from crs_plugin.recipe.recipe import Recipe
from crs_plugin.runs.leaks import FoundLeaks, Pretrained, find_leaks

SIZE = 64
"""Side in pixels to which a data set that stands alone is decoded."""


@dataclass(frozen=True)
class CheckedData:
    """What came of a check.

    Attributes:
        leaks: What is found on both sides of a line that keeps images apart.
        unreadable: Images that were left out of it, as they cannot be read.
    """

    leaks: FoundLeaks
    unreadable: tuple[BadImage, ...]


def leaks_of_recipe(recipe: Recipe, reader: ImageReader) -> CheckedData:
    """Open and read the data of a recipe as a run does, and look for leaks.

    Images that cannot be read are left out if the recipe says so.

    Raises:
        RecipeError: If data are missing or wrong.
        DataError: If images cannot be read.
    """
    context = check_data(recipe)
    size = recipe.training.decoded_size(context.input_size)
    unreadable = context.read_images(
        reader,
        feature_size=context.input_size,
        other_size=size if recipe.training.images is None else None,
        skip=recipe.on_bad_image == "skip",
    )
    data = pretraining_data(recipe, context.open(None, for_features=False))
    images = context.decoded(data.dataset, size) or reader.decoded(data.dataset, size).images
    found = find_leaks(
        recipe.evaluation, context, Pretrained(data.dataset, images), context.datasets, reader
    )
    return CheckedData(found, unreadable)


def leaks_of_dataset(dataset: FaceDataset, reader: ImageReader) -> CheckedData:
    """Compare the splits of a data set with one another; images that cannot be read are left out.

    Raises:
        DataError: If there is no image.
    """
    read = reader.decoded(dataset, SIZE)
    good = np.setdiff1d(np.arange(len(dataset)), list(read.bad))
    unreadable = tuple(read.bad.values())
    parts = splits_of(dataset.take(good), read.images.take(good))
    if len(parts) < 2:
        return CheckedData(FoundLeaks((), ()), unreadable)
    copies = find_copies(parts, reader.progress)
    pairs = [(one, other) for other in range(len(parts)) for one in range(other)]
    found = tuple(overlap(parts, copies, *pair) for pair in pairs)
    return CheckedData(FoundLeaks((), found), unreadable)
