"""The encoder's file: safetensors with the description as JSON in its metadata."""

from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from crs_plugin.errors import InputError
from crs_plugin.files import write_atomically
from crs_plugin.models.encoder_info import EncoderInfo

_KEY = "crs_plugin.encoder"


def write_encoder_file(path: Path, state: dict[str, Tensor], info: EncoderInfo) -> None:
    """Write tensors and description, atomically.

    Raises:
        InputError: If the file cannot be written there.
    """
    # A copy of each: safetensors takes neither other memory formats nor shared storage
    tensors = {name: x.detach().cpu().contiguous().clone() for name, x in state.items()}
    content = save(tensors, metadata={_KEY: info.to_json()})
    try:
        write_atomically(path, content)
    except OSError as error:
        raise InputError(f"cannot write the encoder to {path}: {error.strerror}") from error


def read_encoder_file(path: Path) -> tuple[dict[str, Tensor], EncoderInfo]:
    """Return tensors (on the CPU) and description.

    Raises:
        InputError: If there is no such file, it is cut short or damaged, it is no encoder of this
            package, or its format is newer than this package.
    """
    if not path.is_file():
        raise InputError(f"no encoder file {path}" + (": a folder" if path.is_dir() else ""))
    try:
        with safe_open(path, framework="pt") as handle:
            metadata = handle.metadata() or {}
            if _KEY not in metadata:
                raise InputError(
                    f"{path} is a safetensors file but no encoder of crs_plugin (its metadata lack"
                    f" {_KEY!r}); as plain weights, give it to backbone.weights"
                )
            info = EncoderInfo.from_json(metadata[_KEY], str(path))
            return {name: handle.get_tensor(name) for name in handle.keys()}, info  # noqa: SIM118
    except SafetensorError as error:
        raise InputError(
            f"{path} is no encoder file, or it was cut short: not readable as safetensors ({error})"
        ) from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
