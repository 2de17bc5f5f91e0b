import numpy as np
import torch

from crs_plugin.data.leakage.face_codes import WHOLE, WINDOWS, Window, codes, hashes, mirrored
from crs_plugin.data.leakage.marks import SIDE


def pictures(n: int = 6) -> torch.Tensor:
    return 255 * torch.rand(n, SIDE, SIDE, generator=torch.Generator().manual_seed(0))


def test_codes_have_length_one_and_light_does_not_change_them():
    one = codes(pictures())
    assert torch.allclose(one.norm(dim=1), torch.ones(6))
    assert torch.allclose(one, codes(0.3 * pictures() + 90), atol=1e-4)


def test_the_product_is_the_correlation_of_whitened_pictures():
    """Against a transform written out in full."""
    one, other = pictures(2).double().numpy()
    places = (np.arange(SIDE) + 0.5) / SIDE
    waves = np.cos(np.pi * np.arange(SIDE // 2)[:, None] * places) * np.sqrt(2 / SIDE)
    waves[0] /= np.sqrt(2)
    # An integral over a pixel is the value at its middle times a factor of the wave.
    waves *= np.sinc(np.arange(SIDE // 2) / SIDE / 2)[:, None]
    frequency = np.hypot(*np.mgrid[: SIDE // 2, : SIDE // 2])
    frequency[frequency >= SIDE // 2] = 0
    a, b = ((waves @ picture @ waves.T) * frequency for picture in (one, other))
    expected = (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())
    ours = codes(pictures(2))
    assert (
        float(ours[0] @ ours[1]) == np.float32(expected)
        or abs(float(ours[0] @ ours[1]) - expected) < 1e-4
    )


def test_a_mirrored_code_is_that_of_the_mirrored_picture():
    assert torch.allclose(mirrored(codes(pictures())), codes(pictures().flip(2)), atol=1e-4)
    upright = torch.zeros(1, SIDE, SIDE)
    upright[0, 4:9] = 200
    assert torch.allclose(mirrored(codes(upright)), codes(upright), atol=1e-4)


def test_a_window_is_what_a_crop_leaves():
    half = codes(pictures(), Window(0, 0, 0.5, 0.5))
    crop = pictures()[:, : SIDE // 2, : SIDE // 2].repeat_interleave(2, 1).repeat_interleave(2, 2)
    assert torch.allclose(half, codes(crop), atol=1e-4)
    assert WINDOWS[0] == WHOLE
    assert len(set(WINDOWS)) == 11
    assert all(0 <= w.left < w.right <= 1 and 0 <= w.top < w.bottom <= 1 for w in WINDOWS)


def test_hashes_have_the_signs_of_the_coarsest_waves():
    code = codes(pictures())
    bits = np.unpackbits(hashes(code).view(np.uint8).reshape(-1, 8), axis=1)
    signs = code[:, :64].numpy() > 0
    for quarter in range(4):  # each has every fourth wave
        assert np.array_equal(bits[:, 16 * quarter : 16 * quarter + 16], signs[:, quarter::4])
