import pytest
import torch
from small_run import small_module, small_run, small_settings
from torch import nn

from crs_plugin.pretraining.weight_decay import optimizer_groups
from crs_plugin.registry import registry

OPTIMIZERS = ("adamw", "lars", "sgd")


def test_all_are_found():
    assert tuple(registry.names("optimizer")) == OPTIMIZERS


@pytest.mark.parametrize("spared", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_norms_and_biases_are_decayed_on_demand(name, spared, tmp_path):
    target = registry.get("optimizer", name).target
    kept = {}

    def factory(groups):
        optimizer = target(groups, lr=0.1, weight_decay=0.5, decay_norm_and_bias=not spared)
        kept["optimizer"] = optimizer
        return optimizer

    _, module = small_run(
        tmp_path, small_module(optimizer=factory), settings=small_settings(max_steps=1)
    )
    decay = {
        id(p): group["weight_decay"]
        for group in kept["optimizer"].param_groups
        for p in group["params"]
    }
    assert len(decay) == len(list(module.parameters()))
    norm_or_bias = {
        id(p)
        for child in module.modules()
        for n, p in child.named_parameters(recurse=False)
        if n == "bias" or isinstance(child, nn.BatchNorm2d)
    }
    assert norm_or_bias
    for key, value in decay.items():
        assert value == (0.0 if spared and key in norm_or_bias else 0.5)


def test_the_released_recipe_decays_everything():
    defaults = {
        n: registry.get("optimizer", n).options()["decay_norm_and_bias"].default for n in OPTIMIZERS
    }
    assert defaults == {"sgd": True, "adamw": False, "lars": False}


def test_groups_that_do_not_say_are_decayed():
    groups = optimizer_groups([{"params": [1]}], decay_norm_and_bias=False)
    assert groups == [{"params": [1]}]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_lowers_a_loss(name):
    weight = nn.Parameter(torch.ones(3))
    optimizer = registry.get("optimizer", name).target([{"params": [weight]}], lr=0.05)
    for _ in range(30):
        optimizer.zero_grad()
        weight.square().sum().backward()
        optimizer.step()
    assert weight.square().sum() < 3


def test_shared_and_frozen_parameters(tmp_path):
    module = small_module()
    module.also_backbone = module.backbone  # the same parameters a second time
    module.backbone[0].weight.requires_grad = False
    before = module.backbone[0].weight.clone()
    small_run(tmp_path, module, settings=small_settings(max_steps=2))
    assert torch.equal(module.backbone[0].weight, before)


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_the_fused_step_is_the_usual_one(name):
    moved = []
    for fused in (True, False):
        torch.manual_seed(0)
        weights = nn.Parameter(torch.randn(50, 30))
        optimizer = registry.get("optimizer", name).target([{"params": [weights]}], lr=0.1)
        assert all(group["fused"] for group in optimizer.param_groups)
        optimizer.param_groups[0]["fused"] = fused
        for _ in range(5):
            weights.grad = torch.randn(50, 30)
            optimizer.step()
        moved.append(weights.detach())
    assert torch.allclose(*moved, rtol=0, atol=2e-6)
