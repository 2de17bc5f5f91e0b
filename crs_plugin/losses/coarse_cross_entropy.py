"""The coarse-classification term of CRS-CONT."""

from typing import Literal

from torch import Tensor, nn

from crs_plugin.losses.cross_entropy import labelled_cross_entropy
from crs_plugin.registry import register


@register("loss", "coarse_cross_entropy")
class CoarseCrossEntropy(nn.Module):
    """Cross-entropy of the coarse logits of the first view against the coarse labels.

    The second term of CRS-CONT (Li et al., IEEE TIP 2022): view 1 only. Rows without a coarse label
    (-1) are left out; a batch without any gives 0, attached to the graph.
    """

    def __init__(self, *, views: Literal["first", "all"] = "first") -> None:
        """Choose the views.

        Args:
            views: ``first`` as in the method, or ``all``.

        Raises:
            ValueError: If it is neither.
        """
        super().__init__()
        if views not in ("first", "all"):
            raise ValueError(f"views must be 'first' or 'all', not {views!r}")
        self.views = views

    def forward(self, coarse_logits: Tensor, labels: Tensor, image_ids: Tensor) -> Tensor:
        """Return the mean cross-entropy.

        Args:
            coarse_logits: [V·B, C] floating, view after view.
            labels: [V·B] coarse ids, -1 for none.
            image_ids: [V·B] consecutive, the same for every view: they tell how many rows the
                first view has.

        Returns:
            A scalar; float32, or float64 for float64 logits.

        Raises:
            TypeError: If logits are not floating or labels not integer.
            ValueError: If the shapes do not fit, or a label is none of the classes.
        """
        if self.views == "first" and len(image_ids):
            images = int(image_ids.max() - image_ids.min()) + 1
            coarse_logits, labels = coarse_logits[:images], labels[:images]
        return labelled_cross_entropy(coarse_logits, labels)
