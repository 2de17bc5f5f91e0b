"""The objective: a sum of weighted terms, each a loss that says by name what it receives."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from crs_plugin.errors import InputError
from crs_plugin.losses.class_weights import ClassWeights
from crs_plugin.pretraining.loss_inputs import (
    PART_OF,
    PROJECTION,
    TERM_INPUTS,
    given_by,
    term_inputs,
)
from crs_plugin.pretraining.over_processes import mean_over_processes
from crs_plugin.pretraining.step_outputs import StepOutputs


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
    given = {key: given_by(key, outputs) for key in required + optional}
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
    one_view = outputs.views < 2 and outputs.projections is not None and part == PROJECTION
    remedy = "take an augmentation of two views" if one_view else f"add {part}"
    return f"term {term!r} wants {missing!r} ({TERM_INPUTS[missing]}), which nobody makes: {remedy}"
