"""What stands in front of faces: shapes in the face's own coordinates, with their colours."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

MOST_PARTS = 6

Box = tuple[float, float, float, float, float]
"""A rounded box: x and y of its middle, half its width and height, degrees it is turned by."""

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Occluder:
    """A union of rounded boxes, in the coordinates of an upright face.

    There x = ±.5 are the eyes, y = 0 is their height and y = 1 that of the mouth.

    Attributes:
        at: Where it stands, the point that it is turned around.
        boxes: Up to ``MOST_PARTS``, relative to that point.
        turn: Most degrees that it is turned by, either way.
        dark: Its darkest colour, RGB in [0, 1].
        light: Its lightest colour.
        one_hue: Whether colours lie on the line between the two, or anywhere in the cube.
    """

    at: tuple[float, float]
    boxes: tuple[Box, ...]
    turn: float
    dark: Colour
    light: Colour
    one_hue: bool = True


OCCLUDERS: Mapping[str, Occluder] = MappingProxyType(
    {
        "eyes": Occluder(
            at=(0, 0.02),
            boxes=(
                *((-0.5, 0, 0.43, 0.32, 0), (0.5, 0, 0.43, 0.32, 0)),  # lenses
                *((0, -0.1, 0.3, 0.07, 0), (0, -0.16, 1.15, 0.06, 0)),  # bridge and temples
            ),
            turn=6,
            dark=(0.01, 0.01, 0.01),
            light=(0.22, 0.2, 0.18),
        ),
        "mouth": Occluder(
            at=(0, 1),
            boxes=((0, 0, 0.72, 0.42, 0),),
            turn=15,
            dark=(0.1, 0.1, 0.1),
            light=(0.9, 0.9, 0.9),
            one_hue=False,
        ),
        "side": Occluder(
            at=(1.15, 0.4),
            boxes=((0, 0, 1.1, 3, 0),),
            turn=8,
            dark=(0.1, 0.1, 0.1),
            light=(0.9, 0.9, 0.9),
            one_hue=False,
        ),
        "hand": Occluder(
            at=(0.5, 1.4),
            boxes=(
                (0, 0, 0.55, 0.6, 0),  # palm, four fingers, thumb
                *((-0.43, -0.9, 0.15, 0.5, -9), (-0.14, -1, 0.15, 0.6, -3)),
                *((0.15, -0.98, 0.15, 0.58, 3), (0.43, -0.85, 0.14, 0.45, 9)),
                (-0.68, -0.2, 0.15, 0.48, -40),
            ),
            turn=35,
            dark=(0.36, 0.24, 0.18),
            light=(0.93, 0.76, 0.66),
        ),
        "mask": Occluder(
            at=(0, 1),
            boxes=(
                (0, 0, 0.98, 0.72, 0),
                *((-1.05, -0.6, 0.4, 0.035, 25), (1.05, -0.6, 0.4, 0.035, -25)),  # its straps
            ),
            turn=4,
            dark=(0.5, 0.7, 0.82),
            light=(0.97, 0.97, 0.97),
        ),
    }
)
"""By name; fractions of the distance between the eyes, and of that from eyes to mouth."""


def placement(middle: Tensor, width: Tensor, height: Tensor, degrees: Tensor) -> Tensor:
    """Return the matrices [..., 3, 3] that put the box [-1, 1]² in its place.

    Args:
        middle: [..., 2].
        width: [...], half of it.
        height: [...], half of it.
        degrees: [...], clockwise as seen in the image.
    """
    cos, sin = torch.cos(torch.deg2rad(degrees)), torch.sin(torch.deg2rad(degrees))
    last = torch.tensor([0.0, 0.0, 1.0], dtype=middle.dtype, device=middle.device)
    columns = [torch.stack([cos * width, sin * width], dim=-1)]
    columns += [torch.stack([-sin * height, cos * height], dim=-1), middle]
    rows = torch.stack(columns, dim=-1)
    return torch.cat([rows, last.expand(*rows.shape[:-2], 1, 3)], dim=-2)


def boxes_of(occluder: Occluder) -> Tensor:
    """Return its boxes as matrices [MOST_PARTS, 3, 3]; what is left over lies far away."""
    nowhere: Box = (1e3, 1e3, 1, 1, 0)
    boxes = torch.tensor((*occluder.boxes, *[nowhere] * (MOST_PARTS - len(occluder.boxes))))
    return placement(boxes[:, :2], boxes[:, 2], boxes[:, 3], boxes[:, 4])


def face_frame(landmarks: Tensor) -> Tensor:
    """Return the matrices [B, 3, 3] from the coordinates of the face to pixels.

    Down is from the eyes to the mouth. Across is at right angles to it; in a profile, where the
    eyes come close, half as long as down at least.

    Args:
        landmarks: Floating [B, 5, 2]: eyes, nose, corners of the mouth, in pixels.
    """
    eyes, mouth = landmarks[:, :2], landmarks[:, 3:]
    middle = eyes.mean(dim=1)
    down = mouth.mean(dim=1) - middle
    height = down.norm(dim=1).clamp(min=1)
    width = (eyes[:, 1] - eyes[:, 0]).norm(dim=1).maximum(height / 2)
    degrees = torch.rad2deg(torch.atan2(-down[:, 0], down[:, 1]))
    return placement(middle, width, height, degrees)


def drawn_boxes(pixel_to_box: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Draw unions of rounded boxes, |x|⁴ + |y|⁴ ≤ 1.

    Args:
        pixel_to_box: [B, P, 3, 3], from pixels to the box [-1, 1]².
        height: H of the image in pixels.
        width: W of the image in pixels.

    Returns:
        How far each pixel is covered, [B, 1, H, W] in [0, 1] with edges about a pixel wide; and how
        deep inside of a box it lies, in the same form: 1 in the middle, 0 at the edge and outside.
    """
    x = torch.arange(width, dtype=pixel_to_box.dtype, device=pixel_to_box.device)
    y = torch.arange(height, dtype=pixel_to_box.dtype, device=pixel_to_box.device)[:, None]
    covered = depth = pixel_to_box.new_zeros(len(pixel_to_box), 1, height, width)
    for box in pixel_to_box[:, :, :2, :, None, None].unbind(dim=1):  # all at once: six times larger
        places = box[:, :, 0] * x + (box[:, :, 1] * y + box[:, :, 2])
        inside = 1 - places.square().square().sum(dim=1, keepdim=True)
        steepest = 4 * box[:, :, :2, 0, 0].norm(dim=2).amax(dim=1)
        covered = covered.maximum(inside / steepest[:, None, None, None] + 0.5)
        depth = depth.maximum(inside)
    return covered.clamp(max=1), depth
