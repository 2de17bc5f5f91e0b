"""``crs data shard``, and what other commands make of shards."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def faces(tmp_path) -> Path:
    for number in range(8):
        folder = tmp_path / "faces" / ("train" if number < 6 else "test")
        path = folder / ("anger" if number % 2 else "fear") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (12, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    return tmp_path / "faces"


SHARD = ("data", "shard", "image_folder", "--root", "faces", "--output", "out", "--size", "3")


@pytest.mark.usefixtures("faces")
def test_shards_are_written_and_opened_by_the_command_that_is_printed(call, capsys):
    assert call(*SHARD) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2] == "faces: 8 of 8 images in 3 shards, 30.7 kB"
    assert call(*lines[-1].removeprefix("Open it: crs ").split(), "--images", "--json") == 0
    counts = json.loads(capsys.readouterr().out)["counts"]
    assert counts == {"train": {"anger": 3, "fear": 3}, "test": {"anger": 1, "fear": 1}}


@pytest.mark.usefixtures("faces")
def test_a_second_call_has_nothing_to_do(call, capsys):
    assert call(*SHARD) == 0
    assert call(*SHARD) == 0
    assert "  3 × shard written by an earlier call" in capsys.readouterr().out
    assert call(*SHARD[:-1], "4") == 2
    assert "out has shards that were made otherwise: size 3 (now 4)" in capsys.readouterr().err


def test_what_cannot_be_read_is_said(call, capsys, faces):
    (faces / "train/fear/0.png").write_bytes(b"broken")
    assert call(*SHARD) == 0
    out = capsys.readouterr().out
    assert "faces: 7 of 8 images in 3 shards" in out
    assert "  1 × image that cannot be read: out/left_out.tsv" in out


def test_a_recipe_is_written_as_well(call, capsys, faces, tmp_path):
    recipe = "extends: crs_cont_resnet18\nname: mine\ndata: {name: image_folder, root: ./faces}\n"
    (tmp_path / "mine.yaml").write_text(recipe)
    assert call("data", "shard", "mine.yaml", "--output", "out") == 0
    assert "faces: 8 of 8 images in 1 shard," in capsys.readouterr().out


@pytest.mark.usefixtures("faces")
def test_columns_that_are_not_written_are_said(call, capsys, tmp_path):
    votes = ",".join(["0"] * 9)
    (tmp_path / "plus" / "FER2013Train").mkdir(parents=True)
    (tmp_path / "faces/train/fear/0.png").rename(tmp_path / "plus/FER2013Train/a.png")
    header = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt"
    text = f"{header},unknown,NF\nTraining,a.png,9,{votes}\n"
    (tmp_path / "plus" / "fer2013new.csv").write_text(text)
    assert call("data", "shard", "ferplus", "--root", "plus", "--output", "out") == 0
    assert "not written: votes, which shards have no place for" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("image_foldr", "--output", "out"), "did you mean 'image_folder'?"),
        (("image_folder", "--root", "faces"), "--output"),
        ((*SHARD[2:6], "faces"), "faces has test, train, and is no folder of shards"),
        ((*SHARD[2:-1], "0"), "--size"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    call, capsys, faces, tmp_path, arguments, message
):
    before = sorted(tmp_path.rglob("*"))
    assert call("data", "shard", *arguments) == 2
    assert message in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("http://localhost:1/faces", "http://localhost:1/faces/shards.json: cannot be fetched"),
        ("[http://localhost:1/a.tar]", "http://localhost:1/a.index.json: cannot be fetched"),
        ("gopher://host/a.tar", "gopher://host/a.index.json: Protocol not known: gopher"),
        ("faces", "'faces' has no protocol such as https:// or s3://"),
        ("3", "--set url=3: url: found 3, expected"),
    ],
)
def test_a_wrong_address_is_one_message(call, capsys, value, message):
    pytest.importorskip("aiohttp")
    assert call("data", "inspect", "shards", "--set", f"url={value}") == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
