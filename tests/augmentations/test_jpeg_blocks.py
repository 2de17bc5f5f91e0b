import io

import numpy as np
import pytest
import torch
from PIL import Image

from crs_plugin.augmentations.jpeg_blocks import jpeg_blocks


def smooth_images(channels: int, height: int = 40, width: int = 56) -> torch.Tensor:
    torch.manual_seed(0)
    small = torch.rand(3, channels, 7, 9)
    images = torch.nn.functional.interpolate(small, (height, width), mode="bicubic")
    return (images.clamp(0, 1) * 255).round() / 255


def by_pillow(image: torch.Tensor, quality: int) -> torch.Tensor:
    pixels = (image.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(file, "JPEG", quality=quality, subsampling=0)
    decoded = np.asarray(Image.open(file), dtype=np.float32) / 255
    return torch.from_numpy(decoded).reshape(pixels.shape).permute(2, 0, 1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("quality", [2, 10, 40, 75, 100])
def test_equals_a_real_jpeg(channels, quality):
    images = smooth_images(channels)
    found = jpeg_blocks(images, torch.full((3,), float(quality))).clamp(0, 1)
    expected = torch.stack([by_pillow(image, quality) for image in images])
    error, effect = (found - expected).abs().mean(), (images - expected).abs().mean()
    assert error < 1.5 / 255  # JPEG rounds pixels, luma and chroma to whole levels
    assert error < effect / 2 or quality == 100


def test_each_image_has_its_own_quality():
    images = smooth_images(3)
    together = jpeg_blocks(images, torch.tensor([10.0, 50.0, 90.0]))
    for index, quality in enumerate((10.0, 50.0, 90.0)):
        alone = jpeg_blocks(images[index : index + 1], torch.tensor([quality]))
        torch.testing.assert_close(together[index : index + 1], alone)


@pytest.mark.parametrize("shape", [(8, 8), (5, 13), (1, 1)])
def test_any_size_is_padded_to_blocks_and_cut_again(shape):
    found = jpeg_blocks(torch.full((2, 3, *shape), 0.5), torch.tensor([30.0, 90.0]))
    torch.testing.assert_close(found, torch.full((2, 3, *shape), 0.5), atol=0.01, rtol=0)


def test_gradients_pass_as_if_nothing_were_rounded():
    images = smooth_images(1).requires_grad_()
    weights = torch.rand_like(images)
    (jpeg_blocks(images, torch.full((3,), 20.0)) * weights).sum().backward()
    torch.testing.assert_close(images.grad, weights, atol=1e-4, rtol=0)
