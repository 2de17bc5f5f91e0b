"""The encoder's file: safetensors with the description as JSON in its metadata."""

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from crs_plugin.models.described_file import read_described_file, write_described_file
from crs_plugin.models.encoder_info import EncoderInfo

ENCODER_FILE = "encoder.safetensors"
"""What the encoder is called in the folder of a run."""

_KEY = "crs_plugin.encoder"


def write_encoder_file(path: Path, state: Mapping[str, Tensor], info: EncoderInfo) -> None:
    """Write tensors and description, atomically.

    Raises:
        InputError: If the file cannot be written there.
    """
    write_described_file(path, state, _KEY, info.to_json())


def is_encoder_file(path: Path) -> bool:
    """Return whether a file is an encoder of this package, by what its metadata say."""
    try:
        with safe_open(path, framework="pt") as handle:
            return _KEY in (handle.metadata() or {})
    except (SafetensorError, OSError):
        return False


def read_encoder_file(path: Path) -> tuple[dict[str, Tensor], EncoderInfo]:
    """Return tensors (on the CPU) and description.

    Raises:
        InputError: If there is no such file, it is cut short or damaged, it is no encoder of this
            package, or its format is newer than this package.
    """
    state, description = read_described_file(
        path, _KEY, "; as plain weights, give it to backbone.weights"
    )
    return state, EncoderInfo.from_json(description, str(path))
