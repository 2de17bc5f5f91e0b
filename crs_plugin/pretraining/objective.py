"""The objective: a sum of weighted terms, each a loss that says by name what it receives."""

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from crs_plugin.errors import InputError
from crs_plugin.losses.class_weights import ClassWeights
from crs_plugin.pretraining.over_processes import mean_over_processes
from crs_plugin.pretraining.step_outputs import StepOutputs

TERM_INPUTS: Mapping[str, str] = MappingProxyType(
    {
        "embeddings": "[V·B, D] L2-normalised projections z, view after view",
        "projections": "[V·B, D] output of the projection head, not normalised",
        "features": "[V·B, F] output of the backbone, h",
        "labels": "[V·B] coarse ids, -1 for none",
        "fine_labels": "[V·B] contiguous ids of the expressions in the data, -1 for none",
        "image_ids": "[V·B] number of the image, consecutive, repeated for every view",
        "coarse_logits": "[V·B, C] output of the coarse head",
        "fine_logits": "[V·B, K] output of the fine head",
        "z0": "[B, D] embeddings of view 0",
        "z1": "[B, D] embeddings of view 1",
        "out0": "[B, D] projections of view 0, not normalised (Lightly's name)",
        "out1": "[B, D] projections of view 1, not normalised (Lightly's name)",
        "z_a": "the same as out0",
        "z_b": "the same as out1",
        "x0": "the same as out0",
        "x1": "the same as out1",
        "indices_tuple": "pairs or triplets that the miner found",
    }
)
"""Parameter names of a loss's ``forward`` → what is passed (V views of B images)."""

_PROJECTION, _COARSE, _FINE, _MINER = "heads.projection", "heads.coarse", "heads.fine", "miner"

PART_OF: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("embeddings", "projections", "z0", "z1", "out0", "out1", "z_a", "z_b", "x0", "x1"),
            _PROJECTION,
        ),
        "coarse_logits": _COARSE,
        "fine_logits": _FINE,
        "indices_tuple": _MINER,
    }
)
"""Inputs of a term → the optional part of the recipe that makes them; others are always there."""

_SOURCES: Mapping[str, Callable[[StepOutputs], Any]] = MappingProxyType(
    {
        "embeddings": lambda outputs: outputs.embeddings,
        "projections": lambda outputs: outputs.projections,
        "features": lambda outputs: outputs.features,
        "labels": lambda outputs: outputs.labels,
        "fine_labels": lambda outputs: outputs.fine_labels,
        "image_ids": lambda outputs: outputs.image_ids,
        "coarse_logits": lambda outputs: outputs.coarse_logits,
        "fine_logits": lambda outputs: outputs.fine_logits,
        "z0": lambda outputs: outputs.view(outputs.embeddings, 0),
        "z1": lambda outputs: outputs.view(outputs.embeddings, 1),
        **dict.fromkeys(
            ("out0", "z_a", "x0"), lambda outputs: outputs.view(outputs.projections, 0)
        ),
        **dict.fromkeys(
            ("out1", "z_b", "x1"), lambda outputs: outputs.view(outputs.projections, 1)
        ),
        "indices_tuple": lambda outputs: outputs.indices_tuple,
    }
)


@dataclass(frozen=True)
class Term:
    """One term of the objective.

    Attributes:
        name: What it is called in metrics; unique within an objective.
        weight: What its value is multiplied with.
        loss: Module whose ``forward`` takes inputs by the names in ``TERM_INPUTS`` and returns a
            scalar.
    """

    name: str
    weight: float
    loss: nn.Module


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
    near = get_close_matches(name, TERM_INPUTS, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return (
        f"loss {owner.__name__} cannot be a term of the objective: its forward wants"
        f" {name!r}{hint}, which is none of {', '.join(TERM_INPUTS)}"
    )


class Objective(nn.Module):
    """The weighted sum of some terms.

    Args:
        terms: At least one; names differ.

    Raises:
        InputError: If there is no term, two have the same name, or one wants what nobody makes.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        super().__init__()
        names = [term.name for term in terms]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice or not names:
            what = f"two terms are named {', '.join(twice)}" if twice else "it has no term"
            raise InputError(f"objective: {what}; give at least one, each with its own name")
        self.terms = tuple(terms)
        self.losses = nn.ModuleList(term.loss for term in terms)  # for their parameters and buffers
        self.inputs = {term.name: term_inputs(term.loss) for term in terms}

    def forward(self, outputs: StepOutputs) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the weighted sum and the value of every term, not weighted; all are scalars.

        Raises:
            InputError: If a term lacks an input, or does not return a scalar.
        """
        values = {term.name: self._value(term, outputs) for term in self.terms}
        weighted = [term.weight * values[term.name] for term in self.terms]
        return torch.stack(weighted).sum(), values

    def uses(self, part: str) -> bool:
        """Return whether some term receives what a part makes (a value of ``PART_OF``)."""
        return any(
            PART_OF.get(name) == part
            for required, optional in self.inputs.values()
            for name in required + optional
        )

    def at_epoch(self, epoch: int) -> None:
        """Give all class weights of the terms the values of an epoch (from 0)."""
        for term in self.terms:
            for weights in _class_weights(term.loss):
                weights.at_epoch(epoch)

    def class_weights(self) -> dict[str, dict[str, float]]:
        """Return term → class name → weight in use, of the terms that weight classes.

        Where one has several class weights, they are numbered: ``term (0)``, ``term (1)``.
        """
        found: dict[str, dict[str, float]] = {}
        for term in self.terms:
            several = list(_class_weights(term.loss))
            for index, weights in enumerate(several):
                name = f"{term.name} ({index})" if len(several) > 1 else term.name
                found[name] = weights.by_name()
        return found

    def _value(self, term: Term, outputs: StepOutputs) -> torch.Tensor:
        return _evaluate(term.name, term.loss, self.inputs[term.name], outputs)


def _class_weights(module: nn.Module) -> Iterator[ClassWeights]:
    """Yield the class weights in a module, but not those that others are made of."""
    if isinstance(module, ClassWeights):
        yield module
        return
    for child in module.children():
        yield from _class_weights(child)


@torch.no_grad()
def collapsed_values(objective: Objective, outputs: StepOutputs) -> dict[str, float | None]:
    """Return what every term would be if the network had collapsed (see ``StepOutputs``).

    A value at its collapsed one is a plateau, whatever the total does. Losses are evaluated on a
    copy, so that queues and running statistics stay clean. None where a loss cannot be copied, or
    is not defined for identical inputs. Of several processes, which must all call it, the mean.
    """
    collapsed = outputs.collapsed()
    values = []
    for term in objective.terms:
        try:
            loss = copy.deepcopy(term.loss)
            value = float(_evaluate(term.name, loss, objective.inputs[term.name], collapsed))
        except (RuntimeError, TypeError, ValueError):
            value = float("nan")
        values.append(value)
    known = mean_over_processes(torch.tensor(values, device=outputs.features.device)).tolist()
    return {
        term.name: value if abs(value) < float("inf") else None
        for term, value in zip(objective.terms, known, strict=True)
    }


def _evaluate(
    name: str,
    loss: nn.Module,
    inputs: tuple[tuple[str, ...], tuple[str, ...]],
    outputs: StepOutputs,
) -> torch.Tensor:
    required, optional = inputs
    given = {key: _SOURCES[key](outputs) for key in required + optional}
    missing = next((key for key in required if given[key] is None), None)
    if missing is not None:
        raise InputError(_missing_input(name, missing, outputs))
    value = loss(**{key: item for key, item in given.items() if item is not None})
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        found = list(value.shape) if isinstance(value, torch.Tensor) else type(value).__name__
        raise InputError(f"term {name!r} must be a loss that returns a scalar, not {found}")
    return value.reshape(())


def _missing_input(term: str, missing: str, outputs: StepOutputs) -> str:
    part = PART_OF[missing]
    one_view = outputs.views < 2 and outputs.projections is not None and part == _PROJECTION
    remedy = "take an augmentation of two views" if one_view else f"add {part}"
    return f"term {term!r} wants {missing!r} ({TERM_INPUTS[missing]}), which nobody makes: {remedy}"
