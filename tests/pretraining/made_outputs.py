"""Outputs of a step, and losses that want some of them."""

import torch
import torch.nn.functional as F
from torch import nn

from crs_plugin.pretraining.step_outputs import StepOutputs

B, D, C = 6, 5, 4


def outputs(**changed) -> StepOutputs:
    generator = torch.Generator().manual_seed(0)
    projections = torch.randn(2 * B, D, generator=generator)
    coarse = torch.tensor([0, 1, 1, 2, 3, 1]).repeat(2)
    given = {
        "views": 2,
        "features": torch.randn(2 * B, 7, generator=generator),
        "labels": coarse,
        "fine_labels": torch.arange(B).repeat(2),
        "image_ids": torch.arange(B).repeat(2),
        "projections": projections,
        "embeddings": F.normalize(projections, dim=1),
        "coarse_logits": torch.randn(2 * B, C, generator=generator),
        "fine_logits": torch.randn(2 * B, B, generator=generator),
        "indices_tuple": tuple(torch.arange(3) for _ in range(4)),
    }
    return StepOutputs(**(given | changed))


class Recording(nn.Module):
    """Remembers what it received; its ``forward`` is made by ``wanting``."""

    def __init__(self) -> None:
        super().__init__()
        self.received: dict = {}


def wanting(*names: str, optional: tuple[str, ...] = ()) -> Recording:
    parameters = ", ".join([*names, *(f"{name}=None" for name in optional)])
    pairs = ", ".join(f"{name!r}: {name}" for name in names + optional)
    scope: dict = {"torch": torch}
    exec(
        f"def forward(self, {parameters}):\n"
        f"    self.received.update({{{pairs}}})\n"
        "    return torch.tensor(1.0)",
        scope,
    )
    return type("Loss", (Recording,), {"forward": scope["forward"]})()
