import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from torch import nn

from crs_plugin.recipe import RecipeError, load_recipe
from crs_plugin.registry import (
    Fraction,
    MissingExtraError,
    NonNegativeFloat,
    Part,
    PositiveFloat,
    PositiveInt,
    PositiveRange,
    RefusedComponentError,
    Registry,
)

VALID = textwrap.dedent(
    """\
    # A recipe to break.
    name: tiny
    seed: 3
    data: {name: faces, root: ./faces}
    labels: {coarse: default}
    augmentation:
      name: two_views
      size: 32
      scale: [0.5, 1.0]
    backbone: {name: net, weights: null}
    heads:
      projection: {name: mlp, output_dim: 16}
      coarse: {name: linear}
    objective:
      - name: contrast
        weight: 1.0
        temperature: 0.07
        class_weights: {negative: 0.5}
      - {name: classify, weight: 1}
    optimizer: {name: sgd, lr: 0.3}
    training: {epochs: 2, batch_size: 8}
    evaluation:
      - name: probe
        data: {name: faces}
    """
)


def small_registry() -> Registry:
    """A registry with a few light components, which is searched in an instant."""
    registry = Registry(rooms={})

    @registry.register("dataset", "faces")
    def faces(*, root: Path | None = None, mirror: bool = False) -> Any:
        return "faces", root

    @registry.register("augmentation", "two_views")
    class TwoViews:
        """Two views."""

        views = 2

        def __init__(
            self,
            size: PositiveInt,
            *,
            scale: PositiveRange = (0.5, 1.0),
            flip: Fraction = 0.5,
            then: Annotated[Sequence[Any], Part("augmentation", many=True)] = (),
        ) -> None:
            self.size = size
            self.then = then

    @registry.register("augmentation", "one_view")
    class OneView:
        """One view."""

        views = 1

        def __init__(self, size: PositiveInt) -> None:
            self.size = size

    @registry.register("backbone", "net")
    def net(*, weights: str | Path | None = None, mode: Literal["fast", "exact"] = "fast") -> Any:
        return weights

    @registry.register("head", "mlp")
    class MLP(nn.Module):
        """A head."""

        def __init__(self, *, input_dim: PositiveInt, output_dim: PositiveInt = 128) -> None:
            super().__init__()
            self.widths = input_dim, output_dim

    @registry.register("head", "linear")
    class Linear(MLP):
        """A head."""

    @registry.register("class_weights", "fixed")
    class Fixed:
        """Weights by name."""

        def __init__(
            self, weights: Mapping[str, NonNegativeFloat], *, class_names: Sequence[str] = ()
        ) -> None:
            self.weights, self.class_names = weights, class_names

    @registry.register("loss", "contrast")
    class Contrast(nn.Module):
        """A loss of embeddings."""

        def __init__(
            self,
            temperature: PositiveFloat = 0.07,
            class_weights: Annotated[
                Any, Part("class_weights", shorthand=("fixed", "weights"))
            ] = None,
        ) -> None:
            super().__init__()
            self.temperature, self.class_weights = temperature, class_weights

        def forward(self, embeddings: Any, labels: Any, indices_tuple: Any = None) -> Any:
            return embeddings

    @registry.register("loss", "classify")
    class Classify(nn.Module):
        """A loss of coarse logits."""

        def forward(self, coarse_logits: Any, labels: Any) -> Any:
            return coarse_logits

    @registry.register("loss", "classify_fine")
    class ClassifyFine(nn.Module):
        """A loss of fine logits."""

        def forward(self, fine_logits: Any, fine_labels: Any) -> Any:
            return fine_logits

    @registry.register("loss", "compare")
    class Compare(nn.Module):
        """A loss of two views."""

        def forward(self, z0: Any, z1: Any) -> Any:
            return z0

    @registry.register("loss", "odd")
    class Odd(nn.Module):
        """A loss of something that there is not."""

        def forward(self, embedings: Any) -> Any:
            return embedings

    @registry.register("miner", "pairs")
    class Pairs:
        """A miner."""

    @registry.register("sampler", "uniform")
    def uniform(labels: Any, /) -> Any:
        return labels

    @registry.register("optimizer", "sgd")
    def sgd(
        groups: Any, /, *, lr: PositiveFloat, momentum: Fraction = 0.9, nesterov: bool = False
    ) -> Any:
        return groups, lr, momentum

    @registry.register("reference", "random")
    def random(encoder: Any, seed: int, /) -> Any:
        """The same network, never trained."""

    @registry.register("reference", "hog")
    def hog(encoder: Any, seed: int, /) -> Any:
        """Histograms of oriented gradients."""

    @registry.register("evaluation", "probe")
    class Probe:
        """A probe."""

        def __init__(
            self, *, data: Annotated[Any, Part("dataset")] = None, grid: Sequence[float] = ()
        ) -> None:
            self.data, self.grid = data, grid

    @registry.register_family("loss", "kit/", "kit")
    class Kit:
        def names(self) -> list[str]:
            return ["Good"]

        def find(self, name: str) -> Any:
            if name == "Teacher":
                raise RefusedComponentError("kit/Teacher cannot be used: it needs a teacher")
            return Contrast if name == "Good" else None

    @registry.register_family("backbone", "models/", "models")
    class Models:
        def names(self) -> list[str]:
            raise MissingExtraError("models/", "models")

        def find(self, name: str) -> Any:
            raise MissingExtraError(f"models/{name}", "models")

    return registry


@pytest.fixture(scope="session")
def small() -> Registry:
    return small_registry()


@pytest.fixture
def write(tmp_path):
    """Writes a recipe into a file of this test's folder."""

    def write(text: str, name: str = "recipe.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return write


@pytest.fixture
def valid_text() -> str:
    """A valid recipe, to change."""
    return VALID


@pytest.fixture
def valid(write, valid_text):
    """The file of a valid recipe."""
    return write(valid_text)


@pytest.fixture
def load(small):
    """Loads with the small registry."""
    return lambda source, *overrides: load_recipe(source, overrides, registry=small)


@pytest.fixture
def problems(load):
    """The problems of a recipe, as (place without the folder, key, message)."""

    def problems(source: Path, *overrides: str) -> list[tuple[str, str, str]]:
        with pytest.raises(RecipeError) as caught:
            load(source, *overrides)
        folder = f"{source.parent}/"
        found = caught.value.problems
        return [(p.place.removeprefix(folder), p.key, p.message) for p in found]

    return problems
