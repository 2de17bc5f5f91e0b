"""Commands say before any work what could not be written where the user wants it."""

import os

import pytest

NO_DATA = ("image_folder", "--root", "gone")


@pytest.mark.parametrize(
    ("arguments", "output", "what"),
    [
        (("data", "preview", *NO_DATA), "p.png", "the picture"),
        (("data", "inspect", *NO_DATA), "p.png", "the picture"),
        (("data", "augment", "gone.yaml"), "p.png", "the picture"),
        (("data", "check", *NO_DATA), "p.csv", "the list of pairs"),
        (("data", "crop", *NO_DATA), "faces", "the faces"),
        (("data", "shard", *NO_DATA), "shards", "the shards"),
        (("embed", "gone", "--encoder", "gone"), "f.npy", "the features"),
        (("predict", "gone", "--encoder", "gone", "--classifier", "x"), "p.png", "the picture"),
        (("export", "gone", "--format", "onnx"), "e.onnx", "the export"),
        (("import", "gone.pth"), "e.safetensors", "the encoder"),
        (("compare", "gone"), "c.html", "the page"),
        (("evaluate", "gone", "--data", "synthetic_faces"), "evaluated", "the evaluation"),
    ],
)
def test_it_is_said_before_the_work(call, capsys, monkeypatch, tmp_path, arguments, output, what):
    (tmp_path / "locked").mkdir()
    allowed = os.access
    monkeypatch.setattr(  # root may write to read-only folders
        os, "access", lambda path, mode: not mode & os.W_OK and allowed(path, mode)
    )
    assert call(*arguments, "--output", f"locked/{output}") == 2
    message = f"Error: {what} cannot be written to locked/{output}: locked may not be written to;"
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("export", "gone", "--format", "onnx", "--output", "no/e.onnx"),
        ("import", "gone.pth", "--output", "no/e.safetensors"),
    ],
)
def test_a_folder_that_is_not_there_is_named_at_once(call, capsys, arguments):
    assert call(*arguments) == 2
    assert f"Error: {arguments[-1]}: there is no folder no\n" in capsys.readouterr().err
