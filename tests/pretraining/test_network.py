import os
import signal

import pytest
import torch
from small_run import NoisyViews, small_module, small_run, small_settings
from torch import nn

from crs_plugin import compiling
from crs_plugin.pretraining.network import network_outputs


def backbone() -> nn.Module:
    """Without dropout, whose draws differ in a compiled network."""
    torch.manual_seed(2)
    return nn.Sequential(nn.Conv2d(3, 6, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(54, 12))


def test_a_network_without_heads_gives_features_alone():
    network = backbone()
    images = torch.rand(4, 3, 8, 8)
    outputs = network_outputs(images, network, None, None, None)
    assert torch.equal(outputs.features, network(images))
    assert outputs[1:] == (None,) * 4


def test_a_run_compiles_its_network_if_told_to(tmp_path, monkeypatch):
    compiled = []
    monkeypatch.setattr(torch, "compile", lambda f, **_: compiled.append(f) or f)
    for compile in (True, False, "auto"):
        small_run(tmp_path, settings=small_settings(compile=compile, max_steps=2))
    assert compiled == [network_outputs]


def test_what_cannot_be_compiled_is_shown_once_and_trains_as_ever(tmp_path, monkeypatch, capsys):
    from rich.console import Console

    def refuse(*_, **__):
        raise RuntimeError("no compiler")

    _, expected = small_run(tmp_path / "a", settings=small_settings(compile=False))
    monkeypatch.setattr(torch, "compile", refuse)
    compiling._say.cache_clear()
    settings = small_settings(compile=True)
    _, module = small_run(tmp_path / "b", settings=settings, console=Console())
    said = "the network cannot be compiled here and runs uncompiled: no compiler"
    assert capsys.readouterr().out.count(said) == 1
    assert [*module.state_dict()] == [*expected.state_dict()]
    for name, value in expected.state_dict().items():
        assert torch.equal(module.state_dict()[name], value)


@pytest.mark.slow
def test_a_compiled_run_equals_the_other_and_is_resumed_to_the_bit(tmp_path, monkeypatch):
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR", raising=False)
    monkeypatch.setenv("CRS_CACHE", str(tmp_path / "cache"))
    stop_at: set[int] = set()

    def before_step(seen: int) -> None:
        if seen in stop_at:
            os.kill(os.getpid(), signal.SIGINT)

    def run(name: str, compile: bool, resume: bool = False) -> dict[str, torch.Tensor]:
        module = small_module(NoisyViews(before_step), backbone=backbone())
        settings = small_settings(compile=compile)
        return small_run(tmp_path / name, module, resume, settings)[1].state_dict()

    uncompiled, compiled = run("uncompiled", False), run("compiled", True)
    stop_at.add(4)
    run("stopped", True)
    stop_at.clear()
    resumed = run("stopped", True, resume=True)
    assert [*uncompiled] == [*compiled] == [*resumed]
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"].startswith(str(tmp_path / "cache" / "kernels"))
    for name, value in compiled.items():
        assert torch.allclose(uncompiled[name], value, rtol=1e-3, atol=1e-3)
        assert torch.equal(resumed[name], value)
