"""Random occlusion of a face by what covers faces: glasses, hands, masks, things before it."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args

import torch
from annotated_types import Len
from kornia.augmentation import IntensityAugmentationBase2D
from kornia.augmentation.random_generator import PlainUniformGenerator
from torch import Tensor

from crs_plugin.augmentations.occluders import (
    OCCLUDERS,
    boxes_of,
    drawn_boxes,
    face_frame,
    placement,
)
from crs_plugin.registry import Fraction, register

OccluderName = Literal["eyes", "mouth", "side", "hand", "mask"]

USUAL_LANDMARKS = ((0.33, 0.41), (0.67, 0.41), (0.5, 0.58), (0.37, 0.78), (0.63, 0.78))
"""Where an aligned face has its eyes, nose and corners of the mouth, as shares of the image:
half-way between the mean face of FERPlus, which fills its image, and faces with some room around
them."""

_SHIFT = 0.12  # most that an occluder is moved, in the coordinates of the face
_SIZE = 0.15  # most that it is larger or smaller, as a share
_DIMMEST = 0.6  # brightness at the edges of its boxes, as a share of that in their middles
_RGB = ("red", "green", "blue")
_LUMA = (0.299, 0.587, 0.114)


@register("augmentation", "random_face_occlusion")
class RandomFaceOcclusion(IntensityAugmentationBase2D):
    """Covers a part of each face as glasses, hands, masks and things before it do.

    Random erasing, the generic augmentation, puts rectangles anywhere: often on the background, or
    on skin that says little. What covers faces covers *parts*, both eyes or the whole mouth, and
    an encoder that has come to rely on one of them fails there. Two views with different parts
    covered have only the expression in common.

    Parts are found by five landmarks where they are given, else by their usual place in an aligned
    face. An occluder is a union of rounded boxes, moved, turned, scaled and coloured at random.

    Float images [B, 1 or 3, H, W] in [0, 1] stay in [0, 1]. Follows Kornia's contract; draws from
    torch's global RNG.

    Args:
        kinds: What is drawn from, each as likely: ``eyes`` (dark glasses), ``mouth`` (something
            held before it), ``side`` (one half of the face), ``hand`` (on mouth and cheek),
            ``mask`` (from the nose to the chin).
        p: Probability that an image is occluded.
        same_on_batch: Whether all images get the same occluder.
        keepdim: Whether an image [C, H, W] comes back as such, not as a batch of one.

    Raises:
        ValueError: If there is no kind, or an unknown one.
    """

    def __init__(
        self,
        *,
        kinds: Annotated[Sequence[OccluderName], Len(1)] = get_args(OccluderName),
        p: Fraction = 0.5,
        same_on_batch: bool = False,
        keepdim: bool = False,
    ) -> None:
        super().__init__(p=p, same_on_batch=same_on_batch, keepdim=keepdim)
        if not kinds or not set(kinds) <= set(OCCLUDERS):
            raise ValueError(f"kinds must be some of {', '.join(OCCLUDERS)}, not {list(kinds)}")
        self.flags = {"kinds": tuple(kinds)}
        around = (-1.0, 1.0)
        self._param_generator = PlainUniformGenerator(
            ((0.0, float(len(kinds))), "kind", None, None),
            *((around, name, None, None) for name in ("across", "down", "turn", "side")),
            ((1 - _SIZE, 1 + _SIZE), "size", None, None),
            *(((0.0, 1.0), channel, None, None) for channel in _RGB),
        )

    def generate_parameters(self, batch_shape: tuple[int, ...]) -> dict[str, Tensor]:
        """Draw an occluder, its place and its colour for each image of [B, C, H, W].

        Returns:
            ``kind``: int64 [B], its place in ``kinds``. ``boxes``: [B, P, 3, 3], from [-1, 1]² to
            the coordinates of the face. ``colour``: [B, 3], RGB. ``landmarks``: [B, 5, 2], the
            usual ones.
        """
        drawn = super().generate_parameters(batch_shape)
        height, width = batch_shape[-2:]
        occluders = [OCCLUDERS[kind] for kind in self.flags["kinds"]]
        kind = drawn["kind"].long().clamp(max=len(occluders) - 1)

        def of_kind(values: list[Any]) -> Tensor:
            return torch.tensor(values).to(drawn["size"])[kind]

        at, turn = of_kind([o.at for o in occluders]), of_kind([o.turn for o in occluders])
        shift = _SHIFT * torch.stack([drawn["across"], drawn["down"]], dim=1)
        place = placement(at + shift, drawn["size"], drawn["size"], turn * drawn["turn"])
        ones = torch.ones_like(drawn["side"])
        facing = torch.where(drawn["side"] < 0, -ones, ones)
        mirror = torch.diag_embed(torch.stack([facing, ones, ones], dim=1))
        boxes = torch.stack([boxes_of(o) for o in occluders]).to(place)[kind]

        dark, light = of_kind([o.dark for o in occluders]), of_kind([o.light for o in occluders])
        mix = torch.stack([drawn[channel] for channel in _RGB], dim=1)
        one_hue = of_kind([[o.one_hue] for o in occluders]) > 0
        mix = torch.where(one_hue, mix[:, :1], mix)

        usual = torch.tensor(USUAL_LANDMARKS) * torch.tensor([width, height]) - 0.5
        return {
            "kind": kind,
            "boxes": (mirror @ place)[:, None] @ boxes,
            "colour": torch.lerp(dark, light, mix),
            "landmarks": usual.to(place).expand(batch_shape[0], -1, -1),
        }

    def forward(
        self,
        input: Tensor,
        params: dict[str, Tensor] | None = None,
        landmarks: Tensor | None = None,
        **kwargs: Any,
    ) -> Tensor:
        """Return the images with occluders.

        Args:
            input: Float [B, 1 or 3, H, W] in [0, 1]; not changed.
            params: What was drawn before (``_params``), to do the same again.
            landmarks: [B, 5, 2], x and y in pixels of the eyes, the tip of the nose and the corners
                of the mouth, left before right as seen in the image; by default the usual ones.
            **kwargs: As in Kornia.

        Raises:
            ValueError: If landmarks have another shape.
        """
        if landmarks is not None:
            shape = self.transform_tensor(input).shape
            if landmarks.shape != (shape[0], 5, 2):
                raise ValueError(
                    f"landmarks must be [{shape[0]}, 5, 2]: x and y of five points of each image,"
                    f" not {list(landmarks.shape)}"
                )
            params = {**(params or self.forward_parameters(shape)), "landmarks": landmarks}
        occluded: Tensor = super().forward(input, params, **kwargs)
        return occluded

    def apply_transform(
        self,
        input: Tensor,
        params: dict[str, Tensor],
        flags: dict[str, Any],
        transform: Tensor | None = None,
    ) -> Tensor:
        """Cover images [B, 1 or 3, H, W] with the occluders of ``params``."""
        images = input.to(torch.promote_types(input.dtype, torch.float32))
        boxes, colour = params["boxes"].to(images), params["colour"].to(images)
        frame = face_frame(params["landmarks"].to(images))
        covered, depth = drawn_boxes(torch.linalg.inv(frame[:, None] @ boxes), *images.shape[-2:])
        if images.shape[1] == 1:
            colour = (colour * colour.new_tensor(_LUMA)).sum(dim=1, keepdim=True)
        shaded = colour[:, :, None, None] * (_DIMMEST + (1 - _DIMMEST) * depth)
        return torch.lerp(images, shaded, covered).to(input.dtype)
