"""What a run was made with: versions of libraries, and the machine."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

LIBRARIES = (
    "crs_plugin",
    "torch",
    "torchvision",
    "lightly",
    "pytorch-metric-learning",
    "kornia",
    "pytorch-lightning",
    "scikit-learn",
    "torchmetrics",
    "numpy",
)
"""Libraries whose versions are kept."""


def environment() -> dict[str, Any]:
    """Return versions of what computes, and what computes it."""
    import torch

    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def flat_environment() -> dict[str, str]:
    """Return the environment as a report has it: libraries beside the rest, without gaps."""
    known = environment()
    libraries = known.pop("libraries")
    return {name: str(value) for name, value in (known | libraries).items() if value is not None}


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
