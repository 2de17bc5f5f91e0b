"""The loss of a batch that is spread over processes equals that of one process with all of it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from processes import in_processes
from pytorch_metric_learning.utils.distributed import DistributedLossWrapper
from torch import Tensor, nn
from torch.distributed.fsdp import fully_shard
from torch.multiprocessing.spawn import ProcessExitedException
from torch.nn.parallel import DistributedDataParallel

from crs_plugin.losses import CRSContLoss, crs_cont_loss
from crs_plugin.miners import CoarseLabelMiner

SIZES = (7, 12, 5)
"""Rows of each process."""
LOSSES: dict[str, Callable[[], Any]] = {
    "mean": partial(CRSContLoss, class_weights={"negative": 0.5}),
    "sum": partial(CRSContLoss, reduction="sum"),
    "sharp": partial(CRSContLoss, temperature=0.002, class_weights={"negative": 0.5}),
    "function": lambda: partial(crs_cont_loss, temperature=0.5),
}


def model() -> nn.Module:
    """A network whose rows know nothing of one another."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 4)).double()


def part(rank: int) -> tuple[Tensor, Tensor]:
    """Images and labels of a process; the classes are unevenly spread, some rows unlabelled."""
    generator = torch.Generator().manual_seed(rank)
    x = torch.randn(SIZES[rank], 6, generator=generator, dtype=torch.float64)
    y = torch.randint(-1, 2 + rank, (SIZES[rank],), generator=generator)
    return x, y


def whole(processes: int) -> tuple[Tensor, Tensor]:
    parts = [part(rank) for rank in range(processes)]
    return torch.cat([x for x, _ in parts]), torch.cat([y for _, y in parts])


def gradients(network: nn.Module) -> Tensor:
    return torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])


def trained_on_part(rank: int) -> dict[str, tuple[float, Tensor]]:
    x, y = part(rank)
    found = {}
    for name, loss_fn in LOSSES.items():
        network = DistributedDataParallel(model())
        loss = loss_fn()(network(x), y)
        loss.backward()
        found[name] = (loss.item(), gradients(network))
    return found


@pytest.mark.parametrize("processes", [2, 3])
def test_value_and_gradient_are_those_of_one_process(processes: int, tmp_path: Path) -> None:
    results = in_processes(processes, trained_on_part, tmp_path)
    x, y = whole(processes)
    for name, loss_fn in LOSSES.items():
        network = model()
        loss = loss_fn()(network(x), y)
        loss.backward()
        expected = gradients(network)
        for result in results:
            value, gradient = result[name]
            assert value == pytest.approx(loss.item(), rel=1e-9), name
            assert (gradient - expected).norm() <= 1e-9 * expected.norm(), name


class OneStep(pl.LightningModule):
    """A step of plain gradient descent on the process's part of the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.network = model()

    def training_step(self, batch: Tensor, index: int) -> Tensor:
        x, y = part(self.global_rank)
        loss: Tensor = CRSContLoss()(self.network(x), y)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=1.0)

    def train_dataloader(self) -> list[Tensor]:
        return [torch.zeros(1)]


def test_lightnings_strategy_makes_the_step_of_one_process(tmp_path: Path) -> None:
    module = OneStep()
    before = torch.cat([p.detach().flatten() for p in module.network.parameters()])
    for _ in range(4):  # DDP on gloo now and then aborts a process that has done its work
        try:
            stepped(tmp_path).fit(module)
            break
        except ProcessExitedException as error:
            if error.signal_name != "SIGABRT":
                raise
    after = torch.cat([p.detach().flatten() for p in module.network.parameters()])
    network = model()
    CRSContLoss()(network(whole(2)[0]), whole(2)[1]).backward()
    expected = gradients(network)
    assert (before - after - expected).norm() <= 1e-9 * expected.norm()


def stepped(folder: Path) -> pl.Trainer:
    return pl.Trainer(
        accelerator="cpu",
        devices=2,
        strategy="ddp_spawn",
        max_steps=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        default_root_dir=folder,
    )


def other_ways(rank: int) -> dict[str, Any]:
    """Whatever else happens with two processes, in one go, since starting them takes a while."""
    x, y = part(rank)
    network = model()
    found: dict[str, Any] = {}

    sharded = fully_shard(model(), mesh=torch.distributed.init_device_mesh("cpu", (2,)))
    loss = CRSContLoss()(sharded(x), y)
    loss.backward()
    found["fully sharded"] = torch.cat(
        [p.grad.full_tensor().flatten() for p in sharded.parameters()]  # type: ignore[union-attr]
    )

    miner = CoarseLabelMiner()
    z = network(x)
    found["all pairs"] = CRSContLoss()(z, y, miner(z, y)).item()
    found["own rows"] = CRSContLoss(gather=False)(z, y).item()
    found["some pairs"] = CRSContLoss()(z, y, tuple(miner(z, y))).item()
    found["none"] = CRSContLoss(reduction="none")(z, y).tolist()

    # Wrapped, everything is gathered by the wrapper, which also multiplies by the processes.
    x, y = part(0)[0] + rank, part(0)[1]
    z = network(x)
    found["wrapped"] = DistributedLossWrapper(CRSContLoss(gather=False))(z, y).item()
    found["joined"] = CRSContLoss()(z, y).item()
    found["twice"] = message(lambda: DistributedLossWrapper(CRSContLoss())(z, y))

    found["broken"] = message(lambda: CRSContLoss()(z, y - 5 * rank))
    found["widths"] = message(lambda: CRSContLoss()(z[:, : 4 - rank], y))
    found["after"] = CRSContLoss()(z, y).item()
    if rank == 1:
        z = torch.empty(0, 4, dtype=torch.float64)
        y = torch.empty(0, dtype=torch.long)
    found["empty part"] = CRSContLoss()(z, y).item()
    return found


def message(call: Callable[[], Any]) -> str:
    try:
        call()
    except ValueError as error:
        return str(error)
    return "nothing"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return in_processes(2, other_ways, tmp_path_factory.mktemp("two"))


def test_fully_sharded_training_gets_the_same_gradient(two: list[dict[str, Any]]) -> None:
    network = model()
    CRSContLoss()(network(whole(2)[0]), whole(2)[1]).backward()
    expected = gradients(network)
    for found in two:
        assert (found["fully sharded"] - expected).norm() <= 1e-9 * expected.norm()


def test_all_pairs_of_the_coarse_miner_are_gathered_others_are_not(two: list[Any]) -> None:
    x, y = whole(2)
    for rank, found in enumerate(two):
        own_x, own_y = part(rank)
        own = CRSContLoss()(model()(own_x), own_y).item()
        assert found["all pairs"] == pytest.approx(CRSContLoss()(model()(x), y).item(), rel=1e-9)
        assert found["own rows"] == pytest.approx(own, rel=1e-9)
        assert found["some pairs"] == pytest.approx(own, rel=1e-9)


def test_without_reduction_each_process_has_its_own_rows(two: list[dict[str, Any]]) -> None:
    x, y = whole(2)
    losses = CRSContLoss(reduction="none")(model()(x), y)
    assert two[0]["none"] + two[1]["none"] == pytest.approx(losses.tolist(), rel=1e-9)


def test_inside_the_wrapper_of_pytorch_metric_learning(two: list[dict[str, Any]]) -> None:
    for found in two:
        assert found["wrapped"] == pytest.approx(2 * found["joined"], rel=1e-9)
        assert "DistributedLossWrapper" in found["twice"]
        assert "gather=False" in found["twice"]


def test_a_batch_that_cannot_be_used_stops_all_processes(two: list[dict[str, Any]]) -> None:
    assert "process 1 cannot be used" in two[0]["broken"]
    assert "labels must be ids" in two[1]["broken"]
    assert "4 torch.float64, 3 torch.float64" in two[0]["widths"]
    assert two[0]["widths"] == two[1]["widths"]
    assert two[0]["after"] == two[1]["after"]


def test_a_process_may_have_no_rows(two: list[dict[str, Any]]) -> None:
    x, y = part(0)
    expected = CRSContLoss()(model()(x), y).item()
    assert [found["empty part"] for found in two] == pytest.approx([expected] * 2, rel=1e-9)
