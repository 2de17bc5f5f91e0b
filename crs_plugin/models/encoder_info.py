"""What an encoder knows about itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from crs_plugin import __version__
from crs_plugin.errors import InputError
from crs_plugin.models.described_file import read_description

FORMAT_VERSION = 1
"""Version of the encoder file; raised when an older reader could no longer read it."""


@dataclass(frozen=True)
class EncoderInfo:
    """What is needed to build an encoder again and to use it, and where it comes from.

    Attributes:
        backbone: Registered name of the backbone.
        backbone_options: Its options, without ``weights`` (those are in the file).
        input_size: Side S of its square input in pixels.
        mean: Mean of the normalisation, per channel, for pixels in [0, 1].
        std: Standard deviation of the normalisation.
        feature_dim: Width F of the features.
        seen: What it saw in pre-training: data sets, labels, recipe; whatever JSON can hold.
        channels: Order of the channels.
        card: The encoder card in Markdown; see ``crs_plugin.models.encoder_card``.
        crs_plugin_version: Version of this package that wrote it.
        format_version: Version of the file's format.
    """

    backbone: str
    backbone_options: Mapping[str, Any]
    input_size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    feature_dim: int
    seen: Mapping[str, Any] = field(default_factory=dict)
    channels: str = "RGB"
    card: str = ""
    crs_plugin_version: str = __version__
    format_version: int = FORMAT_VERSION

    def __post_init__(self) -> None:
        options = {k: v for k, v in self.backbone_options.items() if k not in ("name", "weights")}
        object.__setattr__(self, "backbone_options", options)
        object.__setattr__(self, "mean", tuple(self.mean))
        object.__setattr__(self, "std", tuple(self.std))

    def to_json(self) -> str:
        """Return the info as JSON text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str, source: str) -> "EncoderInfo":
        """Read what ``to_json`` wrote; entries of unknown name are left out.

        Args:
            text: The JSON text.
            source: Where it comes from, for errors.

        Raises:
            InputError: If it is no such JSON, lacks an entry, or is of a newer format.
        """
        entries = read_description(text, source, FORMAT_VERSION)
        known = {f.name for f in fields(cls)}
        try:
            return cls(**{name: entry for name, entry in entries.items() if name in known})
        except (TypeError, AttributeError) as error:
            raise InputError(f"{source} is damaged: in its description, {error}") from None
