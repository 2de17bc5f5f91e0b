"""What an encoder is evaluated on after the fact: a recipe's evaluations, or one data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crs_plugin.expressions import CoarseTable
from crs_plugin.recipe.assembling import Assembly
from crs_plugin.recipe.layout import DEFAULTS
from crs_plugin.recipe.overrides import overridden
from crs_plugin.recipe.problem import Findings, Place, Problem, RecipeError
from crs_plugin.recipe.recipe import Recipe
from crs_plugin.recipe.spec import DataSource, Spec
from crs_plugin.recipe.tree import Node, planted
from crs_plugin.recipe.writing import as_document
from crs_plugin.registry import Registry, registry

if TYPE_CHECKING:
    from crs_plugin.data.dataset import FaceDataset

_PIXELS = 48
"""Side of the images for whatever needs pixels, where neither encoder nor recipe says."""

_KEYS = (
    *("name", "seed", "plugins", "data", "labels"),
    *("evaluation", "references", "on_bad_image", "on_leak"),
)
"""Keys of a recipe that say anything about evaluations."""


@dataclass(frozen=True)
class EvaluationPlan:
    """Data, evaluations and references.

    Attributes:
        name: Of the recipe, or of the data set.
        seed: Of splits, resamples and the random encoder.
        data: Is used where an evaluation names none.
        labels: The coarse classes.
        evaluation: What is done.
        references: What the encoder is compared with.
        skip_bad_images: Whether images that cannot be read are left out.
        refuse_leaks: Whether an encoder that was pre-trained on what is tested is not evaluated.
        input_size: Side in pixels of the images for an encoder that does not say.
        values: All of this as plain values that JSON can hold.
    """

    name: str
    seed: int
    data: tuple[Spec, ...]
    labels: CoarseTable
    evaluation: tuple[Spec, ...]
    references: tuple[Spec, ...]
    skip_bad_images: bool = False
    refuse_leaks: bool = False
    input_size: int = _PIXELS
    values: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def source(self) -> DataSource:
        """What opens the data."""
        return DataSource(self.data)

    def to_yaml(self, encoder: str, trained_by: Mapping[str, Any] | None) -> str:
        """Return the plan for an encoder as YAML.

        Args:
            encoder: What opens the encoder.
            trained_by: The resolved recipe of the run that trained it, where that is known: two
                encoders of one recipe with different seeds are told to be so by it.
        """
        origin = {"trained_by": trained_by} if trained_by else {}
        return as_document({"encoder": encoder, **self.values, **origin})

    @classmethod
    def of_recipe(cls, recipe: Recipe) -> "EvaluationPlan":
        """Return the evaluations of a recipe.

        Raises:
            RecipeError: If it has none.
        """
        if not recipe.evaluation:
            raise RecipeError(
                [Problem(recipe.name, "evaluation", "the recipe has none: there is nothing to do")]
            )
        size = recipe.augmentation.options.get("size", _PIXELS)
        return cls(
            name=recipe.name,
            seed=recipe.seed,
            data=recipe.data,
            labels=recipe.labels,
            evaluation=recipe.evaluation,
            references=recipe.references,
            skip_bad_images=recipe.on_bad_image == "skip",
            refuse_leaks=recipe.on_leak == "error",
            input_size=size,
            values={key: recipe.values[key] for key in _KEYS if key in recipe.values},
        )

    @classmethod
    def of_data(
        cls,
        name: str,
        root: str | None,
        options: Sequence[str] = (),
        *,
        registry: Registry = registry,
    ) -> "EvaluationPlan":
        """Return the usual evaluation of one data set.

        Where every person is known and the set has no test split of its own, it is divided by
        person (``by_subject``); else it is a ``linear_probe``. The set is opened to see that.

        Args:
            name: Of the data set.
            root: Its folder, from the current one.
            options: ``option=VALUE`` each.
            registry: Where components are looked up.

        Raises:
            RecipeError: If there is no such data set, its options are wrong or it cannot be used.
        """
        findings = Findings()
        here = Place(f"--data {name}", Path.cwd())
        given = {"name": Node(name, here)}
        if root is not None:
            given["root"] = Node(root, Place(f"--root {root}", Path.cwd()))
        data = overridden(Node(given, here), options, findings)
        rest = {key: planted(value, here) for key, value in DEFAULTS.items()}
        tree = Node({**rest, "name": Node(name, here), "data": data}, here)
        assembly = Assembly(registry, findings)
        (spec,) = assembly.several(tree, "data") or (None,)
        findings.raise_if_any()
        assert spec is not None
        protocol = _usual_protocol(spec.build())
        tree = Node({**tree.mapping, "evaluation": planted([{"name": protocol}], here)}, here)
        plan = cls(
            name=name,
            seed=assembly.seed(tree),
            data=(spec,),
            labels=assembly.coarse_table(tree),
            evaluation=assembly.several(tree, "evaluation"),
            references=assembly.several(tree, "references"),
            values={key: value for key, value in assembly.values(tree).items() if key in _KEYS},
        )
        findings.raise_if_any()
        return plan


def _usual_protocol(dataset: "FaceDataset") -> str:
    labelled = dataset.labelled()
    return (
        "by_subject"
        if labelled.subject_known and "test" not in labelled.counts()
        else "linear_probe"
    )
