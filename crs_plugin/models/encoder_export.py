"""Encoders for other programs: as safetensors, as a PyTorch program, as ONNX."""

import copy
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from crs_plugin.errors import InputError
from crs_plugin.files import atomic_path
from crs_plugin.models.encoder import Encoder
from crs_plugin.models.onnx_encoder import DIGEST_KEY, INFO_KEY
from crs_plugin.registry import MissingExtraError

Format = Literal["safetensors", "pt2", "onnx"]

TOLERANCE = 1e-5
"""Largest difference of a feature, as a share of the largest feature where that is above 1."""

_Exported = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Exported:
    """What was written, and how far it is from the original.

    Attributes:
        difference: Largest difference of a feature on random images.
        largest: Largest feature there.
        takes: What it takes, in words.
    """

    difference: float
    largest: float
    takes: str


class _WithPreprocessing(nn.Module):
    """uint8 [B, 3, H, W] of any size → features [B, F]: resizes and normalises inside."""

    mean: Tensor
    std: Tensor

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.backbone = encoder.backbone
        self.size = encoder.info.input_size
        self.register_buffer("mean", torch.tensor(encoder.info.mean).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(encoder.info.std).view(3, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        pixels = F.interpolate(
            images.to(torch.float32) / 255,
            (self.size, self.size),
            mode="bilinear",
            align_corners=False,
            antialias=True,
        )
        features: Tensor = self.backbone((pixels - self.mean) / self.std)
        return features


def export_encoder(
    encoder: Encoder, path: str | Path, format: Format, *, preprocessing: bool = False
) -> Exported:
    """Write an encoder for other programs, and check what was written against it.

    The file is read again and run on random images (another batch size and, with pre-processing,
    another image size than it was traced with); if a feature differs by more than ``TOLERANCE``,
    nothing is left under the final name.

    Args:
        encoder: The encoder.
        path: Where to write; its folder exists.
        format: ``safetensors``, our own file, whose tensors have the stock names of the backbone;
            ``pt2``, a program for ``torch.export.load``; ``onnx``, for onnxruntime and others. The
            last two take a batch of any size.
        preprocessing: Whether resizing and normalisation are inside the graph. Then it takes images
            uint8 ``[B, 3, H, W]`` of any size; else normalised float32 images ``[B, 3, S, S]``.

    Raises:
        InputError: If the network cannot be exported, it differs from the original, the file cannot
            be written, or pre-processing is asked of safetensors, which hold no graph.
        MissingExtraError: If ONNX is not installed.
    """
    path = Path(os.path.expanduser(path))
    if format == "safetensors" and preprocessing:
        raise InputError(
            "safetensors hold weights and no graph for the pre-processing to be in; Encoder.load"
            " does it, or export to pt2 or onnx"
        )
    encoder = copy.deepcopy(encoder).cpu().eval()
    network = _WithPreprocessing(encoder).eval() if preprocessing else encoder.backbone
    write = {"safetensors": _write_safetensors, "pt2": _write_program, "onnx": _write_onnx}[format]
    try:
        with atomic_path(path) as temporary, torch.no_grad():
            exported = write(encoder, network, _images(encoder, 2, preprocessing), temporary)
            images = _images(encoder, 3, preprocessing)
            wanted, found = network(images), exported(images)
            difference = float((wanted - found).abs().max())
            largest = float(wanted.abs().max())
            if not difference <= TOLERANCE * max(1.0, largest):
                raise InputError(
                    f"the export differs from the encoder by {difference:.2g} (largest feature"
                    f" {largest:.3g}), more than {TOLERANCE:g}; nothing was written to {path}"
                )
    except OSError as error:
        raise InputError(f"cannot write the export to {path}: {error.strerror}") from error
    side = encoder.info.input_size
    takes = (
        "uint8 images [batch, 3, height, width], 0–255, RGB, of any size"
        if preprocessing
        else f"normalised float32 images [batch, 3, {side}, {side}], RGB"
    )
    return Exported(difference, largest, takes)


def _images(encoder: Encoder, number: int, raw: bool) -> Tensor:
    """Return made-up images, whose size depends on their number where they are raw."""
    size = encoder.info.input_size
    generator = torch.Generator().manual_seed(number)
    if raw:
        shape = (number, 3, size + 8 * number, size + 4 * number + 1)
        return torch.randint(256, shape, dtype=torch.uint8, generator=generator)
    return torch.randn(number, 3, size, size, generator=generator)


def _write_safetensors(encoder: Encoder, _: nn.Module, __: Tensor, path: Path) -> _Exported:
    encoder.save(path)
    return Encoder.load(path)


def _write_program(_: Encoder, network: nn.Module, example: Tensor, path: Path) -> _Exported:
    program = _program(network, example)
    with warnings.catch_warnings(action="ignore"):  # of weights on other devices than the CPU
        torch.export.save(program, path)
        exported: _Exported = torch.export.load(path).module()
    return exported


def _write_onnx(encoder: Encoder, network: nn.Module, example: Tensor, path: Path) -> _Exported:
    try:
        import onnx  # noqa: F401
        import onnxruntime
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("exporting to ONNX", "onnx") from error
    program = _program(network, example)
    try:
        with warnings.catch_warnings(action="ignore"):
            written: Any = torch.onnx.export(
                program,
                dynamo=True,
                input_names=["images"],
                output_names=["features"],
                verbose=False,
            )
    except Exception as error:  # the exporter has a class of errors for each of its steps
        raise _not_exported(error) from error
    known = {INFO_KEY: encoder.info.to_json(), DIGEST_KEY: encoder.digest()}
    written.model.metadata_props.update(known)
    written.save(path, external_data=False)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda images: torch.from_numpy(session.run(None, {"images": images.numpy()})[0])


def _program(network: nn.Module, example: Tensor) -> torch.export.ExportedProgram:
    free = {0: torch.export.Dim("batch")}
    if example.dtype == torch.uint8:
        free |= {2: torch.export.Dim("height"), 3: torch.export.Dim("width")}
    try:
        with warnings.catch_warnings(action="ignore"):
            return torch.export.export(network, (example,), dynamic_shapes=(free,))
    except Exception as error:  # whatever in the network cannot be traced
        raise _not_exported(error) from error


def _not_exported(error: Exception) -> InputError:
    cause = str(error).strip().partition("\n")[0] or type(error).__name__
    return InputError(f"this network cannot be exported to that format: {cause}")
