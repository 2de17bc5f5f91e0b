"""Weights from a file into a network, with every name that does not fit told."""

import os
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from crs_plugin.errors import InputError
from crs_plugin.models.tensor_file import read_tensor_file

SUFFIXES = (".pth", ".pt", ".safetensors")
_MOST_NAMES = 8


def names_a_file(weights: str) -> bool:
    """Return whether an option ``weights`` means a file, not a toolkit's name of weights."""
    return weights.endswith(SUFFIXES) or "/" in weights


def load_weights(network: nn.Module, path: Path, ignored: tuple[str, ...] = ()) -> None:
    """Load the weights in a file into a network.

    Args:
        network: What receives them; every one of its tensors must be in the file.
        path: A ``.safetensors`` file, or a ``.pth`` or ``.pt`` file that holds a state dict, or a
            checkpoint with one under ``state_dict``. Pickled code in it is never run.
        ignored: Names in the file that start with one of these are left out (the classifier's).

    Raises:
        InputError: If the file cannot be read, or its names or shapes are not the network's; the
            message lists them.
    """
    state = read_weights(path)
    kept = {name: x for name, x in state.items() if not name.startswith(ignored)}
    fit_weights(network, kept, str(path))


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a weights file by name, on the CPU.

    Raises:
        InputError: If there is no such file or it holds no weights.
    """
    path = Path(os.path.expanduser(path))
    content = read_tensor_file(path, "weights file")
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not all(isinstance(x, Tensor) for x in content.values()):
        found = (
            ", ".join(map(str, content)) if isinstance(content, Mapping) else type(content).__name__
        )
        raise InputError(f"{path} holds no state dict (name → tensor); found: {found}")
    return dict(content)


def absent_prefixes(network: nn.Module, prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the prefixes that no tensor of the network has: of a classifier taken off."""
    own = network.state_dict()
    return tuple(prefix for prefix in prefixes if not any(n.startswith(prefix) for n in own))


def fit_weights(network: nn.Module, state: Mapping[str, Tensor], source: str) -> None:
    """Load tensors by name into a network, all of them or none.

    Raises:
        InputError: If names or shapes differ; the message lists them and names the source.
    """
    own = network.state_dict()
    shapes = [
        f"{name} {list(state[name].shape)} instead of {list(own[name].shape)}"
        for name in own.keys() & state.keys()
        if state[name].shape != own[name].shape
    ]
    problems = {
        "missing": sorted(own.keys() - state.keys()),
        "unexpected": sorted(state.keys() - own.keys()),
        "of another shape": sorted(shapes),
    }
    listed = [f"{what}: {_shortened(names)}" for what, names in problems.items() if names]
    if listed:
        raise InputError(f"the weights in {source} do not fit this network; " + "; ".join(listed))
    network.load_state_dict(dict(state))


def _shortened(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
