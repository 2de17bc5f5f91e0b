"""The encoder that is to be evaluated, by what a person types."""

import os
from collections.abc import Sequence
from pathlib import Path

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.evaluation.context import Embedder
from crs_plugin.evaluation.features.stored_features import SUFFIX, StoredFeatures, read_features
from crs_plugin.models.encoder_file import ENCODER_FILE


def names_features(text: str) -> bool:
    """Whether a text names features from a file rather than an encoder."""
    return Path(text).suffix.lower() == SUFFIX


def check_features(text: str) -> None:
    """Refuse a file of features that none can be read from, whatever the data are.

    Raises:
        InputError: If it is such a file.
    """
    read_features(Path(os.path.expanduser(text)))


def features_of_file(text: str, datasets: Sequence[FaceDataset]) -> Embedder:
    """Return the features in a file, for the data that are evaluated.

    Raises:
        InputError: If they are not those of these data.
    """
    return StoredFeatures.of(Path(os.path.expanduser(text)), datasets)


def absolute_source(text: str) -> str:
    """Return the text with a path made absolute, where it is one."""
    path = Path(os.path.expanduser(text))
    return str(path.absolute()) if path.exists() else text


def short_name(text: str) -> str:
    """Return a name for an encoder that a folder can have."""
    path = Path(os.path.expanduser(text))
    if path.name == ENCODER_FILE and path.absolute().parent.name:
        path = path.absolute().parent
    name = path.name.removesuffix(path.suffix) if path.is_file() else path.name
    return name.replace(":", "_") or "encoder"
