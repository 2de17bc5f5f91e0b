"""Whether what the training settings ask of this machine is there."""

import torch

from crs_plugin.errors import InputError
from crs_plugin.pretraining.processes import check_processes
from crs_plugin.pretraining.settings import TrainingSettings


def check_hardware(settings: TrainingSettings) -> None:
    """Make sure that what the settings ask of this machine is there.

    Raises:
        InputError: If it is not.
    """
    gpus = torch.cuda.device_count() or int(torch.backends.mps.is_available())
    if settings.accelerator == "gpu" and settings.devices > gpus:
        raise InputError(
            f"training.accelerator is gpu and training.devices is {settings.devices}, but PyTorch"
            f" finds {gpus or 'no'} GPU here; take accelerator auto or cpu, or fewer devices"
        )
    on_cpu = settings.accelerator == "cpu" or not torch.cuda.is_available()
    if settings.precision == "16-mixed" and on_cpu:
        raise InputError(
            "training.precision is 16-mixed, which needs a GPU; on a CPU take bf16-mixed or 32-true"
        )
    if settings.sync_batchnorm and on_cpu:
        raise InputError(
            "training.sync_batchnorm is true, but PyTorch synchronises batch normalisation on GPUs"
            " only; set it to false, or take a network without batch normalisation"
        )
    check_processes(settings)
