"""``crs evaluate``: encoders that exist, on data that exist."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.models.build_backbone import build_backbone
from crs_plugin.models.encoder import Encoder, EncoderInfo
from crs_plugin.recipe import load_recipe

IMAGES = "size: 24, train: 48, test: 24"
DATA = f"synthetic_faces, {IMAGES}"
RECIPE = f"""\
extends: crs_cont_resnet18
name: small
data: {{name: image_folder, root: ./nowhere}}
augmentation: {{size: 24}}
evaluation:
  - {{name: linear_probe, title: wild, data: &wild {{name: synthetic_faces, {IMAGES}}},
     regularisation: [0.01]}}
  - {{name: linear_probe, title: coarse, data: *wild, labels: coarse, regularisation: [0.01]}}
references: [{{name: random}}]
"""
SEEN = {
    "data": "faces + others",
    "images": 900,
    "images_in_data": 1000,
    "labels": "4 coarse classes",
    "excluded_expressions": {"fear": 1200},
    "recipe": "tiny",
    "weights_before": "None",
}


def save_encoder(path: Path, seen: dict) -> None:
    torch.manual_seed(0)
    options = {"small_input_stem": False}
    backbone = build_backbone("resnet18", **options)
    info = EncoderInfo("resnet18", options, 24, (0.5,) * 3, (0.2,) * 3, 512, seen=seen)
    Encoder(backbone, info).save(path)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("run") / "encoder.safetensors"
    save_encoder(path, SEEN)
    return str(path)


def report(folder: Path) -> dict:
    return json.loads((folder / "report.json").read_text())


def test_a_recipe_is_evaluated_without_its_pretraining_data(call, encoder, tmp_path, capsys):
    (tmp_path / "small.yaml").write_text(RECIPE)
    run = str(Path(encoder).parent)
    assert call("evaluate", run, "--recipe", "small.yaml", "--output", "out") == 0
    assert "report: out/report.html" in capsys.readouterr().out
    found = report(tmp_path / "out")
    assert [result["title"] for result in found["results"]] == ["wild", "coarse"]
    assert list(found["results"][0]["targets"][0]["scores"]) == ["trained", "random"]
    assert found["outcome"] is None
    assert found["seen"]["data"] == ["faces", "others"]
    assert found["seen"]["weights_before"] is None
    assert found["seen"]["excluded"] == {"fear": 1200}
    assert found["encoder"]["source"] == run
    assert found["encoder"]["known"] == {"recipe": "tiny"}
    assert [data["role"] for data in found["data"]] == ["evaluation"]
    with (tmp_path / "out" / "predictions" / "1.csv").open() as handle:
        assert len(list(csv.DictReader(handle))) == 24
    page = (tmp_path / "out" / "report.html").read_text()
    assert "What was evaluated" in page
    assert "it was pre-trained on <b>faces, others</b>, 900 different images" in page
    assert "Its recipe kept from it</b> all images of <b>fear</b> (1,200)." in page
    assert "Training took" not in page
    assert "72 images" in (tmp_path / "out" / "evaluation.log").read_text()
    assert (tmp_path / "out" / "figures" / "targets.svg").is_file()
    assert f"encoder: {run}" in (tmp_path / "out" / "evaluation.yaml").read_text()

    # It is not touched without being told to, and nothing else is ever removed.
    before = (tmp_path / "out" / "report.json").stat().st_mtime_ns
    assert call("evaluate", run, "--recipe", "small.yaml", "--output", "out") == 2
    assert "--overwrite" in capsys.readouterr().err
    assert (tmp_path / "out" / "report.json").stat().st_mtime_ns == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("")
    again = ("--output", "mine", "--overwrite")
    assert call("evaluate", run, "--recipe", "small.yaml", *again) == 2
    assert "left alone" in capsys.readouterr().err
    assert (tmp_path / "mine" / "notes.txt").is_file()


def test_one_data_set_is_probed_in_the_usual_way(call, encoder, tmp_path):
    options = ("--set", "size=24", "--set", "train=48", "--set", "test=24")
    arguments = ("--data", "synthetic_faces", *options)
    assert call("evaluate", encoder, *arguments) == 0
    (folder,) = (tmp_path / "evaluations").iterdir()
    assert folder.name.endswith("_on_synthetic_faces")
    (result,) = report(folder)["results"]
    assert result["protocol"] == "linear probe"


def test_what_was_told_before_there_was_a_folder_is_in_the_log(call, encoder, tmp_path):
    for index, expression in enumerate(("happy", "sad") * 12):
        folder = tmp_path / "faces" / ("test" if index >= 16 else "train") / expression
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(index).integers(256, size=(24, 24), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    (folder / "broken.png").write_bytes(b"no picture")
    (tmp_path / "faces.yaml").write_text(
        RECIPE.partition("evaluation:")[0].replace("./nowhere", "./faces")
        + "on_bad_image: skip\nreferences: []\nevaluation: [{name: knn, k: [1]}]\n"
    )
    assert call("evaluate", encoder, "--recipe", "faces.yaml", "--output", "out") == 0
    log = (tmp_path / "out" / "evaluation.log").read_text()
    assert "images left out: 1 (all in out/left_out.tsv)" in log


def test_persons_without_a_test_split_are_cross_validated():
    from crs_plugin.runs.evaluating.evaluation_plan import EvaluationPlan

    options = ["domain=lab", "size=24", "train=48", "test=0"]
    plan = EvaluationPlan.of_data("synthetic_faces", None, options)
    assert [spec.name for spec in plan.evaluation] == ["by_subject"]
    assert [spec.name for spec in plan.references] == ["random", "hog"]


def stored_features(folder: Path, encoder: str) -> np.ndarray:
    recipe = load_recipe(folder / "small.yaml")
    context = EvaluationContext(lambda: None, 24)
    source = recipe.evaluation[0].build().source.data
    dataset = context.open(source)
    context = context.with_encoders(Encoder.load(encoder), {})
    return context.features("trained", dataset)


def test_features_from_a_file_give_what_their_encoder_gives(call, encoder, tmp_path):
    (tmp_path / "small.yaml").write_text(RECIPE)
    np.save(tmp_path / "features.npy", stored_features(tmp_path, encoder))
    both = ("--recipe", "small.yaml", "--output")
    assert call("evaluate", "features.npy", *both, "stored") == 0
    assert call("evaluate", encoder, *both, "direct") == 0
    stored, direct = (report(tmp_path / name) for name in ("stored", "direct"))
    for of_file, of_encoder in zip(stored["results"], direct["results"], strict=True):
        (one,), (other,) = of_file["targets"], of_encoder["targets"]
        assert one["scores"] == {"trained": other["scores"]["trained"]}
    assert stored["seen"] is None
    assert "nothing says whether their order is" in stored["encoder"]["known"]["note"]
    page = (tmp_path / "stored" / "report.html").read_text()
    assert "Nothing tells which images it has seen" in page
    assert "No random encoder stands beside it" in page

    np.save(tmp_path / "features.npy", stored_features(tmp_path, encoder)[1:])
    assert call("evaluate", "features.npy", *both, "wrong") == 2
    assert not (tmp_path / "wrong").exists()


def with_second(instead: str) -> str:
    first, _, _ = RECIPE.partition("  - {name: linear_probe, title: coarse")
    plugin = f"  - {{name: {instead}}}\nreferences: []\nplugins: [./{instead}.py]\n"
    return first + plugin


PLUGIN = """\
from crs_plugin import register
from crs_plugin.errors import InputError
@register("evaluation", "{name}")
class Second:
    "Does not come to its end."
    def __call__(self, context, /):
        raise {raised}
"""


@pytest.mark.parametrize(
    ("name", "raised", "code", "why"),
    [
        ("failing", "InputError('no luck')", 2, "failing was not evaluated: no luck."),
        ("slow", "KeyboardInterrupt", 130, "slow was not evaluated: somebody interrupted it."),
    ],
)
def test_what_was_finished_is_kept(call, encoder, tmp_path, capsys, name, raised, code, why):
    (tmp_path / f"{name}.py").write_text(PLUGIN.format(name=name, raised=raised))
    (tmp_path / "small.yaml").write_text(with_second(name))
    assert call("evaluate", encoder, "--recipe", "small.yaml", "--output", "out") == code
    captured = capsys.readouterr()
    assert why in captured.out + captured.err
    assert "Traceback" not in captured.err
    found = report(tmp_path / "out")
    assert [result["title"] for result in found["results"]] == ["wild"]
    assert found["missing"] == [why]
    assert why in (tmp_path / "out" / "report.html").read_text()
    assert (captured.out + captured.err).count(why) == 1
    assert ("interrupted; the same command with --overwrite" in captured.out) == (code == 130)


def test_an_evaluation_that_came_to_nothing_is_not_in_the_way(call, encoder, tmp_path, capsys):
    (tmp_path / "never.py").write_text(PLUGIN.format(name="never", raised="KeyboardInterrupt"))
    head, _, _ = RECIPE.partition("evaluation:")
    nothing = "evaluation: [{name: never}]\nplugins: [./never.py]\n"
    (tmp_path / "nothing.yaml").write_text(
        head.replace("image_folder, root: ./nowhere", DATA) + nothing
    )
    command = ("evaluate", encoder, "--recipe", "nothing.yaml", "--output", "out")
    assert call(*command) == 130
    assert "interrupted; the same command evaluates anew" in capsys.readouterr().out
    assert not (tmp_path / "out" / "report.html").exists()
    assert call(*command) == 130


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing.safetensors", "--recipe", "small.yaml"), "nothing.safetensors"),
        (("nothing.npy", "--recipe", "small.yaml"), "no file of features nothing.npy"),
        (("ENCODER",), "--recipe FILE_OR_NAME or --data NAME"),
        (("ENCODER", "--recipe", "small.yaml", "--data", "ferplus"), "one of them"),
        (("ENCODER", "--recipe", "small.yaml", "--root", "x"), "--set data.root=x"),
        (("ENCODER", "--data", "ferpuls"), "did you mean 'ferplus'"),
        (("ENCODER", "--data", "ferplus", "--root", "nowhere"), "nowhere"),
        (("ENCODER", "--data", "synthetic_faces", "--set", "sise=3"), "did you mean 'size'"),
        (("ENCODER", "--recipe", "small.yaml", "--set", "evaluation=[]"), "nothing to do"),
        (
            ("ENCODER", "--recipe", "small.yaml", "--set", "evaluation.0.data.test=0"),
            "labelled images in split 'test'",
        ),
    ],
)
def test_bad_input_is_one_message_and_writes_nothing(
    call, encoder, tmp_path, capsys, arguments, said
):
    (tmp_path / "small.yaml").write_text(RECIPE)
    assert call("evaluate", *(encoder if a == "ENCODER" else a for a in arguments)) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert "Traceback" not in printed
    assert not (tmp_path / "evaluations").exists()


def test_what_trains_is_not_imported(encoder, tmp_path):
    options = ("--set", "size=24", "--set", "train=48", "--set", "test=24")
    command = ["evaluate", encoder, "--data", "synthetic_faces", *options, "--output"]
    command.append(str(tmp_path / "out"))
    code = f"""
import sys
from crs_plugin.cli.main import crs
crs.main({command!r}, standalone_mode=False)
print("pytorch_lightning" in sys.modules)
"""
    python = [sys.executable, "-c", code]
    found = subprocess.run(python, capture_output=True, text=True, check=True)
    assert found.stdout.endswith("report.html\nFalse\n")
