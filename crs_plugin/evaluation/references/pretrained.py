"""A stock network with weights from elsewhere, such as ImageNet's."""

from pathlib import Path

from crs_plugin.evaluation.context import Embedder
from crs_plugin.models.build_backbone import build_backbone
from crs_plugin.models.encoder import Encoder
from crs_plugin.models.encoder_info import EncoderInfo
from crs_plugin.normalisation import IMAGENET_MEAN, IMAGENET_STD
from crs_plugin.registry import PositiveInt, register


@register("reference", "pretrained")
class Pretrained:
    """A stock network with its weights: what one would take if there were no encoder for faces.

    It sees the same images as the encoder, enlarged to its own size.

    Args:
        weights: A file of weights, or torchvision's name of some (downloaded on first use).
        backbone: Name of the network.
        input_size: Side in pixels of its input.
        title: Its name in tables.
    """

    def __init__(
        self,
        *,
        weights: str | Path,
        backbone: str = "resnet18",
        input_size: PositiveInt = 224,
        title: str = "imagenet",
    ) -> None:
        self.weights = str(weights)
        self.backbone = backbone
        self.input_size = input_size
        self.title = title

    def __call__(self, encoder: Embedder, seed: int, /) -> Embedder | None:
        """Return the network, in eval mode and on the device of the encoder.

        Raises:
            InputError: If the weights do not exist or do not fit.
            RegistryError: If there is no such backbone.
        """
        network = build_backbone(self.backbone, weights=self.weights)
        info = EncoderInfo(
            backbone=self.backbone,
            backbone_options={},
            input_size=self.input_size,
            mean=IMAGENET_MEAN,
            std=IMAGENET_STD,
            feature_dim=int(network.feature_dim),  # type: ignore[arg-type]
            seen={"weights_before": self.weights},
        )
        device = encoder.device if isinstance(encoder, Encoder) else "cpu"
        return Encoder(network, info).to(device).eval()
