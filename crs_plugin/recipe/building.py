"""From a recipe to its network under its objective, and to the encoder that it becomes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from crs_plugin.errors import InputError
from crs_plugin.models.encoder import Encoder, EncoderInfo
from crs_plugin.pretraining.loss_inputs import term_inputs
from crs_plugin.pretraining.module import PretrainingModule
from crs_plugin.pretraining.objective import Objective, Term
from crs_plugin.recipe.problem import RecipeError
from crs_plugin.recipe.recipe import Recipe


def build_module(
    recipe: Recipe, expressions: tuple[str, ...], class_counts: Sequence[int] | None = None
) -> PretrainingModule:
    """Build the network under its objective, with weights that follow from the recipe's seed.

    Args:
        recipe: The recipe.
        expressions: Names of the expressions in the pre-training data, for the fine head.
        class_counts: Number of images of each coarse class in the pre-training data, for losses
            that weight by it. Without them, such losses are refused.

    Raises:
        RecipeError: If a component refuses its options, or two of them do not fit together.
    """
    classes = recipe.labels.classes
    with _seeded(recipe.seed):
        backbone = recipe.backbone.build()
        with recipe.backbone.blamed():
            width: int = backbone.feature_dim
        projection = _head(recipe, "projection", input_dim=width)
        coarse_input = width if projection is None else _output_dim(recipe, projection, width)
        coarse = _head(recipe, "coarse", input_dim=coarse_input, output_dim=len(classes))
        fine = _head(recipe, "fine", input_dim=width, output_dim=len(expressions))
        terms = _terms(recipe, class_counts)
        augmentation = recipe.augmentation.build()
        miner = recipe.miner.build(**_of_classes(classes)) if recipe.miner else None
    schedule = recipe.schedule
    try:
        return PretrainingModule(
            backbone=backbone,
            objective=Objective(terms),
            augmentation=augmentation,
            optimizer=recipe.optimizer.build,
            schedule=schedule.build if schedule else None,
            projection=projection,
            coarse=coarse,
            fine=fine,
            miner=miner,
        )
    except InputError as error:
        message = str(error)
        specs = {repr(term.name): t.spec for term, t in zip(terms, recipe.objective, strict=True)}
        meant = next((name for name in specs if name in message), next(iter(specs)))
        raise RecipeError([specs[meant].problem(message)]) from error


def encoder_of(recipe: Recipe, module: PretrainingModule, seen: dict[str, Any]) -> Encoder:
    """Return the encoder that a module has trained, with its description.

    Args:
        recipe: The recipe.
        module: The module.
        seen: What the encoder saw in pre-training.
    """
    augmentation: Any = module.augmentation
    backbone: Any = module.backbone
    info = EncoderInfo(
        backbone=recipe.backbone.name,
        backbone_options=recipe.backbone.options,
        input_size=augmentation.size,
        mean=augmentation.mean,
        std=augmentation.std,
        feature_dim=backbone.feature_dim,
        seen=seen,
    )
    return Encoder(backbone, info)


def _head(recipe: Recipe, role: str, **dimensions: int) -> Any:
    spec = recipe.heads.get(role)
    if spec is None:
        return None
    given = spec.options.get("input_dim", dimensions["input_dim"])
    if given != dimensions["input_dim"]:
        message = (
            f"found {given}, but what flows into this head is {dimensions['input_dim']} wide;"
            " leave the option out and it is filled in"
        )
        raise RecipeError([spec.problem(message, "input_dim")])
    return spec.build(**dimensions)


def _output_dim(recipe: Recipe, projection: torch.nn.Module, input_dim: int) -> int:
    training = projection.training
    with recipe.heads["projection"].blamed(), torch.no_grad():
        projection.eval()
        width = projection(torch.zeros(2, input_dim)).shape[-1]
        projection.train(training)
    return int(width)


def _terms(recipe: Recipe, class_counts: Sequence[int] | None) -> list[Term]:
    filled_in = _of_classes(recipe.labels.classes)
    if class_counts is not None:
        filled_in["class_counts"] = tuple(class_counts)
    names = Counter(term.spec.name for term in recipe.objective)
    terms = []
    for index, term in enumerate(recipe.objective):
        name = term.spec.name
        unique = f"{name} ({index})" if names[name] > 1 else name
        loss = term.spec.build(**filled_in)
        with term.spec.blamed():
            term_inputs(loss)
        terms.append(Term(unique, term.weight, loss))
    return terms


def _of_classes(classes: tuple[str, ...]) -> dict[str, Any]:
    """Options that losses and miners may leave out, for the coarse classes decide them."""
    return {"class_names": classes, "num_classes": len(classes)}


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
