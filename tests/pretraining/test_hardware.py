import pytest
import torch
from small_run import small_settings

from crs_plugin.errors import InputError
from crs_plugin.pretraining.hardware import check_hardware


def test_what_is_here_is_enough():
    check_hardware(small_settings(accelerator="cpu"))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"precision": "16-mixed"}, "16-mixed, which needs a GPU"),
        ({"sync_batchnorm": True}, r"training\.sync_batchnorm is true"),
        ({"num_nodes": 2}, r"2 processes.*torchrun or srun"),
    ],
)
def test_settings_that_ask_for_more(changed, message):
    with pytest.raises(InputError, match=message):
        check_hardware(small_settings(accelerator="cpu", **changed))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there():
    with pytest.raises(InputError, match=r"training\.accelerator is gpu .* no GPU here"):
        check_hardware(small_settings(accelerator="gpu"))
