import functools
from typing import Annotated, Any

from crs_plugin.registry import Component, Part, PositiveFloat


def test_options_have_types_bounds_and_defaults(empty):
    @empty.register("optimizer", "mine")
    def mine(
        params: list[Any], /, *, lr: PositiveFloat, inner: Annotated[Any, Part("reducer")] = None
    ) -> None:
        """Mine."""

    options = empty.get("optimizer", "mine").options()
    assert list(options) == ["lr", "inner"]
    assert options["lr"].required
    assert options["lr"].annotation == PositiveFloat
    assert options["inner"].part == Part("reducer")


def test_options_follow_keyword_arguments_along_the_hierarchy(empty):
    class Base:
        def __init__(self, margin: float = 0.1):
            self.margin = margin

    @empty.register("loss", "derived")
    class Derived(Base):
        def __init__(self, scale: int, **kwargs: Any):
            super().__init__(**kwargs)

    options = empty.get("loss", "derived").options()
    assert {name: option.annotation for name, option in options.items()} == {
        "scale": int,
        "margin": float,
    }


def test_options_of_a_class_without_constructor_are_none(empty):
    empty.register("loss", "bare")(type("Bare", (), {}))
    assert empty.get("loss", "bare").options() == {}


def test_an_option_fixed_by_a_partial_is_gone(empty):
    def build(name: str, *, width: int = 1) -> None:
        """Build."""

    component = Component("backbone", "b", functools.partial(build, "b"), "x", "y")
    assert list(component.options()) == ["width"]
    assert component.summary == "Build."
