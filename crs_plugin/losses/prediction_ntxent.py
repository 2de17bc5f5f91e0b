"""The prediction-agreement term of CRS-CONT."""

import torch.nn.functional as F
from torch import Tensor, nn

from crs_plugin.losses.crs_cont import crs_cont_loss
from crs_plugin.registry import PositiveFloat, register


@register("loss", "prediction_ntxent")
class PredictionNTXent(nn.Module):
    """NT-Xent between the views' coarse predictions: those of one image shall agree.

    The third term of CRS-CONT (Li et al., IEEE TIP 2022). The coarse logits are turned into
    probabilities, these L2-normalised, and the views of one image are each other's only positives.
    NT-Xent is T. Chen et al., "A Simple Framework for Contrastive Learning", ICML 2020. It needs no
    labels.
    """

    def __init__(self, temperature: PositiveFloat = 0.07) -> None:
        """Set the temperature.

        Args:
            temperature: τ > 0.

        Raises:
            ValueError: If it is not above 0.
        """
        super().__init__()
        if not 0 < temperature < float("inf"):
            raise ValueError(f"temperature must be finite and above 0, not {temperature}")
        self.temperature = temperature

    def forward(self, coarse_logits: Tensor, image_ids: Tensor) -> Tensor:
        """Return the loss.

        Args:
            coarse_logits: [V·B, C] floating.
            image_ids: [V·B] integer, the same for the views of one image.

        Returns:
            A scalar; float32, or float64 for float64 logits.

        Raises:
            TypeError: If logits are not floating or ids not integer.
            ValueError: If the shapes do not fit.
        """
        if not coarse_logits.is_floating_point():
            raise TypeError(f"coarse_logits must be floating, not {coarse_logits.dtype}")
        if coarse_logits.dim() != 2 or image_ids.shape != coarse_logits.shape[:1]:
            raise ValueError(
                "coarse_logits must be [V·B, C] and image_ids [V·B], not"
                f" {list(coarse_logits.shape)} and {list(image_ids.shape)}"
            )
        wide = coarse_logits if coarse_logits.element_size() == 8 else coarse_logits.float()
        predictions = F.normalize(wide.softmax(dim=-1), dim=-1)
        return crs_cont_loss(predictions, image_ids, temperature=self.temperature)
