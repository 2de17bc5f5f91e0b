"""Small broken data sets: each clause can fail, and says which one and what was found."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.images import ArrayImages
from crs_plugin.testing import DATASET_CLAUSES, ContractError, check_dataset


def made(**changes: object) -> FaceDataset:
    """Six faces of three persons; keeps the whole contract unless it is changed."""
    pixels = np.random.default_rng(0).integers(0, 256, (6, 1, 8, 8), dtype=np.uint8)
    faces = FaceDataset(
        name="faces",
        images=ArrayImages(pixels, np.arange(6), Path("faces.csv")),
        fine=np.array([0, 1, 2, 18, -1, 0], np.int16),
        split=np.array([0, 0, 1, 2, 3, 3], np.int8),
        subject=np.array([0, 0, 1, 1, 2, -1], np.int32),
        skipped={"image file missing": 2},
    )
    return replace(faces, **changes)


@dataclass(frozen=True)
class Changed:
    """The images of another set, of which one thing is changed."""

    images: ArrayImages
    named: Callable[[str], str] = str
    seen: Callable[[torch.Tensor], torch.Tensor] = torch.Tensor.clone
    order: Callable[[np.ndarray], np.ndarray] = np.array

    def __len__(self) -> int:
        return len(self.images)

    def read(self, index: int) -> torch.Tensor:
        return self.seen(self.images.read(index))

    def name(self, index: int) -> str:
        return self.named(self.images.name(index))

    def take(self, indices):
        return replace(self, images=self.images.take(self.order(indices)))


@dataclass(frozen=True)
class Bulk(Changed):
    side: int = 0

    def read_all(self, size: int, progress=None) -> torch.Tensor:
        return torch.zeros(len(self), 1, self.side or size, size, dtype=torch.uint8)


def broken(**changes: object) -> str:
    with pytest.raises(ContractError) as error:
        check_dataset(lambda: made(**changes))
    return str(error.value)


def test_what_keeps_the_contract_passes() -> None:
    not_checked = check_dataset(made)
    assert not_checked == {"bulk_reading_gives_one_size": "its images are read one by one"}
    assert check_dataset(lambda: made(images=Bulk(made().images))) == {}


def test_something_else_or_nothing() -> None:
    with pytest.raises(ContractError, match="is_a_named_set_of_images: it is a list"):
        check_dataset(lambda: [1])
    assert "its name is empty" in broken(name=" ")
    with pytest.raises(ContractError, match="it has no image"):
        check_dataset(lambda: made().take(np.arange(0)), DATASET_CLAUSES[:1])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"fine": np.zeros(6, np.int64)},
            "columns_fit_the_images: fine is int64, not int16",
        ),
        ({"split": np.zeros((6, 1), np.int8)}, "split has the shape [6, 1]"),
        (
            {"fine": np.full(6, 19, np.int16)},
            "labels_are_known_expressions: fine has ids from 19 to 19, not within -1 to 18",
        ),
        ({"fine": np.full(6, -2, np.int16)}, "fine has ids from -2 to -2"),
        ({"split": np.full(6, 4, np.int8)}, "splits_are_known: split has ids from 4 to 4"),
        ({"subject": np.full(6, -3, np.int32)}, "persons_are_numbers: subject has the id -3"),
        ({"skipped": {"": 1}}, "what_is_left_out_has_reasons: a reason is ''"),
        ({"skipped": {"gone": 0}}, "'gone' is counted 0 times"),
        ({"skipped": {"gone": True}}, "'gone' is counted True times"),
        ({"skipped": ["gone"]}, "skipped is a list"),
    ],
)
def test_broken_columns(changes: dict[str, object], message: str) -> None:
    assert message in broken(**changes)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"named": lambda name: "a.png"}, "names_tell_images_apart: 6 images are called a.png"),
        ({"named": lambda name: ""}, "an image has no name"),
        ({"seen": lambda image: image / 255}, "images_can_be_read: image faces.csv:0 is torch.flo"),
        ({"seen": lambda image: image[0]}, "image faces.csv:0 is [8, 8]"),
        ({"seen": lambda image: image.expand(4, 8, 8)}, "image faces.csv:0 is [4, 8, 8]"),
        ({"seen": torch.Tensor.numpy}, "image faces.csv:0 is a ndarray, no tensor"),
        ({"seen": torch.rand_like}, "images_can_be_read: NotImplementedError: "),
        (
            {"seen": lambda image: torch.randint_like(image, 256)},
            "read again, an image is another one",
        ),
        (
            {"order": np.sort},
            "taking_keeps_records_whole: the names are not those of the records that were taken",
        ),
        ({"seen": lambda image: image.clone()}, "pickling_keeps_it: "),
    ],
)
def test_broken_images(changed: dict[str, object], message: str) -> None:
    assert message in broken(images=Changed(made().images, **changed))


def test_bulk_reading_of_another_size() -> None:
    message = broken(images=Bulk(made().images, side=5))
    assert "bulk_reading_gives_one_size: it gives torch.uint8 [6, 1, 5, 24]" in message


def test_another_order_each_time() -> None:
    orders = iter(range(100))

    def shuffled() -> FaceDataset:
        return made().take(np.roll(np.arange(6), next(orders)))

    message = "opening_again_gives_the_same: opened again, its images or their order are others"
    with pytest.raises(ContractError, match=message):
        check_dataset(shuffled)


def test_taking_that_leaves_the_labels_behind() -> None:
    class Forgetful(FaceDataset):
        def take(self, indices):
            taken = super().take(indices)
            return FaceDataset(
                taken.name, taken.images, np.sort(taken.fine), taken.split, taken.subject
            )

    values = vars(made())
    with pytest.raises(ContractError, match="fine is not that of the records that were taken"):
        check_dataset(lambda: Forgetful(**values))


def test_a_column_of_ones_own_is_checked_as_well() -> None:
    @dataclass(frozen=True)
    class Voted(FaceDataset):
        votes: np.ndarray = field(default_factory=lambda: np.zeros((5, 10)))

    with pytest.raises(ContractError, match="votes has 5 entries for 6 images"):
        check_dataset(lambda: Voted(**vars(made())))
