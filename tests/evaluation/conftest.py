from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from crs_plugin.data.dataset import SPLITS, FaceDataset
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.expressions import UNLABELLED

SIZE = 4


@dataclass(frozen=True)
class Patches:
    """Pictures whose first pixels hold their number, and the expression that they show."""

    number: np.ndarray
    shown: np.ndarray

    def __len__(self) -> int:
        return len(self.number)

    def read(self, index: int) -> torch.Tensor:
        picture = torch.zeros((1, SIZE, SIZE), dtype=torch.uint8)
        high, low = divmod(int(self.number[index]), 256)
        picture.view(-1)[:3] = torch.tensor([high, low, int(self.shown[index])])
        return picture

    def name(self, index: int) -> str:
        return f"patch {self.number[index]}"

    def take(self, indices: np.ndarray) -> "Patches":
        return Patches(self.number[indices], self.shown[indices])


@dataclass
class Eye:
    """An encoder that sees the expression (blurred by noise) or, if blind, only noise."""

    blind: bool = False
    broken: bool = False
    seen: list[int] = field(default_factory=list)

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        pixels = images.flatten(1).long()
        numbers = pixels[:, 0] * 256 + pixels[:, 1]
        self.seen += numbers.tolist()
        generator = torch.Generator().manual_seed(int(numbers.sum()))
        features = torch.randn((len(images), 24), generator=generator)
        if not self.blind:
            features[:, :19] += 8 * torch.nn.functional.one_hot(pixels[:, 2], 19)
        return features * torch.nan if self.broken else features


def make_faces(
    fine: Sequence[int],
    split: str | Sequence[str] = "all",
    subject: Sequence[int] | None = None,
    name: str = "faces",
    shown: Sequence[int] | None = None,
) -> FaceDataset:
    """Make a data set; a picture shows its label unless ``shown`` says otherwise."""
    fine = np.asarray(fine, dtype=np.int16)
    splits = [split] * len(fine) if isinstance(split, str) else split
    pictured = np.where(fine == UNLABELLED, 0, fine) if shown is None else np.asarray(shown)
    return FaceDataset(
        name,
        Patches(np.arange(len(fine)), pictured),
        fine,
        np.array([SPLITS.index(s) for s in splits], dtype=np.int8),
        np.full(len(fine), -1, np.int32) if subject is None else np.asarray(subject, np.int32),
    )


def make_context(
    dataset: FaceDataset, trained: Eye | None = None, random: Eye | None = None
) -> EvaluationContext:
    return EvaluationContext(lambda: dataset, SIZE).with_encoders(
        trained or Eye(), {"random": random or Eye(blind=True)}
    )


@pytest.fixture
def faces() -> Callable[..., FaceDataset]:
    return make_faces


@pytest.fixture
def context() -> Callable[..., EvaluationContext]:
    return make_context


@pytest.fixture
def eye() -> type[Eye]:
    return Eye
