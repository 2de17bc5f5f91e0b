"""``crs recipe sweep`` and ``crs compare`` as a user runs them."""

import json
import shutil

SMALL = """\
extends: crs_cont_resnet18
name: small
data: {name: synthetic_faces, domain: wild, size: 24, train: 48, test: 24}
augmentation: {size: 24}
training: {epochs: 1, max_steps: 1, batch_size: 16, threads: 1}
evaluation:
  - {name: linear_probe, title: wild, regularisation: [0.01]}
references: []
"""
SWEPT = "objective.0.class_weights.negative=1,.5"


def test_a_sweep_is_run_resumed_and_compared(call, tmp_path, capsys):
    (tmp_path / "small.yaml").write_text(SMALL)
    sweep = ("recipe", "sweep", "small.yaml", "--set", SWEPT)
    assert call(*sweep, "--seeds", "2", "--dry-run") == 0
    listed = capsys.readouterr().out
    assert "sweeps/small/negative=0.5_seed=1: new" in listed
    assert "4 runs; nothing was run" in listed
    assert call("recipe", "sweep", "small.yaml", "--dry-run") == 0
    assert capsys.readouterr().out.endswith("\n1 run; nothing was run\n")
    assert not (tmp_path / "sweeps").exists()

    assert call(*sweep) == 0
    printed = capsys.readouterr().out
    assert "run 2 of 2: negative=0.5_seed=0" in printed
    assert "difference" in printed
    folder = tmp_path / "sweeps" / "small"
    names = ["negative=1_seed=0", "negative=0.5_seed=0"]
    assert "small negative=0.5" in (folder / "compare.html").read_text()

    # What is finished is skipped; what is gone is made again, to the same numbers.
    times = [(folder / name / "encoder.safetensors").stat().st_mtime_ns for name in names]
    before = json.loads((folder / names[1] / "report.json").read_text())["results"]
    shutil.rmtree(folder / names[1])
    assert call(*sweep) == 0
    assert (folder / names[0] / "encoder.safetensors").stat().st_mtime_ns == times[0]
    assert json.loads((folder / names[1] / "report.json").read_text())["results"] == before

    # A run of a sweep is what the recipe gives by itself.
    alone = ("--set", "objective.0.class_weights.negative=.5", "--output", "alone")
    assert call("recipe", "run", "small.yaml", *alone) == 0
    assert json.loads((tmp_path / "alone" / "report.json").read_text())["results"] == before

    runs = [str(folder / name) for name in names]
    capsys.readouterr()
    assert call("compare", *runs, "--json", "--output", "page.html") == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert found["against"] == "small negative=1"
    assert [e["runs"] for e in found["experiments"]] == [[run] for run in runs]
    assert "wrote page.html" in captured.err
    assert call("compare", *runs, "--against", runs[1]) == 0
    assert "small negative=1" in capsys.readouterr().out
    assert call("compare", *runs, str(tmp_path / "alone")) == 2
    assert "same recipe and the same seed" in capsys.readouterr().err


def test_bad_input_of_a_sweep_runs_nothing(call, tmp_path, capsys):
    (tmp_path / "small.yaml").write_text(SMALL)
    sweep = ("recipe", "sweep", "small.yaml")
    for arguments, said in (
        (("--set", "optimizer.lr=0.1,-1"), "optimizer.lr"),
        (("--set", "data.train=48,0"), "split 'train'"),
        (("--slurm", "timeout_min=3"), "--launcher slurm"),
        (("--launcher", "slurm"), "timeout_min=240"),
    ):
        assert call(*sweep, *arguments) == 2
        printed = capsys.readouterr().err
        assert said in printed
        assert "Traceback" not in printed
        assert call("recipe", "sweep", "small.yaml", "--dry-run") == 0
    assert capsys.readouterr().out.endswith("\n1 run; nothing was run\n")
    assert not (tmp_path / "sweeps").exists()


def test_bad_input_of_a_comparison(call, tmp_path, capsys):
    for arguments, said in (
        (("nowhere",), "no run and no evaluation"),
        (("nowhere", "--output", "page.pdf"), ".html"),
        (("nowhere", "--output", "no/page.html"), "no folder no"),
    ):
        assert call("compare", *arguments) == 2
        assert said in capsys.readouterr().err
