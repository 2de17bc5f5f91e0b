"""What augmentations that give two views of a batch have in common."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from crs_plugin.augmentations.few_operations import in_few_operations

if TYPE_CHECKING:
    from crs_plugin.augmentations.random_resized_crop_flip import RandomResizedCropFlip


class TwoViews(nn.Module):
    """Two independent views of each image: crop and flip, colours, further steps, normalisation.

    Everything is drawn from torch's global RNG. On a GPU both views are cropped and coloured at
    once, so that a seed gives other views there than on a CPU.

    Args:
        crop: Crops, resizes and mirrors float [B, C, H, W] in [0, 1].
        colours: Changes the colours of what the crop gives; may leave grey images grey.
        then: Further steps on float [B, 3, S, S] in [0, 1], such as Kornia's 2D augmentations.
        mean: Subtracted from each channel at last.
        std: Each channel is divided by it.

    Attributes:
        views: Number of views.
        size: Side S of the views in pixels.
        mean: As given.
        std: As given.
    """

    views: ClassVar[int] = 2

    _scale: Tensor
    _shift: Tensor

    def __init__(
        self,
        crop: "RandomResizedCropFlip",
        colours: nn.Module,
        then: Sequence[nn.Module],
        mean: Sequence[float],
        std: Sequence[float],
    ) -> None:
        super().__init__()
        self.size = crop.size
        self.mean = tuple(mean)
        self.std = tuple(std)
        self.crop = crop
        self.colours = colours
        self.then = nn.ModuleList(then)
        scale = 1 / torch.tensor(self.std).view(3, 1, 1)
        self.register_buffer("_scale", scale, persistent=False)
        self.register_buffer("_shift", -torch.tensor(self.mean).view(3, 1, 1) * scale, False)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return two float views [B, 3, S, S], normalised.

        Args:
            images: uint8, or float in [0, 1], [B, 1 or 3, H, W]; not changed.

        Raises:
            ValueError: If the images have another shape, or a step changes the shape of a view.
        """
        if images.dim() != 4 or images.shape[1] not in (1, 3):
            raise ValueError(f"images must be [B, 1 or 3, H, W], not {list(images.shape)}")
        if not images.is_floating_point():
            images = images.to(torch.float32).div_(255)
        if in_few_operations(images.device):
            both = self._coloured(images.repeat(2, 1, 1, 1))
            return self._finished(both[: len(images)]), self._finished(both[len(images) :])
        return self._finished(self._coloured(images)), self._finished(self._coloured(images))

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compile the colours, which are most of the cost; the rest is few and large operations.

        Arguments are those of ``torch.nn.Module.compile``.
        """
        self.colours.compile(*args, **kwargs)

    def _coloured(self, images: Tensor) -> Tensor:
        coloured: Tensor = self.colours(self.crop(images))
        return coloured

    def _finished(self, view: Tensor) -> Tensor:
        if self.then and view.shape[1] == 1:
            view = view.repeat(1, 3, 1, 1)
        for step in self.then:
            before = view.shape
            view = step(view)
            if view.shape != before:
                raise ValueError(
                    f"{type(step).__name__} makes {list(view.shape)} of a view {list(before)};"
                    " a step after the crop must keep the shape"
                )
        scale, shift = self._scale.to(view.dtype), self._shift.to(view.dtype)
        if view.shape[1] == 1:
            return torch.addcmul(shift, view, scale)
        # In place, as fresh memory would take longer than the arithmetic.
        return view.mul_(scale).add_(shift)
