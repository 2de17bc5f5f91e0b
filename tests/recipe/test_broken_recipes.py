"""Broken recipes of every kind: the exact place, what is said, and the exit code."""

import sys
from functools import partial

import pytest

import crs_plugin.recipe
from crs_plugin.recipe import load_recipe

# What is wrong: (text of the valid recipe, what stands there instead, line:column, key, words of
# the message)
BROKEN = {
    "tab": (
        "  size: 32",
        "\tsize: 32",
        "8:1",
        "",
        ["broken YAML", "tab"],
    ),
    "two colons": ("seed: 3", "seed: 3: 4", "3:8", "", ["broken YAML", "quotes"]),
    "open bracket": ("[0.5, 1.0]", "[0.5, 1.0", "10:9", "", ["broken YAML", "expected"]),
    "open quote": ("name: tiny", "name: 'tiny", "2:7", "", ["broken YAML", "not closed"]),
    "unknown alias": ("seed: 3", "seed: *s", "3:7", "", ["broken YAML", "undefined alias"]),
    "second document": ("seed: 3", "---\nseed: 3", "3:1", "", ["one document"]),
    "reference in braces": (
        "root: ./faces",
        "root: ${X}",
        "4:28",
        "",
        ["broken YAML", 'write "${NAME}" in quotes'],
    ),
    "forbidden character": ("seed: 3", "seed: \x07", "3:7", "", ["0x07"]),
    "duplicate key": (
        "  size: 32",
        "  size: 32\n  size: 48",
        "9:3",
        "augmentation.size",
        ["duplicate key", "line 8"],
    ),
    "key that is no text": (
        "  size: 32",
        "  size: 32\n  null: x",
        "9:3",
        "augmentation",
        ["text", "'null'"],
    ),
    "tag": ("seed: 3", "seed: !!python/name:os.system 3", "3:1", "seed", ["tags are not used"]),
    "alias in itself": ("seed: 3", "seed: &s [*s]", "3:7", "seed.0", ["contains itself"]),
    "unknown section": (
        "optimizer:",
        "optimiser:",
        "20:1",
        "optimiser",
        ["unknown key 'optimiser'", "did you mean 'optimizer'?"],
    ),
    "missing section": (
        "optimizer: {name: sgd, lr: 0.3}\n",
        "",
        "1:1",
        "optimizer",
        ["missing", "every recipe needs it"],
    ),
    "name with a slash": ("name: tiny", "name: a/b", "2:1", "name", ["text 'a/b'", "folder"]),
    "seed that is text": (
        "seed: 3",
        "seed: three",
        "3:1",
        "seed",
        ["text 'three'", "whole number"],
    ),
    "seed out of range": ("seed: 3", "seed: -1", "3:1", "seed", ["found -1", "from 0 to"]),
    "number in quotes": (
        "lr: 0.3",
        'lr: "0.3"',
        "20:24",
        "optimizer.lr",
        ["found text '0.3'", "expected a number", "remove the quotes"],
    ),
    "number with a unit": (
        "lr: 0.3",
        "lr: 0.1x",
        "20:24",
        "optimizer.lr",
        ["found text '0.1x', expected a number"],
    ),
    "truth for a number": ("lr: 0.3", "lr: true", "20:24", "optimizer.lr", ["found true"]),
    "number for a truth": (
        "lr: 0.3",
        "lr: 0.3, nesterov: 1",
        "20:33",
        "optimizer.nesterov",
        ["found 1, expected true or false"],
    ),
    "yes for a truth": (
        "lr: 0.3",
        "lr: 0.3, nesterov: yes",
        "20:33",
        "optimizer.nesterov",
        ["found text 'yes', expected true or false; write true"],
    ),
    "fraction for a whole number": (
        "epochs: 2",
        "epochs: 2.5",
        "21:12",
        "training.epochs",
        ["found 2.5, expected a whole number"],
    ),
    "null for a number": ("lr: 0.3", "lr: null", "20:24", "optimizer.lr", ["found nothing"]),
    "out of range": ("lr: 0.3", "lr: -1", "20:24", "optimizer.lr", ["found -1, expected > 0"]),
    "above the range": (
        "lr: 0.3",
        "lr: 0.3, momentum: 1.5",
        "20:33",
        "optimizer.momentum",
        ["found 1.5, expected ≤ 1"],
    ),
    "infinite": ("lr: 0.3", "lr: .inf", "20:24", "optimizer.lr", ["expected a finite number"]),
    "no number": ("lr: 0.3", "lr: .nan", "20:24", "optimizer.lr", ["expected a finite number"]),
    "range turned round": (
        "[0.5, 1.0]",
        "[1.0, 0.5]",
        "9:3",
        "augmentation.scale",
        ["found [1.0, 0.5], expected the least value first"],
    ),
    "list too short": (
        "[0.5, 1.0]",
        "[0.5]",
        "9:3",
        "augmentation.scale",
        ["found a list of 1, expected 2 items"],
    ),
    "item of a list": (
        "[0.5, 1.0]",
        "[0.5, big]",
        "9:16",
        "augmentation.scale.1",
        ["found text 'big', expected a number"],
    ),
    "none of the choices": (
        "weights: null",
        "mode: exakt",
        "10:23",
        "backbone.mode",
        ["found text 'exakt', expected 'fast' or 'exact'", "did you mean 'exact'?"],
    ),
    "unknown component": (
        "- name: contrast",
        "- name: contrst",
        "15:5",
        "objective.0.name",
        ["unknown loss 'contrst'; did you mean 'contrast'?", "classify", "from kit: kit/Good"],
    ),
    "unknown option": (
        "temperature:",
        "temprature:",
        "17:5",
        "objective.0.temprature",
        ["loss 'contrast' has no option 'temprature'; did you mean 'temperature'?"],
    ),
    "unknown key of a term": (
        "temperature:",
        "weigth:",
        "17:5",
        "objective.0.weigth",
        ["has no option 'weigth'; did you mean 'weight'?"],
    ),
    "unknown option of nothing near": (
        "{name: linear}",
        "{name: linear, xyz: 1}",
        "13:26",
        "heads.coarse.xyz",
        ["no option 'xyz'.", "Its options are input_dim, output_dim"],
    ),
    "missing option": (
        "{name: sgd, lr: 0.3}",
        "{name: sgd}",
        "20:1",
        "optimizer.lr",
        ["missing: optimizer 'sgd' needs it: number > 0"],
    ),
    "training that contradicts itself": (
        "batch_size: 8}",
        "batch_size: 8, devices: 3}",
        "21:1",
        "training",
        ["batch_size is 8, which 3 devices", "cannot share evenly"],
    ),
    "missing training setting": (
        "epochs: 2, ",
        "",
        "21:1",
        "training.epochs",
        ["missing: training needs it"],
    ),
    "missing name": (
        "{name: linear}",
        "{}",
        "13:3",
        "heads.coarse.name",
        ["missing: the name of the head, such as linear, mlp"],
    ),
    "name alone": (
        "{name: linear}",
        "linear",
        "13:3",
        "heads.coarse",
        ["found text 'linear'", "write {name: linear}"],
    ),
    "refused part": (
        "- name: contrast",
        "- name: kit/Teacher",
        "15:5",
        "objective.0.name",
        ["it needs a teacher"],
    ),
    "missing extra": (
        "name: net",
        "name: models/big",
        "10:12",
        "backbone.name",
        ["pip install 'crs_plugin[models]'"],
    ),
    "unknown head": (
        "  coarse: {name: linear}",
        "  corse: {name: linear}",
        "13:3",
        "heads.corse",
        ["unknown head 'corse'; did you mean 'coarse'?"],
    ),
    "objective that is no list": (
        "- {name: classify, weight: 1}",
        "- classify",
        "19:5",
        "objective.1",
        ["found text 'classify'", "write {name: classify}"],
    ),
    "weight of a term": (
        "weight: 1.0",
        "weight: heavy",
        "16:5",
        "objective.0.weight",
        ["found text 'heavy', expected a number"],
    ),
    "negative weight of a term": (
        "weight: 1.0",
        "weight: -0.5",
        "16:5",
        "objective.0.weight",
        ["found -0.5", "≥ 0"],
    ),
    "class weight of no class": (
        "{negative: 0.5}",
        "{negativ: 0.5}",
        "18:21",
        "objective.0.class_weights.negativ",
        ["did you mean 'negative'?", "positive, negative, neutral, surprise"],
    ),
    "class weight of no class, in full": (
        "{negative: 0.5}",
        "{name: fixed, weights: {positiv: 2}}",
        "18:44",
        "objective.0.class_weights.weights.positiv",
        ["did you mean 'positive'?"],
    ),
    "class weight out of range": (
        "{negative: 0.5}",
        "{negative: -0.5}",
        "18:21",
        "objective.0.class_weights.negative",
        ["found -0.5, expected ≥ 0"],
    ),
    "coarse table by a wrong name": (
        "coarse: default",
        "coarse: defualt",
        "5:10",
        "labels.coarse",
        ["text 'defualt'", "did you mean 'default'?"],
    ),
    "unknown expression": (
        "coarse: default",
        "coarse: {hapiness: positive, anger: negative}",
        "5:19",
        "labels.coarse.hapiness",
        ["unknown expression 'hapiness'", "did you mean 'happiness'?"],
    ),
    "coarse class that is no text": (
        "coarse: default",
        "coarse: {happiness: 1, anger: negative}",
        "5:19",
        "labels.coarse.happiness",
        ["found 1, expected the name of a coarse class"],
    ),
    "expression twice": (
        "coarse: default",
        "coarse: {happy: a, happiness: b, anger: negative}",
        "5:29",
        "labels.coarse.happiness",
        ["duplicate row: 'happy' is the same expression, happiness"],
    ),
    "coarse table turned round": (
        "coarse: default",
        "coarse: {bad: [anger, afraid], good: happiness}",
        "5:19",
        "labels.coarse.bad",
        ["goes from expression to coarse class; write anger: bad, fear: bad"],
    ),
    "coarse table turned round, with classes that are expressions": (
        "coarse: default",
        "coarse: {neutral: [neutral], happiness: good}",
        "5:19",
        "labels.coarse.neutral",
        ["write neutral: neutral"],
    ),
    "unknown expression of a class that is one": (
        "coarse: default",
        "coarse: {hapiness: surprise, anger: bad}",
        "5:19",
        "labels.coarse.hapiness",
        ["did you mean 'happiness'?"],
    ),
    "excluded expression that is none": (
        "seed: 3",
        "seed: 3\nexclude_expressions: [anger, feer]",
        "4:30",
        "exclude_expressions.1",
        ["unknown expression 'feer'", "did you mean 'fear'?"],
    ),
    "excluded expression twice": (
        "seed: 3",
        "seed: 3\nexclude_expressions: [fear, afraid]",
        "4:29",
        "exclude_expressions.1",
        ["named twice: 'fear' is the same expression"],
    ),
    "excluded expression that is no text": (
        "seed: 3",
        "seed: 3\nexclude_expressions: [4]",
        "4:23",
        "exclude_expressions.0",
        ["found 4, expected the name of an expression"],
    ),
    "excluded expression outside of a list": (
        "seed: 3",
        "seed: 3\nexclude_expressions: fear",
        "4:1",
        "exclude_expressions",
        ["found text 'fear', expected a list of expressions"],
    ),
    "nested component": (
        "data: {name: faces}",
        "data: {name: face}",
        "24:12",
        "evaluation.0.data.name",
        ["unknown dataset 'face'; did you mean 'faces'?"],
    ),
    "nested list": (
        "  size: 32",
        "  size: 32\n  then: {name: one_view, size: 3}",
        "9:3",
        "augmentation.then",
        ["found a mapping, expected a list"],
    ),
    "option of a nested list": (
        "  size: 32",
        "  size: 32\n  then:\n    - {name: one_view, size: 0}",
        "10:24",
        "augmentation.then.0.size",
        ["found 0, expected > 0"],
    ),
    "term without its head": (
        "  coarse: {name: linear}\n",
        "",
        "18:5",
        "objective.1",
        ["'coarse_logits'", "there is no heads.coarse; add it"],
    ),
    "head without a term": (
        "  coarse: {name: linear}",
        "  coarse: {name: linear}\n  fine: {name: linear}",
        "14:3",
        "heads.fine",
        ["no term of the objective uses it"],
    ),
    "term that receives what there is not": (
        "- {name: classify, weight: 1}",
        "- {name: odd}",
        "19:5",
        "objective.1",
        ["'embedings'", "did you mean 'embeddings'?"],
    ),
    "outputs for other classes": (
        "{name: linear}",
        "{name: linear, output_dim: 7}",
        "13:26",
        "heads.coarse.output_dim",
        ["7 outputs for 4 coarse classes"],
    ),
    "width of the coarse head": (
        "{name: linear}",
        "{name: linear, input_dim: 32}",
        "13:26",
        "heads.coarse.input_dim",
        ["32 inputs, but heads.projection gives 16"],
    ),
    "width of the coarse head, on a projection head that does not say its own": (
        "{name: mlp, output_dim: 16}\n  coarse: {name: linear}",
        "{name: mlp}\n  coarse: {name: linear, input_dim: 32}",
        "13:26",
        "heads.coarse.input_dim",
        ["32 inputs, but heads.projection gives 128"],
    ),
    "plugins that are no list": (
        "seed: 3",
        "plugins: my_module",
        "3:1",
        "plugins",
        ["found text 'my_module', expected a list"],
    ),
    "plugin file that is missing": (
        "seed: 3",
        "plugins:\n  - ./gone.py",
        "4:5",
        "plugins.0",
        ["./gone.py does not exist"],
    ),
    "plugin module that is missing": (
        "seed: 3",
        "plugins: [no_such_module_xyz]",
        "3:11",
        "plugins.0",
        ["cannot be imported", "No module named 'no_such_module_xyz'"],
    ),
    "base that is missing": (
        "seed: 3",
        "extends: gone.yaml",
        "3:1",
        "extends",
        ["there is no recipe file", "gone.yaml"],
    ),
    "base of no shipped recipe": (
        "seed: 3",
        "extends: crs_cont_resnet81",
        "3:1",
        "extends",
        ["did you mean 'crs_cont_resnet18'?"],
    ),
    "base that is no text": ("seed: 3", "extends: [a]", "3:1", "extends", ["a list of 1"]),
    "unset variable": (
        "root: ./faces",
        'root: "${NO_SUCH_VARIABLE}/x"',
        "4:21",
        "data.root",
        ["NO_SUCH_VARIABLE is not set", "${NO_SUCH_VARIABLE:-…}"],
    ),
    "unset variable that is no text": (
        "seed: 3",
        "seed: ${NO_SUCH_VARIABLE}",
        "3:1",
        "seed",
        ["NO_SUCH_VARIABLE is not set"],
    ),
    "unclosed variable": (
        "root: ./faces",
        'root: "${CRS_DATA"',
        "4:21",
        "data.root",
        ["the closing brace is missing in ${CRS_DATA"],
    ),
    "malformed variable": (
        "root: ./faces",
        'root: "${1X}"',
        "4:21",
        "data.root",
        ["no reference to an environment variable"],
    ),
}


@pytest.mark.parametrize(("old", "new", "place", "key", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_recipe_is_told_by_place_and_exits_with_2(
    old, new, place, key, words, valid_text, write, small, problems, monkeypatch, capsys
):
    assert valid_text.count(old) == 1, "the place to break is not unique"
    path = write(valid_text.replace(old, new))

    found = [p for p in problems(path) if p[:2] == (f"recipe.yaml:{place}", key)]
    assert len(found) == 1, problems(path)
    message = found[0][2]
    assert all(word in message for word in words), message

    monkeypatch.setattr(crs_plugin.recipe, "load_recipe", partial(load_recipe, registry=small))
    monkeypatch.setattr(sys, "argv", ["crs", "recipe", "validate", str(path)])
    from crs_plugin.cli.main import main

    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 2
    shown = capsys.readouterr().err
    assert ": ".join(part for part in (f"{path}:{place}", key, message) if part) in shown
    assert "Traceback" not in shown


def test_there_are_enough_kinds():
    assert len(BROKEN) >= 25


@pytest.mark.parametrize(
    "case",
    [
        *("tab", "missing option", "unset variable", "unset variable that is no text"),
        *("infinite", "coarse class that is no text"),
    ],
)
def test_nothing_else_is_said(case, valid_text, write, problems):
    old, new, *_ = BROKEN[case]
    assert len(problems(write(valid_text.replace(old, new)))) == 1


def test_all_problems_come_at_once_in_the_order_of_the_lines(valid_text, write, problems):
    text = valid_text
    for case in ("unknown head", "out of range", "seed that is text", "list too short"):
        old, new, *_ = BROKEN[case]
        text = text.replace(old, new)
    places = [place for place, _, _ in problems(write(text), "training.epochs=0")]
    assert places == [
        "recipe.yaml:3:1",
        "recipe.yaml:9:3",
        "recipe.yaml:13:3",
        "recipe.yaml:19:5",
        "recipe.yaml:20:24",
        "--set training.epochs=0",
    ]


def test_one_view_for_a_term_of_two(valid_text, write, problems):
    text = valid_text.replace("name: two_views", "name: one_view").replace(
        "  scale: [0.5, 1.0]\n", ""
    )
    text = text.replace("{name: classify, weight: 1}", "{name: compare}")
    text = text.replace("  coarse: {name: linear}\n", "")
    [(place, key, message)] = problems(write(text))
    assert (place, key) == ("recipe.yaml:17:5", "objective.1")
    assert "compares two views" in message
    assert "'one_view' makes 1" in message


def test_a_miner_that_no_term_uses(valid_text, write, problems):
    text = valid_text.replace("  - name: contrast", "  - name: classify").replace(
        "    temperature: 0.07\n    class_weights: {negative: 0.5}\n", ""
    )
    text = text.replace("  - {name: classify, weight: 1}\n", "") + "miner: {name: pairs}\n"
    [(place, key, message)] = problems(write(text))
    assert (place, key) == ("recipe.yaml:22:1", "miner")
    assert message == "no term of the objective uses it; remove it, or add a term that does"


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (b"", "1:1", "the recipe is empty"),
        (b"# only a comment\n", "1:1", "the recipe is empty"),
        (b"- a\n- b\n", "1:1", "a recipe is a mapping of keys, found a list of 2"),
        (b"just text\n", "1:1", "found text 'just text'"),
        (b"name: a\nseed: \xff\n", "2:7", "not UTF-8 text: found byte 0xff"),
    ],
)
def test_files_that_are_no_recipe(data, place, words, tmp_path, problems):
    path = tmp_path / "recipe.yaml"
    path.write_bytes(data)
    [(found, key, message)] = problems(path)
    assert (found, key) == (f"recipe.yaml:{place}", "")
    assert words in message


def test_a_file_that_does_not_exist(tmp_path, problems):
    [(place, key, message)] = problems(tmp_path / "gone.yaml")
    assert (place, key) == ("gone.yaml", "")
    assert message == "the recipe cannot be read: No such file or directory"
