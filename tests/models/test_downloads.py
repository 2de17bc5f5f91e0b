from urllib.error import URLError

import pytest
import torch

from crs_plugin.errors import InputError
from crs_plugin.models import build_backbone


def refuse(*_, **__):
    raise URLError("no network")


def test_torchvisions_weights_without_a_network_are_one_message(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(InputError, match=r"IMAGENET1K_V1 of resnet18 cannot be downloaded.*no net"):
        build_backbone("resnet18", weights="IMAGENET1K_V1")


def test_timms_weights_without_a_network_are_one_message(monkeypatch):
    pytest.importorskip("timm")
    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", refuse)
    with pytest.raises(InputError, match=r"resnet18.a1_in1k cannot be downloaded.*give the file"):
        build_backbone("timm/resnet18.a1_in1k", weights="DEFAULT")
