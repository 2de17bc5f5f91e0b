"""Models: backbones, heads, and the frozen encoder as a file that one can use."""

from crs_plugin.models.build_backbone import build_backbone
from crs_plugin.models.encoder import Encoder, EncoderInfo

__all__ = ["Encoder", "EncoderInfo", "build_backbone"]
