"""Sharing a network out: by blocks, with every optimizer, losses with parameters of their own."""

from functools import partial
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from launched import launched, next_run
from small_run import small_data, small_module, small_run, small_settings
from torch import nn
from torchvision.models import resnet18

from crs_plugin.losses import CRSContLoss
from crs_plugin.pretraining.module import PretrainingModule
from crs_plugin.pretraining.objective import Objective, Term
from crs_plugin.pretraining.optimizers.adamw import adamw
from crs_plugin.pretraining.optimizers.lars import lars
from crs_plugin.pretraining.optimizers.sgd import sgd
from crs_plugin.pretraining.sharding import blocks

OPTIMIZERS = {
    "sgd": partial(sgd, lr=0.02),
    "adamw": partial(adamw, lr=0.01),
    "lars": partial(lars, lr=0.1),
}


class Proxies(nn.Module):
    """A loss with parameters of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.proxies = nn.Parameter(torch.linspace(-1, 1, 20).view(4, 5))

    def forward(self, embeddings: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(embeddings @ self.proxies.T, labels)


def module(optimizer: str) -> PretrainingModule:
    terms = [Term("crs_cont", 1.0, CRSContLoss()), Term("proxies", 0.5, Proxies())]
    # Without batch normalisation no gradient is zero but for rounding, which Adam would blow up.
    stage = nn.Sequential(nn.Sequential(nn.Conv2d(3, 6, 3, stride=2)))  # a block in a block
    parts = {
        "backbone": nn.Sequential(stage, nn.Flatten(), nn.Linear(54, 12)),
        "projection": nn.Linear(12, 5),
        "coarse": None,
    }
    made: PretrainingModule = small_module(
        **parts, objective=Objective(terms), optimizer=OPTIMIZERS[optimizer]
    )
    return made.to(memory_format=torch.channels_last)


def state_after_training(
    rank: int, folder: Path, strategy: str, precision: str = "32-true"
) -> dict[str, dict[str, torch.Tensor]]:
    found = {}
    for optimizer in OPTIMIZERS:
        next_run()
        made = module(optimizer)
        settings = small_settings(devices=2, strategy=strategy, precision=precision)
        small_run(folder / optimizer, made, settings=settings, **small_data())
        found[optimizer] = dict(made.state_dict())
    return found


# A last bit that falls otherwise from run to run can turn a rounding to bfloat16.
@pytest.mark.parametrize(("precision", "atol"), [("32-true", 1e-5), ("bf16-mixed", 2e-4)])
def test_shared_out_or_whole_the_network_becomes_the_same(tmp_path, precision, atol):
    states = {}
    for strategy in ("ddp", "fsdp"):
        (tmp_path / strategy).mkdir()
        work = partial(state_after_training, strategy=strategy, precision=precision)
        codes, found = launched(2, work, tmp_path / strategy)
        assert codes == [0, 0]
        states[strategy] = found[0]
    for optimizer, state in states["fsdp"].items():
        assert state.keys() == states["ddp"][optimizer].keys()
        before = module(optimizer).state_dict()
        for name, value in state.items():
            torch.testing.assert_close(value, states["ddp"][optimizer][name], atol=atol, rtol=1e-4)
            if name.endswith(("weight", "proxies")):
                assert not torch.equal(value, before[name]), name


def test_a_resnet_is_shared_out_by_its_residual_blocks():
    network = resnet18()
    assert list(blocks(network)) == [
        block for layer in (1, 2, 3, 4) for block in getattr(network, f"layer{layer}")
    ]
