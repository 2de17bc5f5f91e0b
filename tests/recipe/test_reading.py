from pathlib import Path

import pytest

from crs_plugin.recipe import RecipeError, load_recipe
from crs_plugin.recipe.problem import Findings, Place
from crs_plugin.recipe.reading import described, read_resolved, read_text, resolved_scalar
from crs_plugin.recipe.tree import plain, walk


def read(text: str):
    findings = Findings()
    return read_text(text, Place("r.yaml", Path("/x"), 1, 1), findings), findings.problems


def test_places_of_keys_and_items():
    node, problems = read("a: 1\nb:\n  c: [x, {d: 2}]\n  e:\n    - f\n    - g: 3\n")
    assert not problems
    places = {key: (child.place.line, child.place.column) for key, child in walk(node)}
    assert places == {
        "a": (1, 1),
        "b": (2, 1),
        "b.c": (3, 3),
        "b.c.0": (3, 7),
        "b.c.1": (3, 10),
        "b.c.1.d": (3, 11),
        "b.e": (4, 3),
        "b.e.0": (5, 7),
        "b.e.1": (6, 7),
        "b.e.1.g": (6, 7),
    }


def test_anchors_and_merge_keys():
    node, problems = read("base: &b {x: 1, y: 2}\nover: {<<: *b, y: 3}\ntwo: {<<: [*b, {z: 4}]}\n")
    assert not problems
    assert plain(node)["over"] == {"x": 1, "y": 3}
    assert plain(node)["two"] == {"x": 1, "y": 2, "z": 4}
    assert dict(walk(node))["over.x"].place.line == 1


def test_several_merge_keys():
    node, problems = read("a: {<<: {x: 1, y: 1}, <<: {y: 2, z: 2}, x: 3}")
    assert not problems
    assert plain(node) == {"a": {"x": 3, "y": 1, "z": 2}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("? [a]\n: b", "r.yaml:1:3: a key must be text, found a list or mapping"),
        ("a: {1.5: b}", "r.yaml:1:5: a: a key must be text, found 1.5; write it in quotes: '1.5'"),
    ],
)
def test_keys_that_are_no_text(text, problem):
    assert [str(p) for p in read(text)[1]] == [problem]


def test_a_merge_key_of_no_mapping():
    _, [problem] = read("a: {<<: 3}")
    assert str(problem) == "r.yaml:1:5: a.<<: expected a mapping, or a list of them"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: {<<: {b: !x 1}}", "r.yaml:1:10: a.b: YAML tags are not used in recipes, found !x"),
        ("a: &c {<<: *c}", "r.yaml:1:8: a: the alias *c contains itself"),
    ],
)
def test_what_is_wrong_inside_a_merge_key_is_told_by_place_and_key(text, problem):
    assert str(read(text)[1][0]) == problem


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (
            "a:\n\tb: 1",
            "2:1",
            "found character '\\t' that cannot start any token while scanning for the next token;"
            " indent with spaces, YAML allows no tabs",
        ),
        (
            "a: b: 1",
            "1:5",
            "mapping values are not allowed here;"
            " a text that holds ': ' needs quotes, and a key stands alone on its line",
        ),
        (
            "a: 'b\nc: 1\n",
            "1:4",
            "found unexpected end of stream while scanning a quoted scalar;"
            " a quote or bracket is not closed",
        ),
        (
            "a: 1\nb: [c,\n",
            "3:1",
            "expected the node content, but found '<stream end>' while parsing a flow node;"
            " a quote or bracket is not closed",
        ),
        (
            "a: {b: 1\n",
            "1:4",
            "expected ',' or '}', but got '<stream end>' while parsing a flow mapping;"
            " a quote or bracket is not closed",
        ),
        (
            "a: {b: ${X}}",
            "1:9",
            "expected ',' or '}', but got '{' while parsing a flow mapping;"
            ' inside braces or brackets write "${NAME}" in quotes',
        ),
        (
            "a: {b: c {d: 1}}",
            "1:10",
            "expected ',' or '}', but got '{' while parsing a flow mapping",
        ),
        (
            "a: 1\n---\nb: 2",
            "2:1",
            "but found another document expected a single document in the stream;"
            " a recipe is one document: remove the line ---",
        ),
        ("a: *s", "1:4", "found undefined alias 's'"),
    ],
)
def test_broken_yaml_is_told_with_its_remedy(text, place, message):
    node, [problem] = read(text)
    assert node is None
    assert str(problem) == f"r.yaml:{place}: broken YAML: {message}"


def test_every_duplicate_is_told():
    node, problems = read("a: 1\na: 2\nb: {c: 1, c: 2}\na: 3\n")
    assert [(p.place, p.key) for p in problems] == [
        ("r.yaml:2:1", "a"),
        ("r.yaml:3:11", "b.c"),
        ("r.yaml:4:1", "a"),
    ]
    assert plain(node) == {"a": 1, "b": {"c": 1}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("10", 10),
        ("010", 10),
        ("0x1f", 31),
        ("true", True),
        ("True", True),
        ("yes", "yes"),
        ("null", None),
        ("~", None),
        ("", None),
        ("1:30", "1:30"),
        ("2020-01-01", "2020-01-01"),
        (".inf", float("inf")),
        ("0.1x", "0.1x"),
    ],
)
def test_scalars_of_yaml_1_2(text, value):
    found = resolved_scalar(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${N}", 64),
        ('"${N}"', 64),
        ("'${F:-1e-3}'", 1e-3),
        ("x${N}", "x64"),
        ("${EMPTY:-a}", "a"),
        ("${F:-}", None),
        ("$${N}", "${N}"),
        ("$${N", "${N"),
        ("${PATHS}/${N}", "/p/64"),
        ("$N", "$N"),
    ],
)
def test_environment_variables_keep_the_type_of_yaml(written, value, monkeypatch):
    monkeypatch.setenv("N", "64")
    monkeypatch.setenv("PATHS", "/p")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.delenv("F", raising=False)
    node, problems = read(f"a: {written}\n")
    assert not problems
    assert plain(node) == {"a": value}


def test_a_variable_is_not_replaced_twice(monkeypatch):
    monkeypatch.setenv("OUTER", "${INNER}")
    node, problems = read("a: ${OUTER}")
    assert not problems
    assert plain(node) == {"a": "${INNER}"}


def test_a_byte_order_mark_is_no_text(valid, load):
    valid.write_bytes(b"\xef\xbb\xbf" + valid.read_bytes())
    assert load(valid).name == "tiny"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: [1, 2", "1:4", "broken YAML"),
        ("a: 1\nb: ${NO_SUCH_VARIABLE}\n", "2:1", "NO_SUCH_VARIABLE is not set"),
    ],
)
def test_a_resolved_recipe_that_was_broken_since(text, place, words, write, monkeypatch):
    monkeypatch.delenv("NO_SUCH_VARIABLE", raising=False)
    path = write(text)
    with pytest.raises(RecipeError, match=words) as caught:
        read_resolved(path)
    assert [problem.place for problem in caught.value.problems] == [f"{path}:{place}"]


def test_numbers_as_keys_are_text():
    node, problems = read("labels: {0: anger, 1: fear}")
    assert not problems
    assert plain(node) == {"labels": {"0": "anger", "1": "fear"}}


def test_of_a_long_text_the_beginning_is_told(write):
    assert described("a" * 60) == f"text {'a' * 60!r}"
    assert described("a" * 61) == f"text {'a' * 60!r}…"
    path = write("path,label\n" + "faces/a.png,happiness\n" * 40)
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    assert str(caught.value) == (
        f"{path}:1:1: a recipe is a mapping of keys, found text 'path,label faces/a.png,happiness"
        " faces/a.png,happiness faces'…"
    )
