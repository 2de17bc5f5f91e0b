"""What a term of the objective may receive, by the names of its loss's ``forward``'s parameters.

A new input is one more row of ``_INPUTS``.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from torch import nn

from crs_plugin.did_you_mean import did_you_mean
from crs_plugin.errors import InputError
from crs_plugin.pretraining.step_outputs import StepOutputs

PROJECTION, _COARSE, _FINE, _MINER = "heads.projection", "heads.coarse", "heads.fine", "miner"


@dataclass(frozen=True)
class _Input:
    """What is passed under a name (V views of B images).

    Attributes:
        meaning: What it is, in words.
        of: Takes it out of a step's outputs.
        part: The optional part of the recipe that makes it; None where it is always there.
        of_one_view: Whether it is of one of two views.
    """

    meaning: str
    of: Callable[[StepOutputs], Any]
    part: str | None = None
    of_one_view: bool = False


def _embeddings_of(view: int) -> _Input:
    return _Input(
        f"[B, D] embeddings of view {view}",
        lambda outputs: outputs.view(outputs.embeddings, view),
        PROJECTION,
        of_one_view=True,
    )


def _projections_of(view: int, meaning: str = "") -> _Input:
    return _Input(
        meaning or f"[B, D] projections of view {view}, not normalised (Lightly's name)",
        lambda outputs: outputs.view(outputs.projections, view),
        PROJECTION,
        of_one_view=True,
    )


_INPUTS: Mapping[str, _Input] = {
    "embeddings": _Input(
        "[V·B, D] L2-normalised projections z, view after view",
        lambda outputs: outputs.embeddings,
        PROJECTION,
    ),
    "projections": _Input(
        "[V·B, D] output of the projection head, not normalised",
        lambda outputs: outputs.projections,
        PROJECTION,
    ),
    "features": _Input("[V·B, F] output of the backbone, h", lambda outputs: outputs.features),
    "labels": _Input("[V·B] coarse ids, -1 for none", lambda outputs: outputs.labels),
    "fine_labels": _Input(
        "[V·B] contiguous ids of the expressions in the data, -1 for none",
        lambda outputs: outputs.fine_labels,
    ),
    "image_ids": _Input(
        "[V·B] number of the image, consecutive, repeated for every view",
        lambda outputs: outputs.image_ids,
    ),
    "coarse_logits": _Input(
        "[V·B, C] output of the coarse head", lambda outputs: outputs.coarse_logits, _COARSE
    ),
    "fine_logits": _Input(
        "[V·B, K] output of the fine head", lambda outputs: outputs.fine_logits, _FINE
    ),
    "z0": _embeddings_of(0),
    "z1": _embeddings_of(1),
    "out0": _projections_of(0),
    "out1": _projections_of(1),
    "z_a": _projections_of(0, "the same as out0"),
    "z_b": _projections_of(1, "the same as out1"),
    "x0": _projections_of(0, "the same as out0"),
    "x1": _projections_of(1, "the same as out1"),
    "indices_tuple": _Input(
        "pairs or triplets that the miner found", lambda outputs: outputs.indices_tuple, _MINER
    ),
}

TERM_INPUTS: Mapping[str, str] = MappingProxyType(
    {name: given.meaning for name, given in _INPUTS.items()}
)
"""Parameter names of a loss's ``forward`` → what is passed (V views of B images)."""

PART_OF: Mapping[str, str] = MappingProxyType(
    {name: given.part for name, given in _INPUTS.items() if given.part is not None}
)
"""Inputs of a term → the optional part of the recipe that makes them; others are always there."""

OF_ONE_VIEW = frozenset(name for name, given in _INPUTS.items() if given.of_one_view)
"""Inputs of a term that only an augmentation of two views gives."""


def given_by(name: str, outputs: StepOutputs) -> Any:
    """Return the input of that name; None where nothing has made it."""
    return _INPUTS[name].of(outputs)


def term_inputs(loss: nn.Module | type[nn.Module]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of what a loss must receive, and of what it receives if there is any.

    Optional parameters that are not in ``TERM_INPUTS`` are left at their defaults.

    Raises:
        InputError: If a required parameter is not in ``TERM_INPUTS``.
    """
    parameters = list(inspect.signature(loss.forward).parameters.values())
    if isinstance(loss, type):
        parameters = parameters[1:]
    required, optional = [], []
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.default is not parameter.empty:
            optional += [parameter.name] if parameter.name in TERM_INPUTS else []
        elif parameter.name in TERM_INPUTS:
            required.append(parameter.name)
        else:
            raise InputError(_unknown_input(loss, parameter.name))
    return tuple(required), tuple(optional)


def _unknown_input(loss: nn.Module | type[nn.Module], name: str) -> str:
    owner = loss if isinstance(loss, type) else type(loss)
    return (
        f"loss {owner.__name__} cannot be a term of the objective: its forward wants"
        f" {name!r}{did_you_mean(name, TERM_INPUTS)}, which is none of {', '.join(TERM_INPUTS)}"
    )
