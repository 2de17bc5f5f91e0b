"""A recipe, read and checked, ready to be run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from crs_plugin.expressions import CoarseTable
from crs_plugin.recipe.assembling import Assembly
from crs_plugin.recipe.fitting import check_fit
from crs_plugin.recipe.inheritance import read_tree
from crs_plugin.recipe.layout import DEFAULTS, KEYS
from crs_plugin.recipe.overrides import overridden
from crs_plugin.recipe.problem import Findings, Place
from crs_plugin.recipe.reading import add_problems
from crs_plugin.recipe.spec import DataSource, Spec, TermSpec
from crs_plugin.recipe.tree import Node, plain, planted, walk
from crs_plugin.recipe.writing import as_document
from crs_plugin.registry import Registry, registry

if TYPE_CHECKING:
    from crs_plugin.pretraining.settings import TrainingSettings


@dataclass(frozen=True)
class Recipe:
    """Everything that a run needs to know.

    Attributes:
        name: Name of the recipe.
        seed: Seed of everything that is drawn.
        plugins: Modules and files that were imported for its components.
        data: What is pre-trained on, concatenated.
        labels: The coarse classes.
        exclude_expressions: Canonical names of the expressions whose images are kept out of
            pre-training, though not out of evaluations → where they stand.
        augmentation: Makes the views.
        backbone: The encoder.
        heads: By role: ``projection`` (h → z), ``coarse`` (normalised z → coarse classes), ``fine``
            (h → expressions).
        objective: The terms whose weighted sum is the loss.
        miner: Chooses pairs; None for all.
        sampler: Order of the images.
        optimizer: Moves the weights.
        schedule: Learning rate over the steps; None for a constant one.
        on_bad_image: Whether images that cannot be read are an error, or are left out.
        on_leak: Whether pre-training data that hold what is tested are told, an error, or left out.
        training: Epochs, batch size and the like.
        evaluation: What the frozen encoder is tested on.
        references: What it is compared with there.
        loggers: Where figures go besides ``metrics.jsonl``.
        values: The resolved recipe as plain values that JSON can hold: environment variables
            replaced, paths absolute.
        provenance: Dotted key → where the value came from: ``recipes/x.yaml:12``, ``--set``,
            ``base.yaml:3 (inherited)`` or ``default``.
        places: The same as problems name it: ``recipes/x.yaml:12:3``, ``--set KEY=VALUE`` or
            ``default``.
    """

    name: str
    seed: int
    plugins: tuple[str, ...]
    data: tuple[Spec, ...]
    labels: CoarseTable
    exclude_expressions: Mapping[str, str] = field(compare=False)
    augmentation: Spec
    backbone: Spec
    heads: Mapping[str, Spec]
    objective: tuple[TermSpec, ...]
    miner: Spec | None
    sampler: Spec
    optimizer: Spec
    schedule: Spec | None
    on_bad_image: Literal["error", "skip"]
    on_leak: Literal["warn", "error", "drop_from_train"]
    training: "TrainingSettings"
    evaluation: tuple[Spec, ...]
    references: tuple[Spec, ...]
    loggers: tuple[Spec, ...]
    values: Mapping[str, Any]
    provenance: Mapping[str, str] = field(compare=False, repr=False)
    places: Mapping[str, str] = field(compare=False, repr=False)

    @property
    def source(self) -> DataSource:
        """What opens the data, all splits."""
        return DataSource(self.data)

    @property
    def specs(self) -> tuple[Spec, ...]:
        """All components at the top, in the order of the recipe."""
        single = (self.augmentation, self.backbone)
        terms = tuple(term.spec for term in self.objective)
        steering = (self.miner, self.sampler, self.optimizer, self.schedule)
        found = (*self.data, *single, *self.heads.values(), *terms, *steering)
        later = (*self.evaluation, *self.references, *self.loggers)
        return tuple(spec for spec in (*found, *later) if spec)

    def to_yaml(self) -> str:
        """Return the resolved recipe as YAML; loading it gives an equal recipe."""
        return as_document(self.values)


def load_recipe(
    source: str | Path,
    overrides: Sequence[str] = (),
    *,
    registry: Registry = registry,
    set_by: str = "--set",
) -> Recipe:
    """Read a recipe and check everything that can be known without building or opening anything.

    Args:
        source: A YAML file, or the name of a shipped recipe.
        overrides: ``dotted.key=VALUE`` each, as in ``optimizer.lr=3e-3``.
        registry: Where components are looked up.
        set_by: What problems call the overrides.

    Returns:
        The recipe.

    Raises:
        RecipeError: If anything is wrong; all problems at once, each with file, line and column.
    """
    findings = Findings()
    tree = _read(source, overrides, findings, set_by)
    if tree is not None:
        add_problems(tree, findings)
        recipe = _assembled(tree, registry, findings)
    findings.raise_if_any()
    return recipe


def read_recipe(
    source: str | Path, overrides: Sequence[str] = ()
) -> tuple[dict[str, Any], dict[str, str]]:
    """Read a recipe as it is written, without importing components or checking anything.

    Args:
        source: As for ``load_recipe``.
        overrides: As for ``load_recipe``.

    Returns:
        The values with what is inherited, set and left to its default, keys that no recipe has
        last; environment variables are replaced where they are set, paths as they are written.
        And dotted key → where each came from.

    Raises:
        RecipeError: If it cannot be read.
    """
    findings = Findings()
    tree = _read(source, overrides, findings)
    if tree is not None:
        given = {key: child for key, child in tree.mapping.items() if child.value is not None}
        order = dict.fromkeys([*(key for key in KEYS if key in given), *given])
        shown = {key: plain(given[key]) for key in order}, _provenance(tree)
    findings.raise_if_any()
    return shown


def _read(
    source: str | Path, overrides: Sequence[str], findings: Findings, set_by: str = "--set"
) -> Node | None:
    tree = read_tree(source, findings)
    if tree is None:
        return None
    return _with_defaults(overridden(tree, overrides, findings, set_by))


def _provenance(tree: Node) -> dict[str, str]:
    return {key: node.place.origin for key, node in walk(tree)}


def _assembled(tree: Node, registry: Registry, findings: Findings) -> Recipe:
    assembly = Assembly(registry, findings)
    assembly.check_keys(tree)
    plugins = assembly.plugins(tree)
    labels = assembly.coarse_table(tree)
    parts: dict[str, Any] = {
        "name": assembly.name(tree),
        "seed": assembly.seed(tree),
        "plugins": plugins,
        "data": assembly.several(tree, "data"),
        "labels": labels,
        "exclude_expressions": assembly.excluded(tree),
        "augmentation": assembly.one(tree, "augmentation"),
        "backbone": assembly.one(tree, "backbone"),
        "heads": assembly.heads(tree),
        "objective": assembly.terms(tree),
        "miner": assembly.one(tree, "miner"),
        "sampler": assembly.one(tree, "sampler"),
        "optimizer": assembly.one(tree, "optimizer"),
        "schedule": assembly.one(tree, "schedule"),
        "on_bad_image": assembly.on_bad_image(tree),
        "on_leak": assembly.on_leak(tree),
        "training": assembly.training(tree),
        "evaluation": assembly.several(tree, "evaluation"),
        "references": assembly.several(tree, "references"),
        "loggers": assembly.several(tree, "loggers"),
    }
    check_fit(tree, parts["heads"], parts["objective"], parts["augmentation"], labels, findings)
    places = {key: str(node.place) for key, node in walk(tree)}
    return Recipe(
        **parts, values=assembly.values(tree), provenance=_provenance(tree), places=places
    )


def _with_defaults(tree: Node) -> Node:
    place = Place("default", Path.cwd())
    given = {
        key: child
        for key, child in tree.mapping.items()
        if child.value is not None or key not in DEFAULTS
    }
    left_out = {key: planted(value, place) for key, value in DEFAULTS.items() if key not in given}
    return Node({**left_out, **given}, tree.place)
