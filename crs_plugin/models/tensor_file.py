"""A file of tensors that another program wrote, read without running any code in it."""

import argparse
import pickle
import re
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from crs_plugin.errors import InputError


def read_tensor_file(path: Path, what: str) -> object:
    """Return what a ``.safetensors`` file or one of torch's own holds, on the CPU.

    Torch's own are read with ``weights_only=True``.

    Args:
        path: The file.
        what: What it has to be, for errors: ``checkpoint``.

    Raises:
        InputError: If there is no such file, it is something else, damaged or cut short, or it
            holds more than tensors and plain values.
    """
    if not path.is_file():
        raise InputError(f"no {what} {path}" + (": a folder" if path.is_dir() else ""))
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        # The released code keeps its options as a Namespace, which does nothing when it is made
        with torch.serialization.safe_globals([argparse.Namespace]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL (\S+)", str(error))
        if named is None:  # torch then advises to run what is in the file
            raise InputError(f"{path} is no {what}, or it was cut short") from error
        raise InputError(
            f"{path} holds more than weights ({named[1]}), which is not read, as it could run"
            " code. Where you trust it, write its weights alone: torch.save(torch.load(FILE,"
            " weights_only=False)['state_dict'], 'weights.pth')"
        ) from error
    except (SafetensorError, RuntimeError, EOFError, OSError, ValueError, LookupError) as error:
        # What an unpickler looks up in vain is a number that says nothing
        cause = "" if isinstance(error, LookupError) else re.split(r"[\n.]", str(error))[0]
        told = f": {cause}" if cause else ""
        raise InputError(f"{path} is no {what}, or it was cut short{told}") from error
