"""Snippets can be pasted into a recipe as they are."""

import pytest

from crs_plugin.recipe import RecipeError, load_recipe
from crs_plugin.recipe.snippet import snippet
from crs_plugin.registry import KINDS, Component, registry

BASE = {
    "name": "name: pasted",
    "data": "data: {name: synthetic_faces}",
    "augmentation": "augmentation: {name: fer_two_views, size: 48}",
    "backbone": "backbone: {name: resnet18}",
    "heads": "heads:",
    "objective": "objective:",
    "optimizer": "optimizer: {name: sgd, lr: 0.1}",
    "training": "training: {epochs: 1, batch_size: 8}",
}
HEADS = {"projection": "mlp", "coarse": "linear", "fine": "linear"}
LOSSES = ("crs_cont", "coarse_cross_entropy", "fine_cross_entropy")
LARGE = 100  # families of more names than that share one constructor


def pasted(piece: str) -> str:
    """The base recipe with the piece instead of its section, or beside what the section lists."""
    section = piece.partition(":")[0]
    sections = BASE | {section: piece}
    sections["objective"] += "".join(f"\n  - {{name: {name}}}" for name in LOSSES)
    for role, name in HEADS.items():
        if f"\n  {role}:" not in sections["heads"]:
            sections["heads"] += f"\n  {role}: {{name: {name}}}"
    return "\n".join(sections.values())


def offered(kind: str) -> list[str]:
    own, families = registry.listing(kind)
    names = list(own)
    for (prefix, _), parts in families.items():
        kept = parts if len(parts) <= LARGE else [parts[0], parts[len(parts) // 2], parts[-1]]
        names += [prefix + part for part in kept]
    return names


@pytest.mark.slow
def test_every_snippet_is_valid_at_its_place(write):
    wrong = {}
    components = [(kind, name) for kind in KINDS for name in offered(kind)]
    for kind, name in components:
        text = pasted(snippet(registry.get(kind, name)))
        try:
            recipe = load_recipe(write(text))
        except RecipeError as error:
            wrong[kind, name] = f"{error}\n{text}"
        else:
            assert f"{name}" in str(recipe.values), (kind, name)
    assert not wrong, "\n\n".join(wrong.values())
    assert len(components) > 150


def test_the_defaults_are_written_out_and_what_must_be_given_is_marked():
    lines = snippet(registry.get("optimizer", "sgd")).splitlines()
    assert lines[:3] == ["optimizer:", "  name: sgd", "  lr: 0.1  # must be given"]
    assert "  nesterov: false" in lines


def test_what_the_rest_of_the_recipe_says_is_left_out():
    assert "class_names" not in snippet(registry.get("loss", "crs_cont"))
    simclr = snippet(registry.get("head", "lightly/SimCLRProjectionHead"))
    assert "input_dim" not in simclr
    assert "output_dim: 128" in simclr


def test_a_component_that_must_be_given_has_an_example():
    lines = snippet(registry.get("class_weights", "schedule")).splitlines()
    assert "      before: {negative: 0.5}  # must be given" in lines
    assert "class_counts" not in snippet(registry.get("class_weights", "inverse_frequency"))


def test_kornias_steps_stand_under_then_and_those_that_are_like_them():
    text = snippet(registry.get("augmentation", "kornia/RandomErasing"))
    assert "\n  then:\n    - name: kornia/RandomErasing\n      scale: [0.02, 0.33]\n" in text
    text = snippet(registry.get("augmentation", "random_small_pose"))
    assert "\n  then:\n    - name: random_small_pose\n      roll: 10.0\n" in text


def test_a_head_of_a_width_of_its_own():
    def head(*, input_dim: int, depth: int = 2) -> None: ...

    text = snippet(Component("head", "odd", head, "me", "here"))
    assert text == "heads:\n  projection:\n    name: odd\n    depth: 2"


def test_a_stranger_s_option_that_only_python_can_give():
    def strange(*, model: type) -> None: ...

    text = snippet(Component("loss", "strange", strange, "me", "here"))
    assert text == "objective:\n  - name: strange\n    model: …  # must be given"
