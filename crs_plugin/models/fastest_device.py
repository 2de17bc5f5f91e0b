"""The device that encoders run on when nobody says which."""

import torch


def fastest_device() -> torch.device:
    """Return the GPU that PyTorch would take, or the CPU where there is none."""
    accelerator = (
        torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    )
    return accelerator or torch.device("cpu")
