"""Checks of a recipe that take longer than reading it: building its parts, opening its data."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch
from rich.text import Text

from crs_plugin.data.bad_images import listed
from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.decoded_images import ImageReader
from crs_plugin.errors import InputError
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.expressions import EXPRESSIONS, UNLABELLED
from crs_plugin.pretraining.needed_libraries import check_libraries
from crs_plugin.progress import StageProgress
from crs_plugin.recipe.fitting import loss_inputs
from crs_plugin.recipe.pretraining_data import (
    PretrainingData,
    pretraining_data,
    without_excluded,
)
from crs_plugin.recipe.problem import Problem, RecipeError, cause
from crs_plugin.recipe.problem import listed as comma_listed
from crs_plugin.recipe.recipe import Recipe
from crs_plugin.recipe.spec import Spec, nested
from crs_plugin.verbosity import progress_console

if TYPE_CHECKING:
    from crs_plugin.pretraining.module import PretrainingModule

_LABELS = {"labels": "coarse", "fine_labels": "fine"}
"""Inputs of a term that need labels → which."""


def check_build(recipe: Recipe) -> None:
    """Build the network, the optimizer, the schedule and the evaluations; pass a made-up batch.

    Of the loggers no more is asked than whether their libraries are there. Opens no data. Weights
    that the backbone starts from are loaded, and downloaded if they have to be. The global RNG is
    left as it was.

    Raises:
        RecipeError: If parts refuse their options or do not fit one another.
    """
    found = _Found()
    with torch.random.fork_rng():
        with found.problems():
            _pass_batch(recipe)
        for spec in (*recipe.evaluation, *recipe.references):
            with found.problems(spec):
                spec.build()
        for spec in recipe.loggers:
            with found.problems(spec), spec.blamed():
                check_libraries(spec.component.target)
    found.raise_if_any()


def check_data(recipe: Recipe) -> EvaluationContext:
    """Open all data sets and see whether they have what the recipe needs of them.

    Only label files are read, no images.

    Returns:
        The context of the evaluations, with the data open but without encoders.

    Raises:
        RecipeError: If data are missing or wrong, a loss or miner needs labels that they do not
            have, or an evaluation cannot be made with them.
    """
    found = _Found()
    datasets = list(dict.fromkeys(map(_Hashed, _datasets(recipe))))
    for dataset in datasets:
        with found.problems(dataset.spec):
            dataset.spec.build()
    found.raise_if_any()
    augmentation = recipe.augmentation.build()
    context = EvaluationContext(
        recipe.source, augmentation.size, recipe.seed, coarse_table=recipe.labels
    )
    context = replace(context, shown=_shown(recipe, context.open(None, for_features=False)))
    check_open_data(recipe, context)
    return context


def check_open_data(recipe: Recipe, context: EvaluationContext) -> None:
    """See whether data that are open have what the recipe needs of them.

    Raises:
        RecipeError: If a loss or miner needs labels that they do not have, or an evaluation cannot
            be made with them.
    """
    found = _Found()
    _check_labels(recipe, context.open(None, for_features=False), found)
    _check_evaluations(recipe.evaluation, context, found)
    found.raise_if_any()


def check_epoch(recipe: Recipe, data: PretrainingData) -> None:
    """See whether an epoch has a batch at least; a sampler may draw images twice or not at all.

    Raises:
        RecipeError: If there are not.
    """
    from crs_plugin.recipe.sampling import sampler_factory

    size = recipe.training.batch_size
    with torch.random.fork_rng():
        indices = sampler_factory(recipe.sampler)(data.coarse, data.fine)
        drawn = sum(1 for _ in islice(indices, size))
    if drawn < size:
        key = "training.batch_size"
        message = f"a batch has {size} images, but an epoch has only {drawn}"
        raise RecipeError([Problem(recipe.places.get(key, "default"), key, message)])


def check_evaluations(evaluation: Sequence[Spec], context: EvaluationContext) -> None:
    """Open the data of evaluations, and see whether these can be made with them.

    Raises:
        RecipeError: If data are missing or wrong, or an evaluation cannot be made with them.
    """
    found = _Found()
    _check_evaluations(evaluation, context, found)
    found.raise_if_any()


def check_images(recipe: Recipe) -> None:
    """Do what ``check_data`` and ``check_epoch`` do, and read all images once; progress is shown.

    Raises:
        RecipeError: What these find, also without images that are to be left out.
        DataError: If images cannot be read, and the recipe does not say to leave them out.
    """
    context = check_data(recipe)
    check_epoch(recipe, pretraining_data(recipe, context.open(None, for_features=False)))
    console = progress_console()
    progress = StageProgress(console)
    reader = ImageReader(progress, lambda line: console.print(Text(line), soft_wrap=True))
    with progress.stage():
        left_out = context.read_images(
            reader, feature_size=None, other_size=None, skip=recipe.on_bad_image == "skip"
        )
    if left_out:
        check_open_data(recipe, context)
        check_epoch(recipe, pretraining_data(recipe, context.open(None, for_features=False)))
        text = f"{len(left_out):,} images cannot be read and would be left out:{listed(left_out)}"
        console.print(Text(text), soft_wrap=True)


class _Found:
    """Problems found so far, each once."""

    def __init__(self) -> None:
        self.all: dict[Problem, None] = {}

    def add(self, spec: Spec | None, message: str) -> None:
        place, key = (spec.position, spec.key) if spec else ("", "")
        self.all[Problem(place, key, message)] = None

    @contextmanager
    def problems(self, spec: Spec | None = None) -> Iterator[None]:
        """Note what is wrong in the block; a problem without a place is that of ``spec``."""
        try:
            yield
        except RecipeError as error:
            self.all |= dict.fromkeys(error.problems)
        except InputError as error:
            self.add(spec, str(error))

    def raise_if_any(self) -> None:
        if self.all:
            raise RecipeError(self.all)


class _Hashed:
    """A component that equals another one with the same options, wherever it stands."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hashed) and self.spec == other.spec

    def __hash__(self) -> int:
        return hash((self.spec.kind, self.spec.name))


def _datasets(recipe: Recipe) -> Iterator[Spec]:
    for spec in recipe.specs:
        yield from (inner for inner in nested(spec) if inner.kind == "dataset")


def _pass_batch(recipe: Recipe) -> None:
    from crs_plugin.pretraining.batches import Batch
    from crs_plugin.recipe.building import build_module
    from crs_plugin.recipe.sampling import sampler_factory

    classes = len(recipe.labels.classes)
    module = build_module(recipe, EXPRESSIONS, class_counts=range(1, classes + 1))
    with recipe.augmentation.blamed():
        view_size: Any = module.augmentation.size
        size = recipe.training.decoded_size(view_size)
    number = torch.arange(2 * max(classes, len(EXPRESSIONS)))
    batch = Batch(
        images=torch.randint(256, (len(number), 3, size, size), dtype=torch.uint8),
        fine=number % len(EXPRESSIONS),
        coarse=number % classes,
    )
    groups = [{"params": list(module.parameters()), "norm_or_bias": False}]
    optimizer = recipe.optimizer.build(groups)
    if recipe.schedule:
        recipe.schedule.build(optimizer, 100, 10)
    sampler_factory(recipe.sampler)(batch.coarse, batch.fine)
    with _last_called_blamed(recipe, module):
        total: Any = module.objective(module.outputs(batch))[0]
    try:
        total.backward()
    except Exception as error:
        message = f"the gradient of the objective cannot be computed: {cause(error)}"
        place = recipe.objective[0].spec.position
        raise RecipeError([Problem(place, "objective", message)]) from error


@contextmanager
def _last_called_blamed(recipe: Recipe, module: "PretrainingModule") -> Iterator[None]:
    """Turn whatever goes wrong in the block into a problem of the part that was called last."""
    parts: list[tuple[Spec | None, Any]] = [
        (recipe.augmentation, module.augmentation),
        (recipe.backbone, module.backbone),
        *((spec, getattr(module, role)) for role, spec in recipe.heads.items()),
        (recipe.miner, module.miner),
        *zip((term.spec for term in recipe.objective), module.objective.losses, strict=True),
    ]
    called = [recipe.augmentation]

    def note(spec: Spec) -> Callable[..., None]:
        return lambda *_: called.append(spec)

    hooks = [
        part.register_forward_pre_hook(note(spec), prepend=True)
        for spec, part in parts
        if spec and isinstance(part, torch.nn.Module)
    ]
    try:
        yield
    except Exception:
        hint = ""
        if called[-1] is recipe.backbone:
            size: Any = module.augmentation.size
            hint = f"; does this backbone take images of {size} px (augmentation.size)?"
        with called[-1].blamed(hint):
            raise
    finally:
        for hook in hooks:
            hook.remove()


def _check_labels(recipe: Recipe, dataset: FaceDataset, found: _Found) -> None:
    train = dataset.in_split("train")
    if len(train) == 0:
        found.add(recipe.data[0], f"{dataset.name} has no images to train on (split 'train')")
        return
    train = _check_excluded(recipe, train, found)
    if len(train) == 0:
        return
    coarse = torch.tensor([*recipe.labels.ids(), UNLABELLED])[torch.from_numpy(train.fine).long()]
    have = {"coarse": bool((coarse != UNLABELLED).any()), "fine": len(train.expressions) > 0}
    for spec, kind in _needs_labels(recipe):
        if not have[kind]:
            message = (
                f"{spec.kind} {spec.name!r} needs {kind} labels, but none of the {len(train):,}"
                f" training images of {dataset.name} has one"
            )
            found.add(spec, message)


def _shown(recipe: Recipe, dataset: FaceDataset) -> frozenset[str]:
    left, _ = without_excluded(recipe, dataset.in_split("train"))
    return frozenset(left.expressions)


def _check_excluded(recipe: Recipe, train: FaceDataset, found: _Found) -> FaceDataset:
    """Note excluded expressions of which there is no image; return the images that are left."""
    left, excluded = without_excluded(recipe, train)
    for index, (name, place) in enumerate(recipe.exclude_expressions.items()):
        message = ""
        if not excluded[name]:
            message = (
                f"nothing would be excluded: none of the {len(train):,} training images of"
                f" {train.name} is labelled {name}; they show {comma_listed(train.expressions)}"
            )
        elif len(left) == 0:
            message = f"no image of {train.name} is left to pre-train on"
        if message:
            found.all[Problem(place, f"exclude_expressions.{index}", message)] = None
    return left


def _needs_labels(recipe: Recipe) -> Iterator[tuple[Spec, str]]:
    if recipe.miner:
        yield recipe.miner, "coarse"
    for term in recipe.objective:
        required, optional = loss_inputs(term.spec)
        for name in (*required, *optional):
            if name in _LABELS:
                yield term.spec, _LABELS[name]


def _check_evaluations(
    evaluation: Sequence[Spec], context: EvaluationContext, found: _Found
) -> None:
    for spec in evaluation:
        with found.problems(spec):
            built = spec.build()
            if hasattr(built, "check"):
                built.check(context)
