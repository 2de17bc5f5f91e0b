import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from crs_plugin.registry import (
    DuplicateComponentError,
    MissingExtraError,
    PluginError,
    RefusedComponentError,
    Registry,
    RegistryError,
    UnknownComponentError,
    discovery,
)


def entry_point(name: str, value: str, group: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=group)


@pytest.fixture
def offer_entry_points(monkeypatch):
    def offer(*points: EntryPoint) -> None:
        monkeypatch.setattr(discovery, "entry_points", lambda: EntryPoints(points))

    return offer


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
