"""The main job as a user runs it: one command from a recipe to a report."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

import crs_plugin
from crs_plugin.models.encoder import Encoder

SMALL = """\
extends: crs_cont_resnet18
name: small
data: {name: synthetic_faces, domain: wild, size: 32, train: 96, test: 48}
augmentation: {size: 32}
training: {epochs: 2, batch_size: 16, log_every: 2, threads: 1}
evaluation:
  - name: linear_probe
    title: wild
    regularisation: [0.01]
"""
STEPS = 12


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory):
    before = os.environ.get("CRS_CACHE")
    os.environ["CRS_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["CRS_CACHE"]
    else:
        os.environ["CRS_CACHE"] = before


def written(tmp_path: Path, text: str = SMALL) -> str:
    (tmp_path / "small.yaml").write_text(text)
    return "small.yaml"


def metrics(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_a_run_leaves_everything_that_is_documented(call, tmp_path, capsys):
    assert call("recipe", "run", written(tmp_path)) == 0
    printed = capsys.readouterr().out
    folder = tmp_path / "runs" / "small"
    assert {path.name for path in folder.iterdir()} >= {
        *("recipe.yaml", "environment.json", "train.log", "metrics.jsonl", "checkpoints"),
        *("encoder.safetensors", "report.json", "report.html", "figures"),
    }
    assert (folder / "checkpoints" / "last.ckpt").is_file()
    assert [row["step"] for row in metrics(folder)] == [1, 2, 4, 6, 8, 10, 12]
    assert "96 images" in printed
    assert "12 steps" in printed
    assert "report: runs/small/report.html" in printed
    assert "warning" not in printed.lower().replace("warnings", "")

    report = json.loads((folder / "report.json").read_text())
    assert report["version"] == 2
    (result,) = report["results"]
    (target,) = result["targets"]
    assert {name: scores["n"] for name, scores in target["scores"].items()} == {
        "trained": 48,
        "random": 48,
        "hog": 48,
    }
    predictions = (folder / "predictions" / "1.csv").read_text().splitlines()
    assert predictions[0] == "image,subject,truth,trained,random,hog"
    assert len(predictions) == 49

    encoder = crs_plugin.Encoder.load(folder / "encoder.safetensors")
    features = encoder.embed(torch.zeros(3, 1, 20, 30, dtype=torch.uint8))
    assert features.shape == (3, 512)
    assert encoder.info.seen["recipe"] == "small"
    assert encoder.info.seen["images"] == encoder.info.seen["images_in_data"] == 96

    # The same recipe, seed and machine: the same numbers; also from the resolved recipe.
    assert call("recipe", "run", str(folder / "recipe.yaml"), "--output", "again") == 0
    again = tmp_path / "again"
    assert same_weights(folder / "encoder.safetensors", again / "encoder.safetensors")
    without_clock = [
        [{**row, "images_per_second": 0} for row in metrics(run)] for run in (folder, again)
    ]
    assert without_clock[0] == without_clock[1]
    repeated = json.loads((again / "report.json").read_text())["results"]
    assert repeated == report["results"]

    # A finished run is not touched without being told to.
    capsys.readouterr()
    assert call("recipe", "run", "small.yaml") == 2
    assert "--overwrite" in capsys.readouterr().err
    assert call("recipe", "run", "small.yaml", "--resume") == 0
    assert "finished" in capsys.readouterr().out


def test_an_expression_is_kept_from_pretraining_and_told_apart_afterwards(call, tmp_path, capsys):
    changes = (
        *("exclude_expressions=[afraid]", "training.max_steps=2"),
        "evaluation=[{name: unseen_expressions, regularisation: [0.1]}, {name: geometry}]",
    )
    options = [word for change in changes for word in ("--set", change)]
    assert call("recipe", "run", written(tmp_path), *options) == 0
    kept = [line for line in capsys.readouterr().out.splitlines() if "images of fear" in line]
    assert kept[0].startswith("kept out of pre-training: ")
    folder = tmp_path / "runs" / "small"
    seen = Encoder.load(folder / "encoder.safetensors").info.seen
    excluded = seen["excluded_expressions"]["fear"]
    assert excluded > 0
    assert seen["images_in_data"] == 96 - excluded
    assert "fear" not in seen["expressions"]
    report = json.loads((folder / "report.json").read_text())
    assert report["seen"]["excluded"] == {"fear": excluded}
    unseen = report["results"][0]
    assert unseen["title"] == "synthetic_faces (wild, basic), fear unseen"
    assert unseen["measures"][0]["name"] == "Recall of fear"
    assert set(unseen["measures"][0]["values"]) == {"trained", "random", "hog"}
    assert (folder / "figures" / "synthetic_faces_wild_basic_fear_unseen_recalls.svg").is_file()
    page = (folder / "report.html").read_text()
    assert "kept from it</b> all images of <b>fear</b>" in page
    assert "Pre-training never showed images labelled fear." in page


def test_a_run_that_ends_early_says_how_few_images_it_saw(call, tmp_path):
    changes = ("--set", "training.max_steps=2", "--set", "evaluation=[]")
    assert call("recipe", "run", written(tmp_path), *changes) == 0
    folder = tmp_path / "runs" / "small"
    expected = {"images": 32, "images_in_data": 96}
    seen = Encoder.load(folder / "encoder.safetensors").info.seen
    assert {**seen, **expected, "steps": 2, "batch_size": 16, "epochs": 0.33} == seen
    report = json.loads((folder / "report.json").read_text())
    assert {**report["seen"], **expected} == report["seen"]
    assert report["outcome"]["epochs"] == 0.33
    assert "Only 32 of the 96 images were ever shown" in (folder / "report.html").read_text()


def test_class_weights_that_go_by_counts_and_epochs_are_told(call, tmp_path, capsys):
    after = "{name: inverse_frequency, power: 0.5}"
    weights = f"{{name: schedule, before: {{}}, after: {after}, to_epoch: 1}}"
    changes = (f"objective.0.class_weights={weights}", "evaluation=[]")
    changes += ("training.batch_size=48", "data.train=96", "training.log_every=100")
    options = [option for change in changes for option in ("--set", change)]
    assert call("recipe", "run", written(tmp_path), *options) == 0
    folder = tmp_path / "runs" / "small"
    used = json.loads((folder / "report.json").read_text())["class_weights"]["crs_cont"]
    assert set(used["first"].values()) == {1}
    assert "coarse classes: positive 16, negative 50" in capsys.readouterr().out
    assert used["last"]["positive"] / used["last"]["negative"] == pytest.approx((50 / 16) ** 0.5)
    assert [row["class_weights"]["crs_cont"] for row in metrics(folder)] == [
        *(used["first"], used["last"], used["last"])
    ]
    assert "at the first → at the last step" in (folder / "report.html").read_text()


def same_weights(one: Path, other: Path) -> bool:
    states = [Encoder.load(path).state_dict() for path in (one, other)]
    return all(torch.equal(states[0][key], states[1][key]) for key in states[0])


@pytest.mark.slow
def test_ctrl_c_saves_and_the_printed_command_continues_exactly(call, tmp_path, capsys):
    recipe = written(tmp_path)
    assert call("recipe", "run", recipe, "--output", "undisturbed") == 0

    command = [sys.executable, "-c", "from crs_plugin.cli.main import main; main()"]
    run = subprocess.Popen(
        [*command, "recipe", "run", recipe, "--output", "stopped"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(crs_plugin.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    file = tmp_path / "stopped" / "metrics.jsonl"
    deadline = time.monotonic() + 120
    while (not file.exists() or len(file.read_text().splitlines()) < 2) and run.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    printed, _ = run.communicate(timeout=120)
    assert run.returncode == 130, printed
    assert "Traceback" not in printed
    assert not (tmp_path / "stopped" / "report.html").exists()

    said = re.search(r"^  crs (recipe run .* --resume)$", printed, re.MULTILINE)
    assert said, printed
    assert call(*said.group(1).split()) == 0
    assert same_weights(
        tmp_path / "undisturbed" / "encoder.safetensors",
        tmp_path / "stopped" / "encoder.safetensors",
    )
    assert [row["step"] for row in metrics(tmp_path / "stopped")] == [1, 2, 4, 6, 8, 10, 12]


def test_a_second_run_reads_no_image_and_draws_none(call, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))
    image_tree(tmp_path / "faces")
    recipe = written(tmp_path, folder_recipe("./faces"))
    short = ("--set", "training.max_steps=1", "--set", "evaluation=[]")
    assert call("recipe", "run", recipe, *short) == 0
    assert "images: faces, 32 of 40 px: 32 read into the cache in" in capsys.readouterr().out
    shown = "crs_plugin.runs.reporting.contact_sheet"
    monkeypatch.setattr(shown, lambda *_, **__: None)  # which reads eighty for the report
    monkeypatch.setattr("crs_plugin.data.images.FileImages.read", None)
    monkeypatch.setattr("crs_plugin.runs.reporting.embedding_sample", lambda *_: None)
    assert call("recipe", "run", recipe, *short, "--output", "again") == 0
    printed = capsys.readouterr().out
    assert "images: faces, 32 of 40 px: reused from the cache" in printed
    assert "reused from the cache" in (tmp_path / "again" / "train.log").read_text()
    assert same_weights(
        tmp_path / "runs" / "small" / "encoder.safetensors",
        tmp_path / "again" / "encoder.safetensors",
    )


def test_streaming_trains_what_the_cache_trains(call, tmp_path, capsys, monkeypatch):
    image_tree(tmp_path / "faces")
    recipe = written(tmp_path, folder_recipe("./faces"))
    short = ("--set", "training.max_steps=2", "--set", "training.batch_size=8")
    assert call("recipe", "run", recipe, *short, "--output", "cached") == 0
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CRS_CACHE_LIMIT", "1k")
    monkeypatch.setattr("crs_plugin.data.decoding.half_of_memory", lambda: 1000)
    shown = "crs_plugin.runs.reporting.contact_sheet"
    monkeypatch.setattr(shown, lambda *_, **__: None)  # for which there is no memory either
    assert call("recipe", "run", recipe, *short, "--output", "streamed") == 0
    printed = capsys.readouterr().out
    assert "streamed from their files by" in printed
    assert "more than the 1.0 kB that the cache may take (CRS_CACHE_LIMIT)" in printed
    runs = [tmp_path / name for name in ("cached", "streamed")]
    assert same_weights(*(run / "encoder.safetensors" for run in runs))
    results = [json.loads((run / "report.json").read_text())["results"] for run in runs]
    assert results[0] == results[1]


def test_bad_images_are_left_out_of_everything_if_the_recipe_says_so(call, tmp_path, capsys):
    image_tree(tmp_path / "faces")
    for bad in ("train/sad/3.png", "train/happy/0.png", "test/sad/1.png"):
        (tmp_path / "faces" / bad).write_bytes(b"broken")
    recipe = written(tmp_path, folder_recipe("./faces") + "on_bad_image: skip\n")
    short = ("--set", "training.max_steps=1", "--set", "training.batch_size=8")
    assert call("recipe", "validate", recipe, "--data") == 0
    assert "3 images cannot be read and would be left out" in capsys.readouterr().out
    assert call("recipe", "run", recipe, *short) == 0
    printed = capsys.readouterr().out
    folder = tmp_path / "runs" / "small"
    listed = (folder / "left_out.tsv").read_text().splitlines()
    assert len(listed) == 3
    assert any("train/sad/3.png\tcannot be read: cannot identify image file" in x for x in listed)
    assert "left out: 3 (cannot be read)" in printed
    assert "data: faces, 22 images" in printed
    assert "train/sad/3.png" in (folder / "train.log").read_text()
    report = json.loads((folder / "report.json").read_text())
    (result,) = report["results"]
    assert result["targets"][0]["scores"]["trained"]["n"] == 7
    assert "cannot be read" in (folder / "report.html").read_text()
    assert "on_bad_image: skip" in (folder / "recipe.yaml").read_text()


def test_bad_images_are_all_listed_before_anything_is_trained(call, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))
    image_tree(tmp_path / "faces")
    names = [f"{split}/sad/{n}.png" for split, n in (("train", 3), ("train", 5), ("test", 0))]
    for name in names:
        (tmp_path / "faces" / name).write_bytes(b"")
    recipe = written(tmp_path, folder_recipe("./faces"))
    assert call("recipe", "run", recipe) == 2
    said = capsys.readouterr().err
    assert "3 images cannot be used" in said
    assert all(name in said for name in names)
    (path,) = (line.split()[-1] for line in said.splitlines() if "all are listed in" in line)
    assert all(name in Path(path).read_text() for name in names)
    assert not (tmp_path / "runs").exists()


def test_a_component_from_a_file_outside_the_package_is_used(call, tmp_path):
    (tmp_path / "my_loss.py").write_text(
        "import torch\n"
        "from crs_plugin import register\n"
        "@register('loss', 'pull_to_one')\n"
        "class PullToOne(torch.nn.Module):\n"
        "    'Pulls the first feature of every image to a value.'\n"
        "    def __init__(self, *, value: float = 1.0):\n"
        "        super().__init__()\n"
        "        self.value = value\n"
        "    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:\n"
        "        return (embeddings[:, 0] - self.value).square().mean()\n"
    )
    text = SMALL + "plugins: [./my_loss.py]\n" + "heads: {coarse: null}\n"
    text += "objective: [{name: pull_to_one, weight: 2.0, value: 0.5}]\n"
    assert call("recipe", "run", written(tmp_path, text), "--set", "evaluation=[]") == 0
    assert set(metrics(tmp_path / "runs" / "small")[0]["terms"]) == {"pull_to_one"}


def test_a_typo_in_the_recipe_names_its_line(call, tmp_path, capsys):
    text = SMALL.replace("batch_size", "batchsize")
    assert call("recipe", "run", written(tmp_path, text)) == 2
    said = capsys.readouterr().err
    assert "small.yaml:5:" in said
    assert "batch_size" in said
    assert not (tmp_path / "runs").exists()


def folder_recipe(root: str) -> str:
    return SMALL.replace(
        "{name: synthetic_faces, domain: wild, size: 32, train: 96, test: 48}",
        f"{{name: image_folder, root: {root}}}",
    )


def image_tree(root: Path) -> None:
    from PIL import Image

    for split, number in (("train", 12), ("test", 4)):
        for name, grey in (("happy", 200), ("sad", 60)):
            for index in range(number):
                path = root / split / name / f"{index}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.new("L", (32, 32), grey + index).save(path)


def test_a_missing_data_folder(call, tmp_path, capsys):
    assert call("recipe", "run", written(tmp_path, folder_recipe("./nowhere"))) == 2
    assert "nowhere" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_an_empty_class(call, tmp_path, capsys):
    image_tree(tmp_path / "faces")
    (tmp_path / "faces" / "train" / "fear").mkdir()
    assert call("recipe", "run", written(tmp_path, folder_recipe("./faces"))) == 2
    assert "fear" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("command", [["run"], ["validate", "--data"]])
def test_a_corrupt_image(split, command, call, tmp_path, capsys):
    image_tree(tmp_path / "faces")
    (tmp_path / "faces" / split / "sad" / "3.png").write_bytes(b"\x89PNG broken")
    assert call("recipe", *command, written(tmp_path, folder_recipe("./faces"))) == 2
    assert f"{split}/sad/3.png" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "override",
    [
        "training.batch_size=1000",
        pytest.param(
            "training.accelerator=gpu",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU"),
        ),
    ],
)
def test_a_run_that_cannot_be_made_here_leaves_no_folder(override, call, tmp_path, capsys):
    assert call("recipe", "run", written(tmp_path), "--set", override) == 2
    assert override.partition("=")[0] in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_label_that_nobody_knows(call, tmp_path, capsys):
    image_tree(tmp_path / "faces")
    (tmp_path / "faces" / "train" / "sad").rename(tmp_path / "faces" / "train" / "sadnes")
    assert call("recipe", "run", written(tmp_path, folder_recipe("./faces"))) == 2
    said = capsys.readouterr().err
    assert "sadnes" in said
    assert "did you mean 'sadness'" in said


def test_an_output_folder_that_cannot_be_written(call, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    recipe = written(tmp_path)
    assert call("recipe", "run", recipe, "--output", "file/run") == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to read-only folders")
def test_a_read_only_output_folder(call, tmp_path, capsys):
    (tmp_path / "locked").mkdir(mode=0o555)
    assert call("recipe", "run", written(tmp_path), "--output", "locked/run") == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_component_whose_name_is_taken(call, tmp_path, capsys):
    (tmp_path / "clash.py").write_text(
        "from crs_plugin import register\n"
        "@register('loss', 'crs_cont')\n"
        "class Clash:\n    'Another.'\n"
    )
    assert call("recipe", "run", written(tmp_path, SMALL + "plugins: [./clash.py]\n")) == 2
    said = capsys.readouterr().err
    assert "clash.py:2" in said
    assert "crs_cont.py:" in said
    assert not (tmp_path / "runs").exists()
