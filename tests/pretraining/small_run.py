"""A network, data and settings small enough to train in a second."""

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from crs_plugin.losses import CRSContLoss
from crs_plugin.losses.class_weights import ClassWeights
from crs_plugin.pretraining.batches import RunBatches
from crs_plugin.pretraining.module import PretrainingModule
from crs_plugin.pretraining.objective import Objective, Term
from crs_plugin.pretraining.optimizers.sgd import sgd
from crs_plugin.pretraining.schedules.one_cycle import one_cycle
from crs_plugin.pretraining.settings import TrainingSettings
from crs_plugin.pretraining.training import PretrainingOutcome, pretrain

IMAGES = 52
BATCH = 8  # 6 steps an epoch, 4 images left over


class NoisyViews(nn.Module):
    """Two views that differ by noise; ``seen`` collects what it was given."""

    size = 8

    def __init__(self, before_step=None) -> None:
        super().__init__()
        self.before_step = before_step
        self.seen: list[torch.Tensor] = []

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self.before_step is not None:
            self.before_step(len(self.seen))
        self.seen.append(images[:, 0, 0, 0].clone())
        floats = images.float().div(255).expand(-1, 3, -1, -1)
        first, second = (floats + 0.1 * torch.randn_like(floats) for _ in range(2))
        return first, second


class SupervisedContrast(nn.Module):
    def forward(self, embeddings: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        own = torch.eye(len(labels), dtype=torch.bool)
        logits = (embeddings @ embeddings.T / 0.1).masked_fill(own, -1e4)
        positive = (labels[:, None] == labels[None]) & ~own
        return -(logits.log_softmax(1) * positive).sum(1).div(positive.sum(1)).mean()


class CoarseCrossEntropy(nn.Module):
    def forward(self, coarse_logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(coarse_logits, labels, ignore_index=-1)


def small_module(augmentation: nn.Module | None = None, seed: int = 1, **given: Any):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        parts: dict[str, Any] = {
            "backbone": nn.Sequential(
                nn.Conv2d(3, 6, 3, stride=2),
                nn.BatchNorm2d(6),
                nn.ReLU(),
                nn.Flatten(),
                nn.Dropout(0.2),
                nn.Linear(54, 12),
            ),
            "projection": nn.Sequential(nn.Linear(12, 5), nn.BatchNorm1d(5, affine=False)),
            "coarse": nn.Linear(5, 4),
            "objective": Objective(
                [
                    Term("contrast", 1.0, SupervisedContrast()),
                    Term("coarse", 0.5, CoarseCrossEntropy()),
                ]
            ),
            "augmentation": augmentation or NoisyViews(),
            "optimizer": lambda groups: sgd(groups, lr=0.1),
            "schedule": one_cycle,
        }
    return PretrainingModule(**(parts | given))


def weighted_module(
    class_weights: ClassWeights, augmentation: nn.Module | None = None, **given: Any
):
    """A small module whose one term weights classes."""
    term = Term("crs_cont", 1.0, CRSContLoss(class_weights=class_weights))
    return small_module(augmentation, coarse=None, objective=Objective([term]), **given)


def small_data(count: int = IMAGES) -> dict[str, torch.Tensor]:
    """Images that tell their class by brightness and their number by the first pixel."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.arange(count) % 4
    images = torch.randint(0, 60, (count, 1, 8, 8), generator=generator)
    images += 60 * coarse[:, None, None, None]
    images[:, 0, 0, 0] = torch.arange(count)
    return {"images": images.to(torch.uint8), "fine": coarse.clone(), "coarse": coarse}


def small_settings(**changed: Any) -> TrainingSettings:
    settings: dict[str, Any] = {
        "epochs": 2,
        "batch_size": BATCH,
        "log_every": 2,
        "accelerator": "cpu",
        "precision": "32-true",
    }
    return TrainingSettings(**(settings | changed))


def small_run(
    folder: Path,
    module: PretrainingModule | None = None,
    resume: bool = False,
    settings: TrainingSettings | None = None,
    **given: Any,
) -> tuple[PretrainingOutcome, PretrainingModule]:
    module = module or small_module()
    settings = settings or small_settings()
    shown = {name: given.pop(name) for name in ("console", "loggers") if name in given}
    parts: dict[str, Any] = {"sampler": None, "seed": 3} | small_data() | given
    outcome = pretrain(
        module=module,
        batches=RunBatches(**parts, batch_size=settings.batch_size),
        settings=settings,
        folder=folder,
        resume=resume,
        **shown,
    )
    return outcome, module
