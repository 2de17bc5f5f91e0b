"""A reducer that weights the losses of pytorch-metric-learning by class."""

from collections.abc import Sequence

from pytorch_metric_learning.reducers import BaseReducer, ClassWeightedReducer
from torch import Tensor

from crs_plugin.expressions import COARSE_CLASSES, UNLABELLED
from crs_plugin.losses.class_weights.class_weights import ClassWeights
from crs_plugin.losses.class_weights.given import GivenClassWeights, as_class_weights
from crs_plugin.registry import register


@register("reducer", "class_weighted")
class CoarseClassWeightedReducer(ClassWeightedReducer):  # type: ignore[misc]
    """Mean of the losses, each multiplied by the weight of its coarse class.

    Divided by the number of losses, not by the sum of the weights, as the method does. A pair or
    triplet has the class of its anchor. With it, ``SupConLoss`` of pytorch-metric-learning becomes
    the loss of CRS-CONT wherever a batch has more than one class. ``CRSContLoss`` has weights of
    its own, and refuses this reducer beside them.

    Unlike in pytorch-metric-learning's own ``ClassWeightedReducer``, the weights are in the
    state dict, a call or module in half precision does not round them, a label without a weight is
    an error, and rows can be left out.

    Losses keep a copy of the reducer that they are given: weights that change over the epochs are
    at ``loss.reducer.class_weights``.

    Attributes:
        class_weights: The module that holds the weights [C] in its buffer ``weights``.

    Example:
        >>> from crs_plugin.losses import CoarseClassWeightedReducer
        >>> from pytorch_metric_learning.losses import SupConLoss
        >>> reducer = CoarseClassWeightedReducer({"negative": 0.5})
        >>> loss_fn = SupConLoss(temperature=0.07, reducer=reducer)
    """

    class_weights: ClassWeights

    def __init__(
        self,
        weights: GivenClassWeights,
        *,
        class_names: Sequence[str] = COARSE_CLASSES,
        ignore_label: int = UNLABELLED,
        collect_stats: bool | None = None,
    ) -> None:
        """Set the weights.

        Args:
            weights: Names → weights (others 1), a tensor [C] by coarse id, or a component.
            class_names: Names of the coarse classes in the order of their ids, for weights that go
                by name. A recipe fills them in.
            ignore_label: Losses of rows with this label are left out, and do not count.
            collect_stats: Whether to note the number of losses in ``losses_size``; None: as
                pytorch-metric-learning's global setting says.

        Raises:
            TypeError: If the weights are none of these.
            ValueError: If a weight is negative, infinite or NaN, or a name is no coarse class.
        """
        BaseReducer.__init__(self, collect_stats=collect_stats)  # the base keeps a plain tensor
        self.class_weights = as_class_weights(weights, class_names)
        self.ignore_label = ignore_label

    @property
    def weights(self) -> Tensor:
        """[C] float, the weight of the class with that id."""
        return self.class_weights.weights

    def element_reduction_helper(self, losses: Tensor, indices: Tensor, labels: Tensor) -> Tensor:
        """Return the weighted mean; called by ``forward``.

        Args:
            losses: [K] floating.
            indices: [K] int64, the row of each, or of its anchor.
            labels: [N] integer coarse ids of the rows.

        Returns:
            A scalar; 0, attached to the graph, if all losses are left out.

        Raises:
            ValueError: If there are no labels, or one has no weight.
        """
        if labels is None:
            raise ValueError("labels are missing: class weights go by label")
        classes = labels[indices].long()
        kept = classes != self.ignore_label
        self._check(classes, kept)
        losses, classes = losses[kept], classes[kept]
        weighted = losses * self.weights.to(losses)[classes]
        return weighted.mean() if len(weighted) else weighted.sum()

    def _check(self, classes: Tensor, kept: Tensor) -> None:
        most = len(self.weights) - 1
        wrong = classes[kept & ((classes < 0) | (classes > most))]
        if len(wrong):
            raise ValueError(
                f"label {int(wrong[0])} has no weight: there are {most + 1} weights, for ids 0 to"
                f" {most} (rows labelled {self.ignore_label} are left out)"
            )
