import pytest
import torch
from small_run import small_settings

from crs_plugin.pretraining import precision_here as module
from crs_plugin.pretraining.precision_here import precision_here


@pytest.fixture
def machine(monkeypatch):
    """Pretend a machine: what its GPU (None: there is none) and its CPU can do fast."""

    def pretend(*, gpu: bool | None, cpu: bool) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu is not None)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: gpu)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
        monkeypatch.setattr(module, "cpu_has_fast_bfloat16", lambda: cpu)

    return pretend


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed", "16-mixed"])
def test_what_the_settings_say_holds(machine, precision):
    for fast in (True, False):
        machine(gpu=fast, cpu=fast)
        assert precision_here(small_settings(precision=precision)) == precision


@pytest.mark.parametrize(
    ("gpu", "cpu", "accelerator", "precision"),
    [
        (None, True, "auto", "bf16-mixed"),
        (None, False, "auto", "32-true"),
        (True, False, "auto", "bf16-mixed"),
        (False, True, "gpu", "32-true"),
        (True, False, "cpu", "32-true"),
        (False, True, "cpu", "bf16-mixed"),
    ],
)
def test_auto_is_bfloat16_where_the_device_of_the_run_is_made_for_it(
    machine, gpu, cpu, accelerator, precision
):
    machine(gpu=gpu, cpu=cpu)
    settings = small_settings(precision="auto", accelerator=accelerator)
    assert precision_here(settings) == precision


def test_apples_gpus_compute_in_float32(machine, monkeypatch):
    machine(gpu=None, cpu=True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    settings = small_settings(precision="auto", accelerator="auto")
    assert precision_here(settings) == "32-true"


def test_instructions_of_the_cpu(monkeypatch):
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    for has in ((True, False), (False, True), (False, False)):
        for name, value in zip(names, has, strict=True):
            monkeypatch.setattr(torch.cpu, name, lambda value=value: value, raising=False)
        assert module.cpu_has_fast_bfloat16() is any(has)
