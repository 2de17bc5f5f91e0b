"""Bringing a face upright and to its place by five landmarks: a similarity transform."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LANDMARKS = ("left eye", "right eye", "nose tip", "left mouth corner", "right mouth corner")
"""The five landmarks in their order; left and right as one sees them in the picture."""

TEMPLATE_SIDE = 112
TEMPLATE = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Where they come to lie in a crop of 112 × 112 px: x, y (the centre of the first pixel is 0, 0).

Source: the template that ArcFace made usual (InsightFace; Deng et al., "ArcFace: Additive Angular
Margin Loss for Deep Face Recognition", CVPR 2019).
"""

MOST_SIDE = 1024
"""Crops of larger faces are shrunk to this many pixels, with antialias."""

_LEAST_SPREAD = 1.0  # pixels, root mean square
_LEAST_FLATNESS = 1e-3  # variance across the line that fits best, as a share of that along it


def aligned(image: Image.Image, landmarks: NDArray[np.float32], margin: float = 0.0) -> Image.Image:
    """Cut out a face so that its landmarks come to lie on the template.

    Rotation, scale and shift are those that bring the landmarks closest to the template in least
    squares (Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", IEEE PAMI 1991; without reflection). The crop is a square with the resolution of the
    photo, bicubic, so that nothing is shrunk before the antialiased resizing that follows when
    images are decoded; only crops beyond ``MOST_SIDE`` are shrunk here, with antialias. What lies
    outside of the photo is black.

    Args:
        image: The photo in mode ``L`` or ``RGB``.
        landmarks: ``[5, 2]``, x and y of ``LANDMARKS`` in pixels of the photo, the centre of its
            first pixel being 0, 0.
        margin: Share of the template's side that is added on each of its sides.

    Returns:
        A square image of the same mode.

    Raises:
        ValueError: If the landmarks are not finite, coincide, lie on one line, are mirrored or all
            outside of the photo.
    """
    if not np.isfinite(landmarks).all():
        raise ValueError("its landmarks are not all given as finite numbers")
    # From here on a point is a complex number, and the photo's first pixel goes from 0 to 1.
    points = _complex(landmarks) + (0.5 + 0.5j)
    if not _inside(points, image).any():
        raise ValueError(f"its landmarks are outside of an image of {image.width}×{image.height}")
    factor, shift = _similarity(points, _placed(margin))
    return _warped(image, 1 / factor, -shift / factor)


def _inside(points: NDArray[np.complex128], image: Image.Image) -> NDArray[np.bool_]:
    x, y = points.real, points.imag
    return np.asarray((x > 0) & (x < image.width) & (y > 0) & (y < image.height))


def _complex(points: NDArray[np.floating]) -> NDArray[np.complex128]:
    points = np.asarray(points, dtype=np.float64)
    return points[:, 0] + 1j * points[:, 1]


def _placed(margin: float) -> NDArray[np.complex128]:
    """Return the template in a crop whose side is 1."""
    without = (_complex(np.array(TEMPLATE)) + (0.5 + 0.5j)) / TEMPLATE_SIDE
    return np.asarray((without + margin * (1 + 1j)) / (1 + 2 * margin))


def _similarity(
    points: NDArray[np.complex128], template: NDArray[np.complex128]
) -> tuple[complex, complex]:
    """Return a and b such that a · points + b is closest to the template."""
    centred, target = points - points.mean(), template - template.mean()
    variance = float((abs(centred) ** 2).sum())
    along = abs((centred**2).sum())
    if variance < len(points) * _LEAST_SPREAD**2:
        raise ValueError("its landmarks coincide: they are within a pixel of one another")
    if variance - along < _LEAST_FLATNESS * (variance + along):
        raise ValueError("its landmarks lie on one line")
    factor = (centred.conj() * target).sum()
    if abs((centred * target).sum()) >= abs(factor):  # a reflection would fit better
        raise ValueError(
            "its landmarks are mirrored: they must be, in the order in which they are given, "
            + ", ".join(LANDMARKS)
            + ", left and right as one sees them in the picture"
        )
    factor = complex(factor / variance)
    return factor, complex(template.mean() - factor * points.mean())


def _warped(image: Image.Image, factor: complex, shift: complex) -> Image.Image:
    """Return the crop whose place t, from 0 to 1 + 1j, is ``factor · t + shift`` of the photo."""
    side = min(max(round(abs(factor)), 1), MOST_SIDE)
    shrunk = image
    if abs(factor) > MOST_SIDE:
        scale = MOST_SIDE / abs(factor)
        size = (math.ceil(image.width * scale), math.ceil(image.height * scale))
        shrunk = image.resize(size, Image.Resampling.BILINEAR)
    x, y = shrunk.width / image.width, shrunk.height / image.height
    step = factor / side
    across = (x * step.real, -x * step.imag, x * shift.real)
    down = (y * step.imag, y * step.real, y * shift.imag)
    return shrunk.transform(
        (side, side), Image.Transform.AFFINE, (*across, *down), Image.Resampling.BICUBIC
    )
