"""What a recipe's augmentation, or one component of it, makes of some images of its data."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from crs_plugin.errors import InputError
from crs_plugin.evaluation.views import Views
from crs_plugin.expressions import ALL_EXPRESSIONS, UNLABELLED
from crs_plugin.pretraining.seeding import seed_step
from crs_plugin.recipe.layout import is_step
from crs_plugin.recipe.recipe import Recipe
from crs_plugin.recipe.spec import Spec, nested


def shown_images(fine: NDArray[np.int16], n: int, seed: int) -> NDArray[np.int64]:
    """Return the indices of up to ``n`` images: of every expression as many as there is room for.

    Args:
        fine: Fine ids ``[N]``; ``UNLABELLED`` counts as an expression.
        n: How many.
        seed: Of the choice.

    Returns:
        Indices ``[min(n, N)]`` by expression, in canonical order.
    """
    order = np.random.default_rng(seed).permutation(len(fine))
    turn = np.empty(len(fine), dtype=np.int64)  # 0 for the first of its expression, then 1, …
    for expression in np.unique(fine):
        members = np.flatnonzero(fine[order] == expression)
        turn[members] = np.arange(len(members))
    chosen = order[np.argsort(turn, kind="stable")[:n]]
    return np.asarray(chosen[np.argsort(fine[chosen], kind="stable")])


def shown_views(
    spec: Spec,
    augmentation: Any,
    images: torch.Tensor,
    fine: NDArray[np.int16],
    *,
    draws: int,
    seed: int,
) -> Views:
    """Draw the views of some images several times, from torch's global RNG.

    Args:
        spec: The component that the augmentation was built from, for messages.
        augmentation: Makes views of the images as they are, a tuple, and has ``size``, ``mean`` and
            ``std`` of their normalisation; or, as one step of such, makes float ``[B, 3, h, w]`` of
            float ``[B, 3, H, W]`` in [0, 1].
        images: uint8 ``[B, 1|3, H, W]``.
        fine: Their fine ids ``[B]``.
        draws: How often.
        seed: The first draw is seeded like step 0 of a run, the second like step 1, and so on.

    Raises:
        RecipeError: If the augmentation fails on the images.
    """
    drawn = []
    with spec.blamed(), torch.no_grad():
        for draw in range(draws):
            seed_step(seed, draw, 0)
            drawn.append(_views(augmentation, images))
    whole = _makes_views(augmentation)
    return Views(
        originals=images,
        names=tuple("(no label)" if i == UNLABELLED else ALL_EXPRESSIONS[i] for i in fine),
        draws=tuple(drawn),
        mean=tuple(augmentation.mean) if whole else (0.0,) * 3,
        std=tuple(augmentation.std) if whole else (1.0,) * 3,
    )


def one_augmentation(recipe: Recipe, name: str) -> tuple[Spec, Any]:
    """Return one augmentation by name, and the component it is built from.

    It is the recipe's own, with the recipe's options, if its augmentation is it or has it inside
    (the first, if there are several); else it is built with its defaults.

    Raises:
        RegistryError: If there is no augmentation of that name.
        InputError: If it has options without a default.
        RecipeError: If it refuses its options.
    """
    whole = recipe.augmentation
    component = whole.registry.get("augmentation", name)
    if name == whole.name:
        return whole, whole.build()
    spec = next((inner for inner in nested(whole) if inner.name == name), None)
    if spec is not None:
        return spec, spec.build()
    alone = Spec("augmentation", name, position=f"--component {name}", registry=whole.registry)
    built = whole.build()
    for part in built.modules():
        if type(part) is component.target:
            return alone, part
    given = {} if is_step(component) else {"size": built.size}
    missing = [o.name for o in component.options().values() if o.required and o.name not in given]
    if missing:
        options = ", ".join(f"{option}: …" for option in missing)
        raise InputError(
            f"augmentation {name!r} cannot be shown with its defaults, as it has none for"
            f" {', '.join(map(repr, missing))}. Make it a step of the recipe's augmentation, whose"
            f" options are then used: --set 'augmentation.then=[{{name: {name}, {options}}}]'"
        )
    return alone, alone.build(**given)


def _makes_views(augmentation: Any) -> bool:
    return all(hasattr(augmentation, name) for name in ("size", "mean", "std"))


def _views(augmentation: Any, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
    if _makes_views(augmentation):
        return tuple(augmentation(images))
    step = augmentation(images.expand(-1, 3, -1, -1).float() / 255)
    if not isinstance(step, torch.Tensor) or step.ndim != 4:
        raise ValueError("it returns something else than images [B, C, H, W]")
    return (step,)
