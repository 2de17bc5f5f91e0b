"""What a sweep does with its runs; the runs themselves are stood in for."""

import json

import pytest

from crs_plugin.errors import InputError
from crs_plugin.runs.sweeping import sweeping
from crs_plugin.runs.sweeping.sweep import sweep_runs
from crs_plugin.runs.sweeping.sweeping import FINISHED, NEW, STOPPED, run_sweep, states


@pytest.fixture
def runs(valid, small):
    return sweep_runs(valid, ["optimizer.lr=0.1,0.2,0.3"], 1, registry=small)


class Stand:
    """Stands in for ``run_recipe``: writes what it would leave, or does what it is told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.instead: dict[str, object] = {}

    def __call__(self, recipe, folder, *, mode, continue_with):
        self.calls.append((folder.path.name, mode))
        folder.check(recipe, mode)
        folder.path.mkdir(parents=True, exist_ok=True)
        folder.recipe.write_text(recipe.to_yaml())
        instead = self.instead.get(folder.path.name, True)
        if isinstance(instead, BaseException):
            raise instead
        if instead:
            folder.report.write_text("")
            document = {"version": 2, "recipe": recipe.to_yaml(), "missing": [], "results": []}
            (folder.path / "report.json").write_text(json.dumps(document))
        return instead


@pytest.fixture
def stand(monkeypatch):
    stand = Stand()
    monkeypatch.setattr(sweeping, "run_recipe", stand)
    return stand


NAMES = [f"lr={lr}_seed=3" for lr in (0.1, 0.2, 0.3)]


def test_a_failing_run_does_not_lose_the_others(runs, stand, tmp_path, capsys):
    stand.instead = {NAMES[0]: InputError("no such data"), NAMES[1]: RuntimeError("out of luck")}
    folder = tmp_path / "sweep"
    assert run_sweep(runs, folder, continue_with="again") == 1
    assert [name for name, _ in stand.calls] == NAMES
    printed = capsys.readouterr().out
    assert f"failed: {NAMES[0]}: no such data" in printed
    assert f"failed: {NAMES[1]}: RuntimeError: out of luck" in printed
    assert "Traceback" in (folder / f"{NAMES[1]}.failure.txt").read_text()
    assert "1 of 3 runs finished" in printed


def test_an_interrupted_sweep_goes_on_where_it_was(runs, stand, tmp_path, capsys):
    stand.instead = {NAMES[1]: False}
    assert run_sweep(runs, tmp_path, continue_with="again") == 130
    said = "1 of 3 runs finished; the same command goes on\n"
    assert capsys.readouterr().out.endswith(said)
    assert states(runs, tmp_path) == dict(zip(NAMES, (FINISHED, STOPPED, NEW), strict=True))
    stand.calls, stand.instead = [], {}
    assert run_sweep(runs, tmp_path, continue_with="again") == 0
    assert stand.calls == [(NAMES[0], "resume"), (NAMES[1], "resume"), (NAMES[2], "new")]
    assert "3 of 3 runs finished" in capsys.readouterr().out


def test_an_interruption_between_two_runs_is_one_of_the_sweep(runs, stand, tmp_path, capsys):
    stand.instead = {NAMES[2]: KeyboardInterrupt()}
    assert run_sweep(runs, tmp_path, continue_with="again") == 130
    assert "2 of 3 runs finished; the same command goes on" in capsys.readouterr().out


def test_it_is_begun_as_one_process(runs, tmp_path, monkeypatch):
    variables = {"SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match="srun started several processes, but a sweep"):
        run_sweep(runs, tmp_path / "sweep", continue_with="…")
    assert not (tmp_path / "sweep").exists()


def test_a_folder_of_another_recipe_is_refused_before_anything_runs(runs, valid, small, tmp_path):
    (other,) = sweep_runs(valid, ["optimizer.lr=0.2", "optimizer.momentum=0"], 1, registry=small)
    place = tmp_path / NAMES[1]
    place.mkdir()
    (place / "recipe.yaml").write_text(other.recipe.to_yaml())
    with pytest.raises(InputError, match=r"optimizer\.momentum") as caught:
        states(runs, tmp_path)
    assert "--overwrite" not in str(caught.value)
    assert str(caught.value).endswith("Change them back, or name another folder with --output")


def test_a_folder_of_something_else_is_refused(runs, tmp_path):
    (tmp_path / NAMES[1]).mkdir()
    (tmp_path / NAMES[1] / "thesis.txt").touch()
    with pytest.raises(InputError, match="is not empty and holds no run; name another folder"):
        states(runs, tmp_path)


def test_every_combination_is_checked_once_for_all_of_its_seeds(valid, small, monkeypatch):
    checked = []
    for name in ("check_build", "check_data"):
        monkeypatch.setattr(sweeping, name, lambda recipe: checked.append(recipe.seed))
    sweeping.check_sweep(sweep_runs(valid, ["optimizer.lr=0.1,0.2"], 3, registry=small))
    assert checked == [3, 3, 3, 3]


def test_jobs_are_given_to_a_cluster_each_with_its_recipe(runs, monkeypatch, tmp_path, small):
    pytest.importorskip("submitit")
    from crs_plugin.runs.sweeping import slurm_jobs

    done = []
    monkeypatch.setattr(slurm_jobs, "run_alone", lambda recipe, folder: done.append(folder.name))
    monkeypatch.setattr(slurm_jobs, "load_recipe", lambda path: path.read_text())
    jobs = slurm_jobs.submit_jobs(runs, tmp_path, {"timeout_min": 1}, cluster="debug")
    assert [job.result() for job in jobs] == [None] * 3
    assert done == NAMES
    assert (tmp_path / "jobs" / f"{NAMES[2]}.yaml").read_text() == runs[2].recipe.to_yaml()


@pytest.mark.parametrize(
    ("options", "words"),
    [({}, "timeout_min=240"), ({"timeout_min": 5, "gpus": 1}, "--launcher slurm: ")],
)
def test_options_of_jobs_are_checked_before_any_is_submitted(runs, tmp_path, options, words):
    pytest.importorskip("submitit")
    from crs_plugin.runs.sweeping.slurm_jobs import submit_jobs

    with pytest.raises(InputError, match=words):
        submit_jobs(runs, tmp_path, options, cluster="debug")


def test_a_machine_without_slurm_is_told_so(runs, tmp_path, monkeypatch):
    pytest.importorskip("submitit")
    from crs_plugin.runs.sweeping.slurm_jobs import submit_jobs

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"--launcher slurm: .*srun"):
        submit_jobs(runs, tmp_path, {"timeout_min": 5})
