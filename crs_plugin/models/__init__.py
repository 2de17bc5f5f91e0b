"""Models: backbones, heads, and the frozen encoder as a file that one can use."""

from crs_plugin.models.build_backbone import build_backbone
from crs_plugin.models.encoder import Encoder, EncoderInfo
from crs_plugin.models.prediction import Prediction
from crs_plugin.models.trained_classifier import Classifier

__all__ = ["Classifier", "Encoder", "EncoderInfo", "Prediction", "build_backbone"]
