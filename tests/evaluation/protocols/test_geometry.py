from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from crs_plugin.data.dataset import SPLITS, FaceDataset
from crs_plugin.data.images import ArrayImages
from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.protocols.geometry import FeatureGeometry
from crs_plugin.evaluation.result import EvaluationResult
from crs_plugin.registry import registry

FINE = [0, 1, 4, 5, 6, 8]
SIZE, STEP = 6, 10


@dataclass
class Brightness:
    """An encoder that takes the brightness of a picture for its expression, or sees nothing."""

    blind: bool = False

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        noise = torch.randn(len(images), 24, generator=torch.Generator().manual_seed(3))
        shown = (images.float().mean((1, 2, 3)) / STEP).long()
        seen = torch.nn.functional.one_hot(shown, 24) * (not self.blind)
        return noise + 8 * seen


def flat(fine: Sequence[int], split: str = "test", name: str = "faces") -> FaceDataset:
    """Pictures of one brightness each, that of their expression."""
    labels = np.array(fine, dtype=np.int16)
    pictures = np.full((len(labels), 1, SIZE, SIZE), STEP // 2, dtype=np.uint8)
    pictures += (STEP * np.maximum(labels, 0)).astype(np.uint8)[:, None, None, None]
    return FaceDataset(
        name,
        ArrayImages(pictures, np.arange(len(labels)), Path("flat.csv")),
        labels,
        np.full(len(labels), SPLITS.index(split), np.int8),
        np.full(len(labels), -1, np.int32),
    )


def context(dataset: FaceDataset) -> EvaluationContext:
    empty = EvaluationContext(lambda: dataset, SIZE)
    return empty.with_encoders(Brightness(), {"random": Brightness(blind=True)})


def made(fine: Sequence[int] = FINE, **options: Any) -> EvaluationResult:
    return FeatureGeometry(**options)(context(flat([*fine] * 20)))


def values(result: EvaluationResult) -> dict[str, float]:
    return {measure.name: measure.values["trained"].value for measure in result.measures}


def test_it_is_found_by_name() -> None:
    assert registry.get("evaluation", "geometry").target is FeatureGeometry


def test_a_seeing_encoder_separates_and_a_blind_one_does_not() -> None:
    result = made()
    assert not result.headline
    assert not result.targets
    separated = {m.name: m.values for m in result.measures}["Variance between expressions"]
    assert separated["trained"].value > 0.5
    assert abs(separated["random"].value) < 0.1
    low, high = separated["trained"].interval
    assert low < separated["trained"].value < high
    assert "Without a coarse class, and not in its figures: happily surprised." in result.notes


def test_coarse_and_what_is_inside_make_the_drawing() -> None:
    (drawing,) = made(title="here").drawings
    assert drawing.name == "here_separation"
    assert drawing.csv.splitlines()[0].startswith("encoder,coarse,coarse_low")
    assert [row.partition(",")[0] for row in drawing.csv.splitlines()[1:]] == ["trained", "random"]


def test_compound_expressions_have_no_coarse_figures() -> None:
    result = made([8, 12])
    assert [name for name in values(result) if "coarse" in name] == []
    assert result.drawings == ()


def test_two_crops_of_a_flat_picture_are_the_same() -> None:
    assert values(made())["Alignment of two crops of an image"] == pytest.approx(0, abs=1e-9)


def test_two_crops_of_a_picture_differ_where_it_differs() -> None:
    dataset = flat([0, 1] * 10)
    dataset.images.pixels[:, :, :, SIZE // 2 :] += 200
    assert values(FeatureGeometry()(context(dataset)))["Alignment of two crops of an image"] > 0.1


def test_test_images_are_taken_where_there_are_any() -> None:
    dataset = flat([0, 1] * 20)
    dataset.split[:20] = SPLITS.index("train")
    here = context(dataset)
    assert FeatureGeometry()(here).protocol.startswith("20 images")
    assert FeatureGeometry(images=8)(here).protocol.startswith("8 images")


def test_of_rare_expressions_all_images_are_drawn() -> None:
    here = context(flat([0] * 50 + [1] * 30 + [4] * 4))
    result = FeatureGeometry(images=24)(here)
    assert result.protocol.startswith("24 images")
    drawn, _ = FeatureGeometry(images=24)._drawn(here)
    assert np.unique(drawn.fine, return_counts=True)[1].tolist() == [10, 10, 4]


def test_the_same_seed_gives_the_same_figures() -> None:
    assert made().measures == made().measures


def test_it_is_checked_before_training() -> None:
    def check(fine: Sequence[int]) -> None:
        FeatureGeometry().check(EvaluationContext(lambda: flat(fine, name="few"), SIZE))

    check([0, 0, 0, 1, 4, 4])
    with pytest.raises(InputError, match=r"few.*two images each.*found: neutral 3, happiness 1"):
        check([0, 0, 0, 1])
    with pytest.raises(InputError, match="found: no label"):
        check([-1] * 9)


def test_a_class_of_one_image_is_left_out_and_told() -> None:
    result = FeatureGeometry()(context(flat([0] * 9 + [4] * 9 + [1])))
    assert "left out: happiness" in " ".join(result.notes)
    assert np.isfinite(list(values(result).values())).all()
