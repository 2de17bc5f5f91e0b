import pytest
import torch
from small_run import NoisyViews, small_settings

from crs_plugin.pretraining.compiling_pays import WORTHWHILE_PIXELS, compiling_pays


class Views(NoisyViews):
    size, views = 100, 4


STEPS = WORTHWHILE_PIXELS // (8 * 4 * 100**2)
"""Of eight images each, four views of 100 px: just enough."""


@pytest.fixture(autouse=True)
def _avx512(monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")


@pytest.mark.parametrize("compile", [True, False])
def test_what_the_settings_say_holds(compile):
    for steps in (1, 10 * STEPS):
        assert compiling_pays(small_settings(compile=compile), Views(), steps) is compile


@pytest.mark.parametrize(("steps", "pays"), [(STEPS, True), (STEPS - 1, False)])
def test_a_run_on_a_cpu_must_be_long(steps, pays):
    assert compiling_pays(small_settings(), Views(), steps) is pays


def test_two_views_are_assumed():
    assert not compiling_pays(small_settings(), NoisyViews(), WORTHWHILE_PIXELS // (8 * 128) - 1)
    assert compiling_pays(small_settings(), NoisyViews(), WORTHWHILE_PIXELS // (8 * 128) + 1)


@pytest.mark.parametrize(("accelerator", "pays"), [("auto", False), ("gpu", False), ("cpu", True)])
def test_on_a_gpu_it_is_not_known_to_pay(accelerator, pays, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert compiling_pays(small_settings(accelerator=accelerator), Views(), STEPS) is pays


def test_it_does_not_pay_in_bfloat16():
    assert not compiling_pays(small_settings(precision="bf16-mixed"), Views(), 10 * STEPS)


def test_it_does_not_pay_with_avx2(monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    assert not compiling_pays(small_settings(), Views(), 10 * STEPS)
