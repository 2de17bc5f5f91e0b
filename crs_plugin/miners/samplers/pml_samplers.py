"""The samplers of pytorch-metric-learning, as ``pml/MPerClassSampler``."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from torch import Tensor

from crs_plugin.expressions import UNLABELLED
from crs_plugin.miners.samplers.labelled_images import LabelledImagesSampler
from crs_plugin.registry import Option, PositiveInt, register_family
from crs_plugin.toolkits import ToolkitParts

_EPOCH_LENGTH = "length_before_new_iter"
_CLASSES = Option("classes", Literal["coarse", "fine"], "coarse")
"""Whose labels a sampler gets."""


@register_family("sampler", prefix="pml/", origin="pytorch-metric-learning")
class PMLSamplers(ToolkitParts):
    """Samplers of ``pytorch_metric_learning.samplers`` that need nothing but the labels.

    An epoch is as long as there are images, unless ``length_before_new_iter`` says otherwise. They
    know no missing labels, so images labelled -1 are left out here. They draw from NumPy's global
    generator, which a recipe's run seeds for every epoch as it does torch's.
    """

    toolkit = "pytorch-metric-learning"
    module = "pytorch_metric_learning.samplers"
    refused: ClassVar[Mapping[str, str]] = {
        "HierarchicalSampler": "it yields whole batches, and needs two columns of labels",
        "TuplesToWeightsSampler": "it needs the model and the data set",
    }
    positional = ("labels", "fine_labels")

    def options(self, part: type) -> list[Option]:
        """Return the options, and which labels count; the length of an epoch may be left out."""
        options = [
            Option(option.name, PositiveInt | None, None)
            if option.name == _EPOCH_LENGTH
            else option
            for option in super().options(part)
        ]
        return [*options, _CLASSES]

    def build(self, part: type, *given: Any, **options: Any) -> LabelledImagesSampler:
        """Return the sampler for the given coarse and fine labels, [N] each."""
        labels: Tensor = given[options.pop("classes", _CLASSES.default) == "fine"].cpu()
        images = (labels != UNLABELLED).nonzero()[:, 0]
        if any(option.name == _EPOCH_LENGTH for option in self.options(part)):
            options[_EPOCH_LENGTH] = options.get(_EPOCH_LENGTH) or len(labels)
        return LabelledImagesSampler(part(labels[images], **options), images)
