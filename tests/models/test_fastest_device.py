import pytest
import torch

from crs_plugin.models.fastest_device import fastest_device


@pytest.mark.parametrize("available", [False, True])
def test_it_is_the_gpu_where_there_is_one(monkeypatch, available):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: available)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("cuda"))
    assert fastest_device() == torch.device("cuda" if available else "cpu")
