from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import pytest

from crs_plugin.errors import InputError
from crs_plugin.recipe import RecipeError, Spec
from crs_plugin.recipe.spec import DataSource, nested
from crs_plugin.registry import Part, Registry


@pytest.fixture
def spec(small):
    """Makes a component of the small registry."""
    return lambda kind, name, **options: Spec(
        kind, name, options, "recipe.yaml:1:2", f"the.{kind}", small
    )


def test_only_what_was_given_is_passed(spec):
    assert spec("optimizer", "sgd", lr=0.1).build("groups") == ("groups", 0.1, 0.9)


def test_what_was_left_out_is_filled_in_if_there_is_such_an_option(spec):
    head = spec("head", "mlp", output_dim=4).build(input_dim=8, output_dim=99, class_names=("a",))
    assert head.widths == (8, 4)


def test_components_inside_are_built_first_and_filled_in_as_well(spec):
    weights = spec("class_weights", "fixed", weights={"a": 2.0})
    loss = spec("loss", "contrast", class_weights=weights).build(class_names=("a", "b"))
    assert loss.class_weights.weights == {"a": 2.0}
    assert loss.class_weights.class_names == ("a", "b")


def test_a_list_of_components_is_built_one_by_one(spec):
    then = (spec("augmentation", "one_view", size=1), spec("augmentation", "one_view", size=2))
    views = spec("augmentation", "two_views", size=3, then=then).build()
    assert [step.size for step in views.then] == [1, 2]


def test_a_data_set_inside_becomes_what_opens_it(spec):
    probe = spec("evaluation", "probe", data=spec("dataset", "faces", root="x")).build()
    assert probe.data() == ("faces", "x")
    assert probe.data == DataSource((spec("dataset", "faces", root="x"),))


def test_several_data_sets_inside_are_concatenated(spec, monkeypatch):
    import crs_plugin.data.dataset

    monkeypatch.setattr(crs_plugin.data.dataset, "concatenate", list)
    data = (spec("dataset", "faces", root="x"), spec("dataset", "faces", root="y"))
    assert spec("evaluation", "probe", data=data).build().data() == [("faces", "x"), ("faces", "y")]


def test_a_list_of_data_sets_stays_one(small, spec):
    @small.register("evaluation", "matrix")
    def matrix(*, data: Annotated[Sequence[object], Part("dataset", many=True)]) -> object:
        return data

    sets = tuple(spec("dataset", "faces", root=root) for root in "xy")
    opened = [source() for source in spec("evaluation", "matrix", data=sets).build()]
    assert opened == [("faces", "x"), ("faces", "y")]


def refused(error: Exception, kind: str = "loss", **options: object) -> str:
    """What is said of a component whose constructor raises that."""
    registry = Registry(rooms={})

    @registry.register(kind, "strict")
    def strict(**_: object) -> None:
        raise error

    places = {name: f"recipe.yaml:{line}:3" for line, name in enumerate(options, start=2)}
    spec = Spec(kind, "strict", options, "recipe.yaml:1:2", "part", registry, places)
    with pytest.raises(RecipeError) as caught:
        spec.build()
    return str(caught.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("not like this"), "not like this"),
        (TypeError("not like this"), "not like this"),
        (AssertionError("first\nsecond"), "AssertionError: first"),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_whatever_a_constructor_raises_is_told_by_place(error, said):
    assert refused(error) == f"recipe.yaml:1:2: part: loss 'strict': {said}"


def test_what_names_the_component_itself_is_not_named_twice():
    assert refused(InputError("strict: no")) == "recipe.yaml:1:2: part: strict: no"
    missing = InputError("data set strict: there is no folder")
    assert refused(missing, "dataset").endswith("part: data set strict: there is no folder")


def test_the_option_that_is_spoken_of_has_the_place():
    options = {"weights": Path("a/b.pth"), "mode": "exact", "size": 3}
    said = refused(InputError("no weights file a/b.pth"), **options)
    assert said == "recipe.yaml:2:3: part.weights: loss 'strict': no weights file a/b.pth"
    said = refused(InputError("option 'size' must be even"), **options)
    assert said.startswith("recipe.yaml:4:3: part.size: ")
    said = refused(InputError("a/b.pth is not exact"), **options)  # may be either
    assert said.startswith("recipe.yaml:1:2: part: ")


def test_nested(spec):
    inner = spec("class_weights", "fixed", weights={})
    outer = spec("loss", "contrast", temperature=0.1, class_weights=inner)
    assert nested(outer) == (outer, inner)
