import pytest

from crs_plugin.recipe.problem import Findings, Place
from crs_plugin.recipe.reading import read_text
from crs_plugin.recipe.tree import plain
from crs_plugin.recipe.writing import as_document, on_one_line

VALUES = {
    "null": None,
    "true": True,
    "1.0": 1.0,
    "1e-05": 1e-5,
    "plain": "plain",
    "''": "",
    "'null'": "null",
    "'2024'": "2024",
    "'a: b'": "a: b",
    '"a\\nb"': "a\nb",
    "$${X}": "${X}",
    "$${X": "${X",
    "[0.5, 1.0]": (0.5, 1.0),
    "[]": [],
    "{a: null, b: [x, 'y, z']}": {"a": None, "b": ["x", "y, z"]},
}


@pytest.mark.parametrize(("written", "value"), VALUES.items())
def test_values_are_written_as_yaml_does_and_read_again(written, value, tmp_path):
    assert on_one_line(value) == written
    findings = Findings()
    for text in (written, as_document(value)):
        node = read_text(text, Place("r.yaml", tmp_path, 1, 1), findings)
        assert plain(node) == (list(value) if isinstance(value, tuple) else value)
    assert not findings.problems


def test_a_long_value_stays_on_one_line():
    assert "\n" not in on_one_line({"a": ["many words and more"] * 50})
