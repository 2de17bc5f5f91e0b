"""The samplers of pytorch-metric-learning, as ``pml/MPerClassSampler``."""

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor

from crs_plugin.registry import Option, PositiveInt, register_family
from crs_plugin.toolkits import ToolkitParts

_EPOCH_LENGTH = "length_before_new_iter"


@register_family("sampler", prefix="pml/", origin="pytorch-metric-learning")
class PMLSamplers(ToolkitParts):
    """Samplers of ``pytorch_metric_learning.samplers`` that need nothing but the labels.

    An epoch is as long as there are images, unless ``length_before_new_iter`` says otherwise.
    """

    toolkit = "pytorch-metric-learning"
    module = "pytorch_metric_learning.samplers"
    refused: ClassVar[Mapping[str, str]] = {
        "HierarchicalSampler": "it yields whole batches, and needs two columns of labels",
        "TuplesToWeightsSampler": "it needs the model and the data set",
    }
    positional = ("labels",)

    def options(self, part: type) -> list[Option]:
        """Return the options; the length of an epoch is left to the number of images."""
        return [
            Option(option.name, PositiveInt | None, None)
            if option.name == _EPOCH_LENGTH
            else option
            for option in super().options(part)
        ]

    def build(self, part: type, *given: Any, **options: Any) -> Any:
        """Return the sampler for the given labels [N]."""
        labels: Tensor = given[0]
        if any(option.name == _EPOCH_LENGTH for option in self.options(part)):
            options[_EPOCH_LENGTH] = options.get(_EPOCH_LENGTH) or len(labels)
        return part(labels.cpu(), **options)
