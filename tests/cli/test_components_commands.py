"""``crs components`` and ``crs components show``."""

import pytest

from crs_plugin.registry import KINDS, Registry, registry


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


def test_all_kinds_are_listed_with_a_line_and_an_origin(call, capsys):
    assert call("components") == 0
    lines = capsys.readouterr().out.splitlines()
    assert set(KINDS) <= {line.strip() for line in lines}
    (loss,) = [line for line in lines if line.startswith("crs_cont ")]
    assert "crs_plugin" in loss
    assert "contrastive on coarse labels" in loss
    assert any(line.startswith("lightly/") and "NTXentLoss" in line for line in lines)


def test_one_kind_is_listed_whole(call, capsys):
    assert call("components", "list", "--kind", "backbone") == 0
    printed = capsys.readouterr().out
    assert "wide_resnet101_2" in printed
    assert "in all" not in printed


@pytest.mark.parametrize("kind", KINDS)
def test_every_component_of_ours_can_be_shown(call, capsys, kind):
    own, _ = registry.listing(kind)
    for name, component in own.items():
        assert call("components", "show", kind, name) == 0
        printed = capsys.readouterr().out
        assert component.summary.replace("``", "").split(":")[0][:40] in printed
        assert f"name: {name}" in printed
        assert component.summary, f"{kind} {name} has no docstring"


def test_options_types_and_defaults_are_shown(call, capsys):
    assert call("components", "show", "loss", "crs_cont") == 0
    printed = capsys.readouterr().out
    (line,) = [line for line in printed.splitlines() if line.startswith("temperature ")]
    assert line.split() == ["temperature", "number", ">", "0", "0.07"]


def test_square_brackets_of_types_are_printed_as_they_are(call, capsys):
    assert call("components", "show", "augmentation", "fer_two_views") == 0
    printed = capsys.readouterr().out
    (line,) = [line for line in printed.splitlines() if line.startswith("scale ")]
    assert "[number > 0, number > 0], least first" in line
    assert line.rstrip().endswith("[0.5, 1.0]")


def test_the_snippet_is_not_broken_on_a_narrow_terminal(call, capsys, monkeypatch):
    from crs_plugin.recipe.snippet import snippet

    monkeypatch.setenv("COLUMNS", "20")
    assert call("components", "show", "evaluation", "linear_probe") == 0
    piece = snippet(registry.get("evaluation", "linear_probe"))
    assert f"\n{piece}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "name"), [("loss", "pml/SupConLoss"), ("augmentation", "kornia/RandomErasing")]
)
def test_parts_of_other_toolkits_can_be_shown(call, capsys, kind, name):
    assert call("components", "show", kind, name) == 0
    assert f"name: {name}" in capsys.readouterr().out


def test_an_unknown_component_suggests_the_nearest(call, capsys):
    assert call("components", "show", "loss", "crs_kont") == 2
    assert "did you mean 'crs_cont'" in capsys.readouterr().err


def test_a_refused_component_says_why(call, capsys):
    assert call("components", "show", "loss", "lightly/DINOLoss") == 2
    assert "teacher" in capsys.readouterr().err


def test_brackets_in_a_strangers_words_are_printed_as_they_are(call, capsys, monkeypatch):
    def summed():
        """Sums rows [n, d]; has no [/end]."""

    registered = Registry(rooms={})
    registered.register("loss", "summed")(summed)
    monkeypatch.setattr("crs_plugin.cli.components.list.registry", registered)
    assert call("components", "list", "--kind", "loss") == 0
    assert "Sums rows [n, d]; has no [/end]." in capsys.readouterr().out


def test_listed_summaries_are_read_by_people(call, capsys):
    assert call("components", "list", "--kind", "logger") == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "Writes metrics where mlflow ui shows them" in printed
    assert "`" not in printed
