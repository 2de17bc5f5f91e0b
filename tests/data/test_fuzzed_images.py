"""Broken images: they are read, or one message names the file and says why not."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from mutation import TRIED, flipped, opened_or_refused, scrambled
from PIL import Image

from crs_plugin.data.images import FileImages

KINDS = ("png", "jpg", "bmp", "gif", "tiff", "webp", "ppm")


def read(path: Path) -> torch.Tensor:
    return FileImages.of(path.parent, [path.name]).read(0)


@pytest.fixture(params=KINDS)
def image(request, tmp_path: Path) -> Path:
    """A picture of some tens of kilobytes: smooth, so that a missing end shows."""
    y, x = np.mgrid[0:150, 0:120]
    noise = np.random.default_rng(0).integers(0, 40, (150, 120, 3))
    pixels = (np.stack([x, y, x + y], axis=-1) * 0.7 + noise).astype(np.uint8)
    path = tmp_path / f"face.{request.param}"
    Image.fromarray(pixels).save(path, **({"quality": 95} if request.param == "jpg" else {}))
    return path


def test_cut_off_at_every_kilobyte_nothing_is_lost_in_silence(image: Path) -> None:
    whole, data = read(image), image.read_bytes()
    assert len(data) > 4096
    for length in [0, 1, 100, *range(1024, len(data), 1024), len(data) - 1]:
        image.write_bytes(data[:length])
        found, message = opened_or_refused(lambda: read(image))
        if found is None:
            assert message.startswith(f"{image}: cannot be read: ")
            assert "\n" not in message
        else:
            assert torch.equal(found, whole), length  # what was cut off was no picture


def test_fuzzed_images(image: Path) -> None:
    data, draw = image.read_bytes(), random.Random(image.name)
    for _ in range(TRIED):
        image.write_bytes(draw.choice([flipped, scrambled])(data, draw))
        found, message = opened_or_refused(lambda: read(image))
        if found is None:
            assert message.startswith(f"{image}: cannot be read: ")
        else:
            assert found.dtype == torch.uint8
            assert found.shape[0] in (1, 3)
            assert found.numel() > 0
