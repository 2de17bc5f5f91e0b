import functools
import importlib
import pkgutil
import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Annotated, Any

import pytest

from crs_plugin.registry import (
    KINDS,
    Component,
    DuplicateComponentError,
    MissingExtraError,
    Part,
    PluginError,
    PositiveFloat,
    RefusedComponentError,
    Registry,
    RegistryError,
    UnknownComponentError,
    discovery,
    registry,
)
from crs_plugin.registry.kinds import ROOMS
from crs_plugin.registry.room import components_in, families_in


@pytest.fixture
def empty() -> Registry:
    return Registry(rooms={})


def entry_point(name: str, value: str, group: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=group)


@pytest.fixture
def offer_entry_points(monkeypatch):
    def offer(*points: EntryPoint) -> None:
        monkeypatch.setattr(discovery, "entry_points", lambda: EntryPoints(points))

    return offer


def test_kinds_are_spelt_as_documented():
    assert {
        *("dataset", "augmentation", "backbone", "head", "miner", "loss", "class_weights"),
        *("sampler", "optimizer", "schedule", "evaluation", "logger"),
    } <= set(KINDS)


def test_a_registered_class_is_found_with_its_place(empty):
    @empty.register("loss", "mine")
    class Mine:
        """One line.

        More lines.
        """

    found = empty.get("loss", "mine")
    assert found.target is Mine
    assert found.summary == "One line."
    assert found.place.startswith(__file__)


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


def test_a_second_component_of_the_same_name_names_both_places(empty):
    def first() -> None:
        pass

    def second() -> None:
        pass

    empty.register("loss", "same")(first)
    with pytest.raises(DuplicateComponentError) as error:
        empty.register("loss", "same")(second)
    lines = [f.__code__.co_firstlineno for f in (first, second)]
    assert all(f"{__file__}:{line}" in str(error.value) for line in lines)


def test_registering_the_same_thing_again_is_no_clash(empty):
    def mine() -> None:
        pass

    empty.register("loss", "mine")(mine)
    empty.register("loss", "mine")(mine)


def test_an_unknown_kind_is_refused_with_the_nearest(empty):
    with pytest.raises(RegistryError, match="did you mean 'backbone'"):
        empty.register("backbones", "x")


@pytest.mark.parametrize("name", ["", "two words"])
def test_a_name_is_one_word(empty, name):
    with pytest.raises(RegistryError, match="one word"):
        empty.register("loss", name)


def test_an_unknown_name_suggests_and_tells_what_to_do(empty):
    empty.register("loss", "crs_cont")(lambda: None)
    with pytest.raises(UnknownComponentError) as error:
        empty.get("loss", "crs_kont")
    assert error.value.suggestion == "crs_cont"
    assert "did you mean 'crs_cont'" in str(error.value)
    assert "plugins:" in str(error.value)


def test_a_file_plugin_registers_and_is_named_as_origin(tmp_path, monkeypatch):
    fresh = Registry(rooms={})
    monkeypatch.setattr("crs_plugin.registry.register", fresh.register)
    (tmp_path / "my_file.py").write_text(
        "from crs_plugin.registry import register\n"
        "@register('loss', 'mine')\n"
        "def f():\n    'Mine.'\n"
    )
    fresh.load_plugin("./my_file.py", tmp_path)
    assert fresh.get("loss", "mine").origin == "plugin ./my_file.py"
    fresh.load_plugin("./my_file.py", tmp_path)
    with pytest.raises(UnknownComponentError, match=r"\./my_file\.py \(1 component\)"):
        fresh.get("loss", "other")


def test_a_module_plugin_is_found_beside_the_recipe(tmp_path, monkeypatch):
    fresh = Registry(rooms={})
    monkeypatch.setattr("crs_plugin.registry.register", fresh.register)
    (tmp_path / "module_beside_recipe.py").write_text(
        "from crs_plugin.registry import register\nregister('loss', 'beside')(dict)\n"
    )
    fresh.load_plugin("module_beside_recipe", tmp_path)
    assert fresh.get("loss", "beside").target is dict


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("import no_such_module_xyz", "ModuleNotFoundError: No module named 'no_such_module_xyz'"),
        ("1 / 0", "ZeroDivisionError"),
        ("def (", "SyntaxError"),
    ],
)
def test_a_plugin_that_fails_is_named_with_its_cause(empty, tmp_path, content, cause):
    (tmp_path / "broken.py").write_text(content)
    with pytest.raises(PluginError, match=r"plugin broken\.py cannot be imported") as error:
        empty.load_plugin("broken.py", tmp_path)
    assert cause in str(error.value)


def test_a_plugin_that_fails_is_told_by_its_line(empty, tmp_path):
    (tmp_path / "broken.py").write_text("import json\n\n\ndef f():\n    json.loads('{')\n\n\nf()\n")
    with pytest.raises(PluginError, match=r"JSONDecodeError: .* \(.*\.py:\d+\)$"):
        empty.load_plugin("broken.py", tmp_path)
    (tmp_path / "worse.py").write_text("\nimport no_such_module_xyz\n")
    with pytest.raises(PluginError, match=rf"\({tmp_path}/worse\.py:2\)$"):
        empty.load_plugin("worse.py", tmp_path)
    with pytest.raises(PluginError, match=r"No module named 'no_such_module_xyz'$"):
        empty.load_plugin("no_such_module_xyz", tmp_path)


def test_a_missing_plugin_file_is_named(empty, tmp_path):
    with pytest.raises(PluginError, match="no file"):
        empty.load_plugin("./nothing.py", tmp_path)


def test_an_entry_point_is_loaded_only_when_asked_for(empty, offer_entry_points):
    offer_entry_points(
        entry_point("good", "collections:OrderedDict", "crs_plugin.loss"),
        entry_point("bad", "no_such_module_xyz:f", "crs_plugin.loss"),
    )
    assert empty.get("loss", "good").name == "good"
    assert set(empty.names("loss")) == {"good", "bad"}
    with pytest.raises(PluginError, match="no_such_module_xyz"):
        empty.get("loss", "bad")


def test_an_entry_point_that_clashes_names_both(empty, offer_entry_points):
    offer_entry_points(entry_point("mine", "pathlib:Path", "crs_plugin.loss"))
    empty.register("loss", "mine")(Registry)
    with pytest.raises(DuplicateComponentError, match=r"discovery\.py.*pathlib"):
        empty.get("loss", "mine")


def test_a_family_joins_by_prefix(empty):
    @empty.register_family("loss", "kit/", "kit 1.0")
    class Kit:
        def names(self):
            return ["Good"]

        def find(self, name):
            if name == "Odd":
                raise RefusedComponentError("kit/Odd needs a teacher")
            return {"Good": Path}.get(name)

    assert empty.get("loss", "kit/Good").origin == "kit 1.0"
    assert empty.names("loss") == {"kit/Good": "kit 1.0"}
    with pytest.raises(RefusedComponentError, match="teacher"):
        empty.get("loss", "kit/Odd")
    with pytest.raises(UnknownComponentError, match="kit/Good"):
        empty.get("loss", "kit/Goof")


def test_a_family_whose_toolkit_is_missing_is_left_out_of_the_list(empty):
    @empty.register_family("backbone", "timm/", "timm")
    class Absent:
        def names(self):
            raise MissingExtraError("timm/…", "timm")

        def find(self, name):
            raise MissingExtraError(f"timm/{name}", "timm")

    assert empty.names("backbone") == {}
    with pytest.raises(MissingExtraError, match=r"pip install 'crs_plugin\[timm\]'"):
        empty.get("backbone", "timm/x")


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_room_registers_is_found_in_its_text(kind):
    room = ROOMS[kind]
    listed = {name for k, name in components_in(room) if k == kind}
    for module in pkgutil.iter_modules(importlib.import_module(room).__path__, prefix=f"{room}."):
        importlib.import_module(module.name)
    registered = {
        name for (k, name), c in registry._components.items() if k == kind and _is_ours(c)
    }
    assert listed == registered
    families = {f.prefix for f in registry._families.get(kind, ()) if _is_ours(f.family)}
    assert {prefix for k, prefix in families_in(room) if k == kind} == families


def _is_ours(part: object) -> bool:
    return getattr(part, "origin", type(part).__module__).startswith("crs_plugin")


def test_a_component_of_a_room_is_imported_when_it_is_asked_for():
    code = (
        "import sys; from crs_plugin.registry import registry; registry.names('evaluation');"
        "print('crs_plugin.evaluation.protocols' in sys.modules);"
        "registry.get('evaluation', 'by_subject');"
        "print('crs_plugin.evaluation.protocols.by_subject' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_a_plugin_cannot_take_a_built_in_name_that_was_not_imported_yet(tmp_path):
    plugin = tmp_path / "clash.py"
    plugin.write_text(
        "from crs_plugin.registry import register\n"
        "@register('schedule', 'constant')\n"
        "def mine(): ...\n"
    )
    code = (
        "from pathlib import Path; from crs_plugin.registry import registry\n"
        f"try: registry.load_plugin({str(plugin)!r}, Path('.'))\n"
        "except Exception as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "two components are named schedule 'constant'" in done.stdout
    assert str(plugin) in done.stdout
    assert "(from crs_plugin)" in done.stdout
