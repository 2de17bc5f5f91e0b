"""Class weights that change over the epochs."""

from collections.abc import Sequence

import torch

from crs_plugin.expressions import COARSE_CLASSES
from crs_plugin.losses.class_weights.class_weights import ClassWeights
from crs_plugin.losses.class_weights.given import GivenClassWeights, as_class_weights
from crs_plugin.registry import NonNegativeInt, register


@register("class_weights", "schedule")
class ScheduledClassWeights(ClassWeights):
    """Weights that move in a straight line from some to others between two epochs.

    Until ``from_epoch`` epochs have been made they are ``before``, and once ``to_epoch`` have been
    made they are ``after``. Such as from 1 to 0.5 for *negative* once the coarse classes have
    separated.

    Training code must call ``at_epoch``; a recipe's run does. Without it they stay at epoch 0.

    Attributes:
        before: Weights at first.
        after: Weights in the end.

    Example:
        >>> from crs_plugin.losses import CRSContLoss, ScheduledClassWeights
        >>> weights = ScheduledClassWeights({}, {"negative": 0.5}, from_epoch=10, to_epoch=20)
        >>> loss_fn = CRSContLoss(class_weights=weights)
        >>> loss_fn.class_weights.at_epoch(15)
        >>> weights.by_name()["negative"]
        0.75
    """

    before: ClassWeights
    after: ClassWeights

    def __init__(
        self,
        before: GivenClassWeights,
        after: GivenClassWeights,
        *,
        from_epoch: NonNegativeInt = 0,
        to_epoch: NonNegativeInt,
        class_names: Sequence[str] = COARSE_CLASSES,
    ) -> None:
        """Set both ends.

        Args:
            before: Weights at first: names → weights (others 1), a tensor [C], or a component.
            after: Weights in the end, in the same form.
            from_epoch: Number of epochs after which they begin to move.
            to_epoch: Number of epochs after which they have arrived; the same as ``from_epoch``
                changes them at once.
            class_names: Names of the coarse classes in the order of their ids. A recipe fills them
                in.

        Raises:
            TypeError: If the weights are none of these.
            ValueError: If a name is none of ``class_names``, a weight is negative, infinite or NaN,
                the two are of another number of classes, or the epochs are negative or not in that
                order.
        """
        if not 0 <= from_epoch <= to_epoch:
            raise ValueError(
                "from_epoch must be ≥ 0 and to_epoch not before it, not"
                f" {from_epoch} and {to_epoch}"
            )
        ends = [as_class_weights(given, class_names) for given in (before, after)]
        super().__init__(ends[0].weights, ends[0].class_names)
        if len(ends[0].weights) != len(ends[1].weights):
            raise ValueError(
                f"before has {len(ends[0].weights)} weights and after {len(ends[1].weights)};"
                " both must have one for each class"
            )
        self.before, self.after = ends
        self.from_epoch, self.to_epoch = from_epoch, to_epoch
        self.at_epoch(0)

    @torch.no_grad()
    def at_epoch(self, epoch: int) -> None:
        """Take on the weights of an epoch, in place.

        Args:
            epoch: Number of the epoch, from 0.
        """
        self.before.at_epoch(epoch)
        self.after.at_epoch(epoch)
        before, after = (end.weights.to(self.weights) for end in (self.before, self.after))
        self.weights.copy_(torch.lerp(before, after, self._share_of_after(epoch)))

    def _share_of_after(self, epoch: int) -> float:
        if epoch >= self.to_epoch:
            return 1.0
        if epoch <= self.from_epoch:
            return 0.0
        return (epoch - self.from_epoch) / (self.to_epoch - self.from_epoch)
