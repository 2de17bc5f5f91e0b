"""The order of the images in an epoch: a sampler gets the labels that it asks for by name."""

import inspect
from collections.abc import Iterable, Mapping

import torch

from crs_plugin.did_you_mean import did_you_mean_clause
from crs_plugin.pretraining.batches import SamplerFactory
from crs_plugin.recipe.problem import RecipeError
from crs_plugin.recipe.spec import Spec

SAMPLER_INPUTS: Mapping[str, str] = {
    "image_ids": "[N] numbers of the images, 0 to N - 1",
    "labels": "[N] coarse ids of the images, -1 for none",
    "fine_labels": "[N] contiguous ids of the expressions in the data, -1 for none",
    "shards": "[N] numbers of the shards that the images are streamed from, None if they are not",
}
"""Names of a sampler's parameters before ``/`` → what is passed."""


def sampler_factory(spec: Spec, shards: torch.Tensor | None = None) -> SamplerFactory:
    """Return what makes the indices of an epoch from the coarse and the fine ids, [N] each.

    Args:
        spec: The sampler.
        shards: [N] the shard that each image is streamed from, if that is so.

    Raises:
        RecipeError: If the sampler wants something else, or later if it refuses the labels.
    """
    wanted = _wanted(spec)
    for name in wanted:
        if name not in SAMPLER_INPUTS:
            known = "; ".join(f"{known}: {what}" for known, what in SAMPLER_INPUTS.items())
            hint = did_you_mean_clause(name, SAMPLER_INPUTS, ".")
            message = f"sampler {spec.name!r} wants {name!r}{hint} Samplers can get {known}"
            raise RecipeError([spec.problem(message)])

    def sampler(coarse: torch.Tensor, fine: torch.Tensor) -> Iterable[int]:
        ids = torch.arange(len(coarse))
        given = {"image_ids": ids, "labels": coarse, "fine_labels": fine, "shards": shards}
        indices: Iterable[int] = spec.build(*(given[name] for name in wanted))
        return indices

    return sampler


def labels_that_steer(spec: Spec) -> set[str]:
    """Return which labels decide what a sampler shows, as far as its options tell."""
    if "classes" in spec.component.options():
        return {"fine_labels" if spec.options.get("classes") == "fine" else "labels"}
    return {"labels", "fine_labels"}.intersection(_wanted(spec))


def _wanted(spec: Spec) -> list[str]:
    parameters = inspect.signature(spec.component.target).parameters.values()
    return [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY]
