"""The reducers of pytorch-metric-learning, as ``pml/ClassWeightedReducer`` and so on."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch

from crs_plugin.registry import NonNegativeFloat, Option, register_family
from crs_plugin.toolkits import ToolkitParts


@register_family("reducer", prefix="pml/", origin="pytorch-metric-learning")
class PMLReducers(ToolkitParts):
    """Reducers of ``pytorch_metric_learning.reducers``: from losses of elements or pairs to one."""

    toolkit = "pytorch-metric-learning"
    module = "pytorch_metric_learning.reducers"
    base = "BaseReducer"
    refused: ClassVar[Mapping[str, str]] = {
        "DoNothingReducer": "it reduces nothing, and a term must be one number",
        "MultipleReducers": "it reduces losses of several parts, each by its name",
    }
    hidden = frozenset({"AvgNonZeroReducer.low", "AvgNonZeroReducer.high", "aggregation_func"})
    components: ClassVar[Mapping[str, str]] = {"reducer": "reducer"}

    def options(self, part: type) -> list[Option]:
        """Return the options; the class weights are a list of numbers by coarse id."""
        return [
            Option(option.name, Sequence[NonNegativeFloat], option.default)
            if option.name == "weights"
            else option
            for option in super().options(part)
        ]

    def build(self, part: type, *given: Any, **options: Any) -> Any:
        """Return the reducer; a list of weights becomes a tensor."""
        if "weights" in options:
            options["weights"] = torch.as_tensor(
                options["weights"], dtype=torch.get_default_dtype()
            )
        return part(*given, **options)
