import pytest

from crs_plugin.registry import PluginError, Registry, UnknownComponentError


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
