"""Random small turns of the head, as a plane in space."""

from typing import Annotated, Any

import torch
from annotated_types import Interval
from kornia.augmentation import GeometricAugmentationBase2D
from kornia.augmentation.random_generator import PlainUniformGenerator
from kornia.constants import Resample
from kornia.geometry.conversions import axis_angle_to_rotation_matrix
from kornia.geometry.transform import get_perspective_transform, warp_perspective
from torch import Tensor

from crs_plugin.registry import Fraction, register

Degrees = Annotated[float, Interval(ge=0, le=45)]

_DISTANCE = 4.0  # of the camera, in halves of the image's longer side


@register("augmentation", "random_small_pose")
class RandomSmallPose(GeometricAugmentationBase2D):
    """Nods, turns and tilts each face a little: the image as a plane in space, seen by a camera.

    Crop and flip, the generic augmentations, keep every face as upright and frontal as it was,
    and alignment leaves a few degrees of error that differ between detectors. Larger turns would
    need the shape of the head, and a smile seen from the side is another picture; these are small.

    Pixels from outside of the image repeat its border. ``transform_matrix`` [B, 3, 3] takes pixels
    of the input to those of the output, for key points, boxes and masks.

    Float images [B, C, H, W] in [0, 1] stay in [0, 1]. Follows Kornia's contract; draws from
    torch's global RNG.

    Args:
        roll: Most degrees of the tilt to a shoulder, either way.
        yaw: Most degrees of the turn to the left or right.
        pitch: Most degrees of the nod up or down.
        p: Probability that an image is changed.
        same_on_batch: Whether all images get the same turn.
        keepdim: Whether an image [C, H, W] comes back as such, not as a batch of one.

    Raises:
        ValueError: If an angle is not between 0 and 45 degrees.
    """

    def __init__(
        self,
        *,
        roll: Degrees = 10.0,
        yaw: Degrees = 15.0,
        pitch: Degrees = 10.0,
        p: Fraction = 0.5,
        same_on_batch: bool = False,
        keepdim: bool = False,
    ) -> None:
        super().__init__(p=p, same_on_batch=same_on_batch, keepdim=keepdim)
        self._param_generator = PlainUniformGenerator(
            (pitch, "pitch", 0.0, (-45.0, 45.0)),
            (yaw, "yaw", 0.0, (-45.0, 45.0)),
            (roll, "roll", 0.0, (-45.0, 45.0)),
        )
        self.flags = {"resample": Resample.BILINEAR, "align_corners": True}

    def compute_transformation(
        self, input: Tensor, params: dict[str, Tensor], flags: dict[str, Any]
    ) -> Tensor:
        """Return the matrices [B, 3, 3] from pixels of the input to pixels of the output.

        They are float32 at least: half precision holds no fraction of a pixel.
        """
        height, width = input.shape[-2:]
        dtype = torch.promote_types(input.dtype, torch.float32)
        turn = torch.stack([params[name] for name in ("pitch", "yaw", "roll")], dim=1)
        turned = axis_angle_to_rotation_matrix(torch.deg2rad(turn.to(input.device, dtype)))
        corner = turned.new_tensor([max(width - 1, 1), max(height - 1, 1)]) / 2
        corners = corner * corner.new_tensor([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        in_space = corners @ turned[:, :, :2].transpose(1, 2)
        distance = _DISTANCE * corner.amax()
        seen = in_space[..., :2] * distance / (distance + in_space[..., 2:])
        matrices: Tensor = get_perspective_transform(
            (corners + corner).expand_as(seen), seen + corner
        )
        return matrices

    def apply_transform(
        self,
        input: Tensor,
        params: dict[str, Tensor],
        flags: dict[str, Any],
        transform: Tensor | None = None,
    ) -> Tensor:
        """Return images [B, C, H, W] as the matrices ``transform`` [B, 3, 3] move them."""
        if transform is None:
            raise TypeError("RandomSmallPose is applied by its matrices; none were given")
        images = input.to(torch.promote_types(input.dtype, torch.float32))
        warped: Tensor = warp_perspective(
            images,
            transform.to(images),
            (images.shape[-2], images.shape[-1]),
            mode=flags["resample"].name.lower(),
            padding_mode="border",
            align_corners=flags["align_corners"],
        )
        return warped.to(input.dtype)

    def inverse_transform(
        self,
        input: Tensor,
        flags: dict[str, Any],
        transform: Tensor | None = None,
        size: tuple[int, int] | None = None,
    ) -> Tensor:
        """Turn images [B, C, H, W] back by the inverse matrices ``transform`` [B, 3, 3]."""
        return self.apply_transform(input, self._params, flags, transform)
