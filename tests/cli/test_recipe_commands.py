"""``crs recipe list | show | copy | validate | schema``."""

import json

import pytest

from crs_plugin.recipe import load_recipe, shipped_recipes

NAME = "crs_cont_resnet18"


def test_list_names_every_shipped_recipe_with_a_line(call, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert call("recipe", "list") == 0
    printed = capsys.readouterr().out
    assert set(shipped_recipes()) <= set(printed.split())
    assert "three minutes" in printed


def test_show_says_where_each_value_came_from(call, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert call("recipe", "show", "simclr_resnet18", "--set", "optimizer.lr=0.01") == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert "--set" in lines["optimizer.lr"]
    assert "simclr_resnet18.yaml:" in lines["augmentation.name"]
    assert "crs_cont_resnet18.yaml:" in lines["backbone.name"]
    assert "inherited" in lines["backbone.name"]


def test_show_prints_square_brackets_as_they_are(call, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert call("recipe", "show", NAME, "--set", "evaluation.0.title='x[/red][bold]'") == 0
    assert "x[/red][bold]" in capsys.readouterr().out


def test_show_writes_values_as_yaml_does(call, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert call("recipe", "show", NAME, "--set", "optimizer.weight_decay=1e-5") == 0
    shown = {line.split()[0]: line.split()[1] for line in capsys.readouterr().out.splitlines()}
    assert shown["backbone.weights"] == "null"
    assert shown["backbone.channels_last"] == "true"
    assert shown["optimizer.weight_decay"] == "1e-05"


def test_show_shows_a_recipe_that_has_mistakes_as_it_is_written(call, capsys, tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "extends: crs_cont_resnet18\nname: mine\ndata: {name: image_folder, root: faces}\n"
        "optimizer: {name: sdg, lr: fast}\ntrainning: {epochs: 3}\n"
        'plugins: ["${NOT_SET}/own.py"]\n'
    )
    assert call("recipe", "show", "mine.yaml") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["data.root", "faces", "mine.yaml:3"] in lines
    assert ["optimizer.name", "sdg", "mine.yaml:4"] in lines
    assert lines[-1] == ["trainning.epochs", "3", "mine.yaml:5"]
    assert ["plugins", "['${NOT_SET}/own.py']", "mine.yaml:6"] in lines
    assert call("recipe", "show", "mine.yaml", "--yaml") == 2
    assert "did you mean 'sgd'" in capsys.readouterr().err


def test_what_a_section_lacks_is_told_where_it_was_taken_away(call, capsys):
    assert call("recipe", "validate", NAME, "--set", "name=") == 2
    assert "Error: --set name=: name: missing" in capsys.readouterr().err


LONG = "a long title that no terminal of eighty columns has room for, for it has 80 letters"


def test_show_cuts_nothing_in_a_pipe(call, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert call("recipe", "show", NAME, "--set", f"evaluation.0.title={LONG}") == 0
    printed = capsys.readouterr().out
    recipe = load_recipe(NAME)
    for key in ("heads.projection.output_dim", "evaluation.1.test_data.domain"):
        (line,) = [line for line in printed.splitlines() if line.startswith(f"{key} ")]
        assert line.rstrip().endswith(recipe.provenance[key])
    assert any(LONG in line and "--set" in line for line in printed.splitlines())
    assert "…" not in printed


@pytest.mark.parametrize("width", [60, 110])
def test_show_cuts_nothing_on_a_terminal(width, capsys, monkeypatch):
    from rich.console import Console

    from crs_plugin.cli.recipe.show import _print_rows

    rows = [("objective.0.name", LONG, "recipes/crs_cont_resnet18.yaml:42 (inherited)")]
    _print_rows(rows, Console(force_terminal=True, width=width, color_system=None))
    lines = capsys.readouterr().out.splitlines()
    assert any(rows[0][0] in line for line in lines)
    assert any(rows[0][2] in line for line in lines)
    assert all(word in " ".join(lines) for word in LONG.split())
    assert width == 60 or max(map(len, lines)) <= width


def test_show_as_yaml_can_be_run(call, capsys, tmp_path):
    assert call("recipe", "show", NAME, "--yaml") == 0
    (tmp_path / "shown.yaml").write_text(capsys.readouterr().out)
    assert load_recipe(tmp_path / "shown.yaml").values == load_recipe(NAME).values


def test_copy_gives_a_recipe_of_ones_own_and_replaces_nothing(call, capsys, tmp_path):
    assert call("recipe", "copy", NAME, "mine.yaml") == 0
    assert call("recipe", "validate", "mine.yaml") == 0
    assert "mine.yaml: valid" in capsys.readouterr().out
    assert call("recipe", "copy", NAME, "my own.yaml") == 0
    assert "crs recipe run 'my own.yaml'" in capsys.readouterr().out
    (tmp_path / "mine.yaml").write_text("mine")
    assert call("recipe", "copy", NAME, "mine.yaml") == 2
    assert "exists" in capsys.readouterr().err
    assert (tmp_path / "mine.yaml").read_text() == "mine"


@pytest.mark.parametrize("original", shipped_recipes())
@pytest.mark.parametrize("stem", ["mine", "7 faces", "2024"])
def test_a_copy_has_the_name_of_its_file_and_is_else_the_same(
    call, tmp_path, monkeypatch, original, stem
):
    monkeypatch.setenv("CRS_DATA", str(tmp_path))
    file = tmp_path / f"{stem}.yaml"
    assert call("recipe", "copy", original, str(file)) == 0
    before = shipped_recipes()[original].read_text().splitlines()
    after = file.read_text().splitlines()
    changed = [old for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [f"name: {original}"]
    assert load_recipe(file).name == stem


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("copy", "crs_cont_resnet81", "mine.yaml"), "did you mean 'crs_cont_resnet18'"),
        (("copy", NAME, "no/folder/mine.yaml"), "no folder no/folder"),
        (("show", "nowhere.yaml"), "nowhere.yaml"),
        (("validate", NAME, "--set", "optimizer.lr=-1"), "optimizer.lr"),
        (("validate", NAME, "--set", "heads.coarse.output_dim=3"), "heads.coarse"),
        (("validate", NAME, "--set", "heads.coarse="), f"crs recipe copy {NAME} FILE"),
        (
            ("validate", NAME, "--build", "--set", "backbone.weights=x.pth"),
            "--set backbone.weights",
        ),
    ],
)
def test_bad_input_is_one_message_and_code_2(call, capsys, arguments, said):
    assert call("recipe", *arguments) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert "Traceback" not in printed


def test_validate_shows_the_problems_of_all_files(call, capsys, tmp_path):
    for name, text in (("one.yaml", "sed: 1"), ("two.yaml", "optimizer: {lr: fast}")):
        (tmp_path / name).write_text(f"extends: {NAME}\nname: x\n{text}\n")
    assert call("recipe", "validate", "one.yaml", NAME, "two.yaml") == 2
    captured = capsys.readouterr()
    assert "one.yaml:3:1: sed" in captured.err
    assert "two.yaml:3:" in captured.err
    assert f"{NAME}: valid" in captured.out


def test_validate_can_build_and_open_data(call, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("CRS_CACHE", str(tmp_path))
    assert call("recipe", "validate", NAME, "--build", "--data") == 0


def test_validate_notes_data_that_no_evaluation_uses(call, capsys):
    assert call("recipe", "validate", NAME) == 0
    assert capsys.readouterr().out == f"{NAME}: valid\n"
    assert (
        call("recipe", "validate", NAME, "--set", "data={name: image_folder, root: ./faces}") == 0
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{NAME}: valid"
    assert lines[1].startswith(f"{NAME}: note: no evaluation uses the data of pre-training")


def test_schema_is_json(call, capsys):
    assert call("recipe", "schema") == 0
    schema = json.loads(capsys.readouterr().out)
    assert "objective" in schema["properties"]


def test_a_run_whose_network_does_not_take_the_images_touches_nothing(
    call, capsys, monkeypatch, tmp_path
):
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))
    small = ("--set", "data.train=64", "--set", "data.test=8", "--set", "evaluation=[]")
    vit = ("--set", "backbone={name: vit_b_32}")
    assert call("recipe", "run", NAME, *small, *vit) == 2
    printed = capsys.readouterr().err
    assert "backbone 'vit_b_32': AssertionError: " in printed
    assert "does this backbone take images of 48 px (augmentation.size)?" in printed
    assert not (tmp_path / "runs").exists()
