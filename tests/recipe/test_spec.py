import pytest

from crs_plugin.recipe import RecipeError, Spec
from crs_plugin.recipe.spec import DataSource, nested
from crs_plugin.registry import Registry


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


@pytest.mark.parametrize("error", [ValueError, TypeError])
def test_a_component_that_refuses_its_options_is_told_by_place(error):
    registry = Registry(rooms={})

    @registry.register("loss", "strict")
    def strict() -> None:
        raise error("not like this")

    with pytest.raises(RecipeError) as caught:
        Spec("loss", "strict", {}, "recipe.yaml:1:2", "objective.0", registry).build()
    assert str(caught.value) == "recipe.yaml:1:2: objective.0: loss 'strict': not like this"


def test_nested(spec):
    inner = spec("class_weights", "fixed", weights={})
    outer = spec("loss", "contrast", temperature=0.1, class_weights=inner)
    assert nested(outer) == (outer, inner)
