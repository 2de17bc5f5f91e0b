"""Several real processes train as one does; if one of them is lost, all stop."""

import json
import os
import shutil
import signal
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from launched import environment, launched, next_run
from small_run import NoisyViews, small_data, small_module, small_run, small_settings
from torch import nn

from crs_plugin.errors import InputError
from crs_plugin.losses import CoarseCrossEntropy, CRSContLoss, FineCrossEntropy, PredictionNTXent
from crs_plugin.pretraining import training
from crs_plugin.pretraining.checkpoint_files import damage
from crs_plugin.pretraining.metrics import MetricsRow
from crs_plugin.pretraining.module import DivergenceError, PretrainingModule
from crs_plugin.pretraining.objective import Objective, Term
from crs_plugin.pretraining.optimizers.sgd import sgd
from crs_plugin.pretraining.processes import LostProcessError

STEPS = 12
CHECKPOINT = Path("checkpoints", "last.ckpt")


class StillViews(nn.Module):
    """An image and its mirror image: nothing is drawn."""

    size = 8

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        floats = images.float().div(255).expand(-1, 3, -1, -1)
        return floats, floats.flip(-1)


def module(
    augmentation: nn.Module, *, batch_norm: bool = False, broken: bool = False
) -> PretrainingModule:
    """All terms of the package, under a network whose rows know nothing of one another."""
    torch.manual_seed(0)
    parts = {
        "backbone": nn.Sequential(
            nn.Conv2d(3, 6, 3, stride=2),
            nn.BatchNorm2d(6) if batch_norm else nn.Identity(),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(54, 12),
        ),
        "projection": nn.Linear(12, 5),
        "fine": nn.Linear(12, 4),
        "optimizer": lambda groups: sgd(groups, lr=0.02),
        "objective": Objective(
            [
                Term("crs_cont", 1.0, CRSContLoss(class_weights=torch.tensor([1.0, 0.5, 1, 1]))),
                Term("coarse", 0.5, CoarseCrossEntropy()),
                Term("agreement", 0.1, PredictionNTXent()),
                Term("fine", float("inf") if broken else 0.2, FineCrossEntropy()),
            ]
        ),
    }
    made: PretrainingModule = small_module(augmentation, **parts)
    return made


def data() -> dict[str, torch.Tensor]:
    """Some images have no label, so that processes have different numbers of them with one."""
    made = small_data()
    made["coarse"] = torch.where(torch.arange(52) % 5 == 0, -1, made["coarse"])
    made["fine"] = torch.where(torch.arange(52) % 3 == 0, -1, made["fine"])
    return made


def parameters(trained: nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in trained.parameters()])


def rows(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def trained(folder: Path, batch_norm: bool = False, **settings: Any) -> torch.Tensor:
    made = module(StillViews(), batch_norm=batch_norm)
    small_run(folder, made, settings=small_settings(**settings), **data())
    return parameters(made)


def whole(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the processes found that have the whole network in the end."""
    return results[:1] if results[0]["strategy"] == "fsdp" else results


def everything(rank: int, folder: Path, devices: int, strategy: str) -> dict[str, Any]:
    """All that happens without anybody being lost, in one go, since starting takes a while."""
    found: dict[str, Any] = {"strategy": strategy}
    shared_by: dict[str, Any] = {"devices": devices, "strategy": strategy}
    found["parameters"] = trained(folder / "still", **shared_by)
    next_run()
    found["batch norm"] = trained(folder / "norm", batch_norm=True, **shared_by)

    next_run()
    settings = small_settings(**shared_by)
    explodes = module(StillViews(), broken=rank == devices - 1)
    with pytest.raises(DivergenceError) as caught:
        small_run(folder / "diverged", explodes, settings=settings, **data())
    found["diverged"] = str(caught.value)

    next_run()
    views = NoisyViews()
    made = module(views)
    small_run(folder / "noisy", made, settings=settings, **data())
    found["seen"] = torch.stack(views.seen)
    found["noisy"] = parameters(made)

    # Only the last process is asked to stop.
    asked = NoisyViews(
        lambda step: (
            os.kill(os.getpid(), signal.SIGTERM) if step == 4 and rank == devices - 1 else None
        )
    )
    next_run()
    outcome, _ = small_run(folder / "stopped", module(asked), settings=settings, **data())
    found["stopped"] = outcome.interrupted, outcome.steps
    if rank == 0:
        shutil.copytree(folder / "stopped", folder / "half")
    next_run()
    made = module(NoisyViews())
    outcome, _ = small_run(folder / "stopped", made, resume=True, settings=settings, **data())
    found["resumed"] = parameters(made)
    found["outcome"] = outcome.interrupted, outcome.steps, outcome.images_seen
    return found


@pytest.fixture(
    scope="module",
    params=[(2, "torchrun", "ddp"), (4, "srun", "ddp"), (2, "torchrun", "fsdp")],
    ids=["2", "4", "2 sharded"],
)
def run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, Path, list[dict[str, Any]]]:
    number, by, strategy = request.param
    folder = tmp_path_factory.mktemp("run")
    work = partial(everything, devices=number, strategy=strategy)
    codes, found = launched(number, work, folder, by)
    assert codes == [0] * number
    return number, folder, found


def test_parameters_are_those_of_one_process(run, tmp_path):
    _, _, results = run
    expected = trained(tmp_path)
    for found in whole(results):
        assert torch.equal(found["parameters"], results[0]["parameters"])
        assert (found["parameters"] - expected).abs().max() <= 1e-6


def test_metrics_are_those_of_one_process(run, tmp_path):
    _, folder, _ = run
    trained(tmp_path)
    found, expected = rows(folder / "still"), rows(tmp_path)
    assert [row["step"] for row in found] == [row["step"] for row in expected]
    for row, one in zip(found, expected, strict=True):
        assert row.keys() == set(MetricsRow.__dataclass_fields__)
        assert row["images_per_second"] > 0
        for name in ("loss", "lr", "embedding_spread", "fine_accuracy", "coarse_accuracy"):
            assert row[name] == pytest.approx(one[name], abs=1e-5), name
        for name, term in one["terms"].items():
            assert row["terms"][name] == pytest.approx(term, abs=1e-5), name


def test_batch_normalisation_makes_another_network_of_it(run, tmp_path):
    _, _, results = run
    expected = trained(tmp_path, batch_norm=True)
    assert torch.equal(results[0]["batch norm"], whole(results)[-1]["batch norm"])
    assert (results[0]["batch norm"] - expected).abs().max() > 1e-3


def test_images_are_shared_out_without_gaps_or_repeats(run, tmp_path):
    number, _, results = run
    views = NoisyViews()
    small_run(tmp_path, module(views), **data())
    shares = torch.stack([found["seen"] for found in results])
    assert shares.shape == (number, STEPS, 8 // number)
    assert torch.equal(shares.transpose(0, 1).flatten(1), torch.stack(views.seen))


def test_draws_differ_between_processes(run, tmp_path):
    _, _, results = run
    noisy = module(NoisyViews())
    small_run(tmp_path, noisy, **data())
    assert torch.equal(results[0]["noisy"], whole(results)[-1]["noisy"])
    assert (results[0]["noisy"] - parameters(noisy)).abs().max() > 1e-4


def test_one_is_asked_and_all_stop_and_go_on_exactly(run):
    number, folder, results = run
    # From four processes on, gradients are summed in another order in the first step of a run.
    near = 0 if number == 2 else 1e-6
    for found in results:
        assert found["stopped"] == (True, 5)
        assert found["outcome"][:2] == (False, STEPS)
    for found in whole(results):
        assert (found["resumed"] - results[0]["noisy"]).abs().max() <= near
    undisturbed, parts = rows(folder / "noisy"), rows(folder / "stopped")
    assert [row["step"] for row in undisturbed] == [row["step"] for row in parts]
    assert undisturbed[-1]["loss"] == pytest.approx(parts[-1]["loss"], abs=10 * near)


def test_one_diverges_and_all_say_so(run):
    _, _, results = run
    assert "training diverged at step 1" in results[0]["diverged"]
    assert len({found["diverged"] for found in results}) == 1


def test_only_the_first_writes(run):
    _, folder, _ = run
    files = sorted(path.name for path in (folder / "still").rglob("*"))
    assert files == ["checkpoints", "last.ckpt", "metrics.jsonl"]


def test_another_number_of_processes_goes_on_with_the_same_images(run, tmp_path, caplog):
    number, folder, results = run
    rest = NoisyViews()
    shutil.copytree(folder / "half", tmp_path / "half")
    outcome, _ = small_run(tmp_path / "half", module(rest), resume=True, **data())
    assert outcome.steps == STEPS
    assert (
        f"was saved by {number} processes and goes on with 1 process: with the same images in the"
        " same order, but other draws of the augmentation" in caplog.text
    )
    shares = torch.stack([found["seen"] for found in results])
    assert torch.equal(torch.stack(rest.seen), shares.transpose(0, 1).flatten(1)[5:])


def lost(rank: int, folder: Path) -> list[tuple[str, float]]:
    """First one does not answer for too long, then one is killed."""

    def wait(step: int) -> None:
        if rank == 1 and step == 3:
            time.sleep(6)

    def kill(step: int) -> None:
        if rank == 1 and step == 7:
            os.kill(os.getpid(), signal.SIGKILL)

    found = []
    settings = small_settings(devices=3, batch_size=9, checkpoint_every=3, epochs=3)
    for name, act, patience in (("stuck", wait, 3), ("killed", kill, 600)):
        next_run()
        training.PATIENCE = timedelta(seconds=patience)  # type: ignore[misc]
        began = time.monotonic()
        with pytest.raises(LostProcessError) as caught:
            small_run(folder / name, module(NoisyViews(act)), settings=settings, **data())
        found.append((str(caught.value), time.monotonic() - began))
    return found


@pytest.mark.slow
def test_one_is_stuck_or_killed_and_the_others_stop_with_a_message(tmp_path):
    codes, found = launched(3, lost, tmp_path)
    assert codes == [0, -signal.SIGKILL, 0]
    for message, seconds in (*found[0], *found[2]):
        assert "another process of this run has ended, or has not answered" in message
        assert "--resume" in message
        assert seconds < 30
    assert damage(tmp_path / "killed" / CHECKPOINT) is None
    rest = NoisyViews()
    settings = small_settings(batch_size=9, epochs=3)
    outcome, _ = small_run(
        tmp_path / "killed", module(rest), resume=True, settings=settings, **data()
    )
    assert outcome.steps == outcome.total_steps
    assert len(rest.seen) == outcome.steps - 6


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"devices": 2}, "training.devices wants 2 processes, but 1 train"),
        ({"num_nodes": 2}, "several machines need torchrun or srun, such as torchrun --nnodes 2"),
        ({"sync_batchnorm": True}, "on GPUs only"),
    ],
)
def test_settings_that_do_not_fit(changed, message, tmp_path):
    with pytest.raises(InputError, match=message):
        small_run(tmp_path / "run", settings=small_settings(**changed))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("by", ["torchrun", "srun"])
def test_as_many_as_were_started(by, tmp_path, monkeypatch):
    for name, value in environment(1, 3, 29500, by).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=f"{by} started 3 processes, but training.devices is 1"):
        small_run(tmp_path / "run")
