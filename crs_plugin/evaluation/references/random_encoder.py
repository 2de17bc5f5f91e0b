"""The same architecture, never trained."""

from crs_plugin.evaluation.context import Embedder
from crs_plugin.models.encoder import Encoder
from crs_plugin.registry import register


@register("reference", "random")
class RandomEncoder:
    """The same network with random weights: the difference is what pre-training is worth.

    The seed of the recipe draws the weights. An encoder that is no network of ours (features from
    a file, an ONNX file) has no random counterpart: then it is left out.
    """

    def __call__(self, encoder: Embedder, seed: int, /) -> Embedder | None:
        """Return the encoder to compare with.

        Args:
            encoder: The encoder that is evaluated.
            seed: Of the weights.
        """
        return encoder.random_like(seed) if isinstance(encoder, Encoder) else None
