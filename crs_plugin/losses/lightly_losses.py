"""Lightly's losses of two embeddings, as ``lightly/NTXentLoss`` and so on."""

import inspect
from collections.abc import Mapping
from typing import ClassVar

from crs_plugin.registry import register_family
from crs_plugin.toolkits import ToolkitParts

TWO_EMBEDDINGS = frozenset(
    {("out0", "out1"), ("z0", "z1"), ("z_a", "z_b"), ("x0", "x1")},
)
"""How Lightly's losses call the two views that they take."""

_TEACHER = "it needs the outputs of a teacher network"
_PROTOTYPES = "it needs prototypes"
_VIEWS = "it takes global and local views apart, not two embeddings"


@register_family("loss", prefix="lightly/", origin="lightly")
class LightlyLosses(ToolkitParts):
    """Losses of ``lightly.loss`` whose ``forward`` takes two embeddings [B, D]."""

    toolkit = "Lightly"
    module = "lightly.loss"
    refused: ClassVar[Mapping[str, str]] = {
        "CAPILoss": _TEACHER,
        "DINOLoss": _TEACHER,
        "DetConBLoss": "it needs masks of image regions",
        "DetConSLoss": "it needs masks of image regions",
        "EMPSSLLoss": "it takes a list of many crops, not two embeddings",
        "FroSSLLoss": "it takes a list of views, not two embeddings",
        "IBOTPatchLoss": f"{_TEACHER} and masks of patches",
        "IBOTPlusPlusPatchLoss": f"{_TEACHER} and masks of patches",
        "KoLeoLoss": "it is a regulariser of one embedding, not a loss of two",
        "LeJEPALoss": _VIEWS,
        "LeWMLoss": "it predicts the next frames of videos",
        "MMCRLoss": "it needs the outputs of a momentum network",
        "MSNLoss": _PROTOTYPES,
        "PMSNCustomLoss": _PROTOTYPES,
        "PMSNLoss": _PROTOTYPES,
        "PatchKernelAlignmentLoss": f"{_TEACHER}, patch by patch",
        "SIGReg": "it is a regulariser of one embedding, not a loss of two",
        "SwaVLoss": _PROTOTYPES,
        "SymNegCosineSimilarityLoss": "it needs the outputs of a prediction head beside embeddings",
        "VICRegLLoss": "it needs feature maps and grids of their places",
        "VISRegLoss": _VIEWS,
        "WMSELoss": "it takes one tensor of stacked views, not two embeddings",
    }

    def refusal(self, part: type) -> str | None:
        """Return why a class is no loss of two embeddings, or None if it is one."""
        reason = super().refusal(part)
        if reason is not None:
            return reason
        forward = getattr(part, "forward", None)
        if forward is None:
            return "it is no loss"
        required = tuple(
            name
            for name, parameter in inspect.signature(forward).parameters.items()
            if name != "self" and parameter.default is parameter.empty
        )
        if required not in TWO_EMBEDDINGS:
            return f"its forward takes {', '.join(required)}, not two embeddings"
        return None
