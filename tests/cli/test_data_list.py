"""``crs data list``."""

import json
import subprocess
import sys

import pytest

from crs_plugin.data.about import About
from crs_plugin.registry import registry

FERPLUS = "crs_plugin.data.datasets.ferplus"


@pytest.fixture
def about_ferplus(monkeypatch):
    labels = {"0": "neutral", "happy": "happiness", "glad": "happiness", "NF": None}
    known = About("FER+", "wild", "28 train", labels, ("a file",), "Ask for it.")
    monkeypatch.setattr(f"{FERPLUS}.ABOUT", known, raising=False)


def rows(call, capsys) -> dict[str, dict]:
    assert call("data", "list", "--json") == 0
    return {row["name"]: row for row in json.loads(capsys.readouterr().out)["data_sets"]}


@pytest.mark.usefixtures("about_ferplus")
def test_what_is_known_of_a_set_is_listed_and_whether_it_is_found(
    call, capsys, tmp_path, monkeypatch
):
    (tmp_path / "sets" / "ferplus").mkdir(parents=True)
    monkeypatch.setenv("CRS_DATA", str(tmp_path / "sets"))
    listed = rows(call, capsys)
    assert set(listed) == set(registry.names("dataset"))
    assert listed["ferplus"] == {
        "name": "ferplus",
        "title": "FER+",
        "setting": "wild",
        "classes": 2,
        "images": "28 train",
        "needs_files": True,
        "folder": str(tmp_path / "sets" / "ferplus"),
        "found": True,
    }
    assert not listed["raf_db"]["found"]


@pytest.mark.usefixtures("about_ferplus")
def test_the_list_for_people_has_the_same(call, capsys, tmp_path, monkeypatch):
    (tmp_path / "sets" / "ferplus").mkdir(parents=True)
    monkeypatch.setenv("CRS_DATA", str(tmp_path / "sets"))
    monkeypatch.setenv("COLUMNS", "200")
    assert call("data", "list") == 0
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    (ferplus,) = [line.split() for line in lines if line.startswith("ferplus")]
    assert ferplus == ["ferplus", "FER+", "wild", "2", "28", "train", "yes"]
    assert next(line for line in lines if line.startswith("raf_db ")).endswith("no")
    assert next(line for line in lines if line.startswith("synthetic_faces")).endswith("none")
    assert lines[-1] == f"CRS_DATA is {tmp_path / 'sets'}; --root names any other folder"


def test_a_set_without_about_has_its_first_line(call, capsys, monkeypatch):
    monkeypatch.delattr(f"{FERPLUS}.ABOUT", raising=False)
    monkeypatch.delenv("CRS_DATA", raising=False)
    ferplus = rows(call, capsys)["ferplus"]
    assert ferplus["title"].startswith("FERPlus: 48×48 grey faces")
    assert ferplus["classes"] is ferplus["setting"] is ferplus["folder"] is None
    assert not ferplus["found"]


def test_a_plugin_that_cannot_be_imported_does_not_hide_the_others(call, capsys, monkeypatch):
    from crs_plugin.registry import PluginError

    listing = registry.listing("dataset")
    listing[0]["broken"] = PluginError("plugin broken cannot be imported")
    monkeypatch.setattr(type(registry), "listing", lambda *_: listing)
    broken = rows(call, capsys)["broken"]
    assert broken["title"] == "? (plugin broken cannot be imported)"
    assert broken["found"] is None
    assert call("data", "list") == 0
    assert "broken" in capsys.readouterr().out


def test_no_one_waits_for_pytorch():
    code = (
        "import sys\n"
        "from crs_plugin.cli.data.list import command\n"
        "command(['--json'], standalone_mode=False)\n"
        "print(sorted({'torch', 'kornia', 'matplotlib'} & sys.modules.keys()), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
    assert '"raf_db"' in done.stdout


@pytest.mark.parametrize("width", [40, 60, 80])
def test_counts_are_whole_on_a_narrow_terminal(width, call, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    assert call("data", "list") == 0
    printed = capsys.readouterr().out
    assert "…" not in printed
    assert "28,389" in printed
    assert "21,000" in printed
