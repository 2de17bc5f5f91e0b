"""``crs components`` and ``crs components show``."""

import pytest

from crs_plugin.registry import KINDS, registry


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
        assert component.summary.split(":")[0][:40] in printed
        assert f"name: {name}" in printed
        assert component.summary, f"{kind} {name} has no docstring"


def test_options_types_and_defaults_are_shown(call, capsys):
    assert call("components", "show", "loss", "crs_cont") == 0
    printed = capsys.readouterr().out
    (line,) = [line for line in printed.splitlines() if line.startswith("temperature ")]
    assert "float" in line
    assert "0.07" in line
    assert "gt=0" in line


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
