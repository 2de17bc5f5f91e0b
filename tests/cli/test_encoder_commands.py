"""``crs embed``, ``crs predict``, ``crs export`` and ``crs import``."""

import json

import numpy as np
import pytest
import torch
from made_detector import write_detector
from PIL import Image
from tiny_encoder import classifier_for, random_images, tiny_encoder

from crs_plugin.data.cropping.alignment import aligned
from crs_plugin.data.cropping.face_detector import FaceDetector
from crs_plugin.models import Encoder, build_backbone
from crs_plugin.models.open_encoder import open_encoder


@pytest.fixture
def workplace(tmp_path):
    """An encoder with a classifier, and five images in a folder."""
    encoder = tiny_encoder()
    encoder.save(tmp_path / "encoder.safetensors")
    classifier_for(encoder).save(tmp_path / "c.safetensors")
    (tmp_path / "faces").mkdir()
    for index, image in enumerate(random_images(5, 16, 16)):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(tmp_path / f"faces/{index}.png")
    return tmp_path


EMBED = ("embed", "faces", "--encoder", "encoder.safetensors", "--output")
PREDICT = ("predict", "faces/1.png", "faces/0.png", "--encoder", ".", "--classifier")


def everything_in(folder) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_features_are_written(call, workplace, capsys):
    before = everything_in(workplace)
    assert call(*EMBED, "f.npy") == 0
    captured = capsys.readouterr()
    assert captured.out == "wrote f.npy and f.paths.csv: 5 images, 6 features each\n"
    assert captured.err == "features: done\n"
    assert everything_in(workplace) == before | {"f.npy", "f.paths.csv"}
    expected = tiny_encoder().embed([workplace / f"faces/{i}.png" for i in range(5)])
    np.testing.assert_allclose(np.load(workplace / "f.npy"), expected.numpy(), atol=1e-6)
    assert (workplace / "f.paths.csv").read_text().splitlines()[:2] == ["path", "faces/0.png"]


def test_an_interrupted_command_goes_on_where_it_was(call, workplace, capsys, monkeypatch):
    seen = []
    embed = Encoder.embed

    def interrupted(self, images, *rest):
        if len(seen) == 3:
            raise KeyboardInterrupt
        seen.append(len(images))
        return embed(self, images, *rest)

    monkeypatch.setattr(Encoder, "embed", interrupted)
    monkeypatch.setattr(
        "crs_plugin.evaluation.features.file_features.in_chunks",
        lambda rows, _: np.split(rows, len(rows)),
    )
    assert call(*EMBED, "f.parquet") == 130
    assert not (workplace / "f.parquet").exists()
    monkeypatch.setattr(Encoder, "embed", embed)
    capsys.readouterr()
    assert call(*EMBED, "f.parquet") == 0
    assert "an earlier run had done 3 of 5 images\nwrote f.parquet" in capsys.readouterr().out
    assert not (workplace / ".f.parquet.parts").exists()


def test_images_that_cannot_be_read(call, workplace, capsys):
    (workplace / "faces/2.png").write_bytes(b"")
    assert call(*EMBED, "f.csv") == 2
    message = capsys.readouterr().err
    assert "1 of 5 images cannot be read; what is done is kept" in message
    assert "\n  faces/2.png: cannot be read: it is empty" in message
    assert not (workplace / "f.csv").exists()
    assert call(*EMBED, "f.csv", "--on-bad-image", "skip") == 0
    printed = capsys.readouterr().out
    assert "an earlier run had done 4 of 5" in printed
    assert "left out: 1 that cannot be read" in printed
    assert len((workplace / "f.csv").read_text().splitlines()) == 5


@pytest.mark.parametrize("on_bad_image", ["error", "skip"])
def test_nothing_but_images_that_cannot_be_read(call, workplace, capsys, on_bad_image):
    for index in range(5):
        (workplace / f"faces/{index}.png").write_bytes(b"")
    before = everything_in(workplace)
    assert call(*EMBED, "f.csv", "--on-bad-image", on_bad_image) == 2
    message = capsys.readouterr().err
    assert "none of the 5 images can be read:\n  faces/0.png: cannot be read: it is" in message
    assert "--on-bad-image" not in message
    assert everything_in(workplace) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("embed", "faces", "--encoder", ".", "--output", "f.txt"), "ends in .parquet"),
        (("embed", "none", "--encoder", ".", "--output", "f.csv"), "no file or folder none"),
        (("embed", "faces", "--encoder", "none.pth", "--output", "f.csv"), "no checkpoint"),
        (("embed", "faces", "--encoder", "c.safetensors", "--output", "f.csv"), "no encoder"),
        ((*PREDICT, "encoder.safetensors"), "no classifier of crs_plugin"),
        ((*PREDICT, "none"), "no classifier file"),
        ((*PREDICT, "other.safetensors"), "other.safetensors was trained on the encoder"),
        ((*PREDICT, "wide.safetensors"), "wide.safetensors takes 9 features"),
        ((*PREDICT, "c.safetensors", "--output", "p.txt"), "ends with .png"),
        (("export", ".", "--format", "onnx", "--output", "e.pt2"), "ends in .onnx"),
        (("import", "none.pth", "--output", "e.safetensors"), "no checkpoint none.pth"),
        (("import", "none.pth", "--output", "e.pth"), "ends in .safetensors"),
    ],
)
def test_bad_input_is_told_in_a_line(call, workplace, capsys, arguments, message):
    classifier_for(tiny_encoder(width=9)).save(workplace / "wide.safetensors")
    classifier_for(tiny_encoder(seed=1)).save(workplace / "other.safetensors")
    before = everything_in(workplace)
    assert call(*arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert everything_in(workplace) == before


def test_an_encoder_cut_short_is_told(call, workplace, capsys):
    path = workplace / "encoder.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    assert call(*EMBED, "f.csv") == 2
    assert "cut short" in capsys.readouterr().err


def test_predictions_in_a_pipe_are_not_cut_to_a_width(call, workplace, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    assert call(*PREDICT, "c.safetensors") == 0
    _, *lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["faces/1.png", "faces/0.png"]
    assert all(line.count("%") == 2 for line in lines)


def test_a_prediction_as_a_table_and_as_json(call, workplace, capsys):
    expected = tiny_encoder().predict(
        [workplace / "faces/1.png", workplace / "faces/0.png"], workplace / "c.safetensors"
    )
    assert call(*PREDICT, "c.safetensors") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:2] == ["faces/1.png", expected[0].name]
    assert f"{100 * expected[0].probability:.1f} %" in lines[1]
    assert call(*PREDICT, "c.safetensors", "--json", "--output", "p.png") == 0
    rows = json.loads(capsys.readouterr().out)["faces"]
    assert [row["image"] for row in rows] == ["faces/1.png", "faces/0.png"]
    assert [row["name"] for row in rows] == [prediction.name for prediction in expected]
    assert list(rows[0]["probabilities"]) == ["neutral", "happiness", "anger"]
    assert rows[1]["probability"] == pytest.approx(expected[1].probability, abs=1e-5)
    with Image.open(workplace / "p.png") as picture:
        assert picture.height > picture.width / 2


def test_many_images_are_taken_by_and_by(call, workplace, capsys, monkeypatch):
    faces = [f"faces/{index}.png" for index in range(5)]
    expected = [p.name for p in tiny_encoder().predict(faces, workplace / "c.safetensors")]
    monkeypatch.setattr("crs_plugin.cli.predict._AT_ONCE", 2)
    monkeypatch.setattr("crs_plugin.cli.predict._MOST_SHOWN", 3)
    command = ("predict", "faces", "--encoder", ".", "--classifier", "c.safetensors", "--json")
    assert call(*command, "--output", "p.png") == 0
    captured = capsys.readouterr()
    assert [row["name"] for row in json.loads(captured.out)["faces"]] == expected
    assert "predictions: done" in captured.err
    assert "with the first 3 images" in captured.err


def test_crop_takes_the_largest_face_and_shows_its_box(call, workplace, capsys):
    pytest.importorskip("cv2")
    write_detector(workplace / "yunet.onnx")
    photo = np.zeros((320, 320, 3), np.uint8)
    photo[160:168, 120:128] = 255
    Image.fromarray(photo).save(workplace / "photo.png")
    Image.new("RGB", (320, 320)).save(workplace / "dark.png")
    command = ("predict", "dark.png", "photo.png", "--encoder", ".", "--classifier")
    crop = ("--crop", "--detector", "yunet.onnx", "--margin", "0.2")
    assert call(*command, "c.safetensors", *crop, "--json", "--output", "p.png") == 0
    captured = capsys.readouterr()
    assert "dark.png: no face is found" in captured.err
    (row,) = json.loads(captured.out)["faces"]
    assert row["image"] == "photo.png"
    with Image.open(workplace / "photo.png") as opened:
        (found,) = FaceDetector(workplace / "yunet.onnx").faces(opened)
        face = aligned(opened, found.landmarks, 0.2)
    np.testing.assert_allclose(row["box"], found.box, rtol=1e-6)
    expected = tiny_encoder().predict(face, workplace / "c.safetensors")[0]
    assert row["probability"] == pytest.approx(expected.probability, abs=1e-5)
    assert call("predict", "dark.png", *command[3:], "c.safetensors", *crop) == 2
    assert "no face is found in any" in capsys.readouterr().err


@pytest.mark.parametrize("options", [("--crop",), ("--detector", "x.onnx"), ("--margin", "0.2")])
def test_crop_needs_a_detector(call, workplace, capsys, options):
    assert call(*PREDICT, "c.safetensors", *options) == 2
    assert "--crop and --detector FILE go together" in capsys.readouterr().err


def test_an_unreadable_image_is_named(call, workplace, capsys):
    (workplace / "faces/0.png").write_bytes(b"no image")
    assert call(*PREDICT, "c.safetensors") == 2
    assert "faces/0.png: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("options", [(), ("--preprocessing",)])
def test_an_export_tells_how_far_it_is_from_the_encoder(call, workplace, capsys, options):
    assert call("export", ".", "--format", "pt2", "--output", "e.pt2", *options) == 0
    printed = capsys.readouterr().out
    assert ("takes uint8 images" in printed) == bool(options)
    assert "gives features [batch, 6]" in printed
    assert "differs from the encoder by at most " in printed
    assert "wrote e.pt2" in printed
    assert (workplace / "e.pt2").is_file()


def test_an_onnx_export_serves_the_other_commands(call, workplace, capsys):
    assert call("export", ".", "--format", "onnx", "--output", "e.onnx") == 0
    predict = ("predict", "faces", "--encoder", "e.onnx", "--classifier", "c.safetensors")
    assert call(*predict) == 0
    assert call("export", "e.onnx", "--format", "onnx", "--output", "f.onnx") == 2
    assert "is an export already" in capsys.readouterr().err


def test_a_checkpoint_becomes_an_encoder(call, workplace, capsys):
    torch.manual_seed(0)
    state = build_backbone("resnet18", small_input_stem=True).state_dict()
    model = {f"module.encoder.{name}": x for name, x in state.items()}
    torch.save({"model": model | {"module.head.weight": torch.zeros(1)}}, workplace / "c.pth")
    options = ("--input-size", "48", "--small-input-stem", "--bgr")
    assert call("import", "c.pth", "--output", "e.safetensors", *options) == 0
    printed = capsys.readouterr().out
    assert "c.pth: a resnet18 under module.encoder., 512 features" in printed
    assert "left out, as no part of the encoder: module.head.weight" in printed
    assert "48 px, RGB (turned round from BGR)" in printed
    opened = open_encoder(workplace / "e.safetensors")
    assert torch.equal(opened.backbone.conv1.weight.cpu(), state["conv1.weight"].flip(1))
