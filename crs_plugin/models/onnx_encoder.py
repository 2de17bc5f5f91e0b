"""An encoder in an ONNX file, ours or somebody else's, run by onnxruntime."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from crs_plugin.errors import InputError
from crs_plugin.models.encoder_info import EncoderInfo
from crs_plugin.models.image_batches import Images, image_batches
from crs_plugin.models.prediction import Prediction, as_predictions
from crs_plugin.models.trained_classifier import Classifier, fitting_classifier
from crs_plugin.normalisation import IMAGENET_MEAN, IMAGENET_STD
from crs_plugin.registry import MissingExtraError

INFO_KEY, DIGEST_KEY = "crs_plugin.encoder", "crs_plugin.digest"
"""What an export of ours has in its metadata."""


class OnnxEncoder:
    """Images in, features out, as ``Encoder`` does it, from an ONNX file.

    A file that ``crs export`` wrote describes itself. Any other has one input, float
    ``[N, 3, S, S]`` (N free or 1), and as its first output features ``[N, F]``; its images are
    taken to be RGB with ImageNet's normalisation.

    Attributes:
        info: Its description.

    Args:
        path: The file.
        input_size: Side S in pixels where the file leaves it open.

    Raises:
        InputError: If it is no such file.
        MissingExtraError: If onnxruntime is not installed.
    """

    def __init__(self, path: str | Path, *, input_size: int = 224) -> None:
        path = Path(os.path.expanduser(path))
        self._session = _session(path)
        metadata = self._session.get_modelmeta().custom_metadata_map
        inputs = self._session.get_inputs()
        shape = list(inputs[0].shape) if inputs else []
        if len(inputs) != 1 or len(shape) != 4 or shape[1] != 3:
            found = ", ".join(f"{x.name} {list(x.shape)}" for x in inputs)
            raise InputError(
                f"{path} is no encoder of images [N, 3, H, W]: its inputs are {found or 'none'}"
            )
        self._name: str = inputs[0].name
        self._raw = inputs[0].type == "tensor(uint8)"
        if not self._raw and inputs[0].type != "tensor(float)":
            raise InputError(f"{path} takes {inputs[0].type}; an encoder takes floats, or uint8")
        if isinstance(shape[0], int) and shape[0] != 1:
            raise InputError(
                f"{path} takes {shape[0]} images at a time, no more and no less; export it with a"
                " batch of any size"
            )
        self._most = 1 if shape[0] == 1 else None
        self._digest = metadata.get(DIGEST_KEY) or hashlib.sha256(path.read_bytes()).hexdigest()
        if INFO_KEY in metadata:
            self.info = EncoderInfo.from_json(metadata[INFO_KEY], str(path))
        else:
            self.info = self._guessed(path, shape, input_size)
        self._mean = torch.tensor(self.info.mean).view(3, 1, 1)
        self._std = torch.tensor(self.info.std).view(3, 1, 1)

    def embed(self, images: Images, batch_size: int = 256) -> Tensor:
        """Return the features of images as ``Encoder.embed`` does: float32 [N, F].

        Where pre-processing is inside the graph, which takes uint8, images of another size are
        rounded to that after resizing.

        Raises:
            TypeError: As ``Encoder.embed``.
            InputError: As ``Encoder.embed``.
        """
        number, batches = image_batches(images, self.info.input_size, self._most or batch_size)
        features = torch.empty(number, self.info.feature_dim)
        start = 0
        for batch in batches:
            features[start : start + len(batch)] = self._run(self._prepared(batch.cpu()))
            start += len(batch)
        return features

    def predict(
        self, images: Images, classifier: Classifier | str | Path, batch_size: int = 256
    ) -> list[Prediction]:
        """Return what a classifier says of images, as ``Encoder.predict`` does."""
        chosen = fitting_classifier(classifier, self.digest(), self.info.feature_dim)
        return as_predictions(chosen(self.embed(images, batch_size)), chosen.class_names)

    def digest(self) -> str:
        """Return the digest of the encoder that was exported, or else of the file's bytes."""
        return self._digest

    def _prepared(self, batch: Tensor) -> Tensor:
        if self._raw:
            return (batch * 255).round().to(torch.uint8)
        return (batch - self._mean) / self._std

    def _run(self, batch: Tensor) -> Tensor:
        found: Any = self._session.run(None, {self._name: np.ascontiguousarray(batch.numpy())})[0]
        return torch.from_numpy(np.asarray(found, dtype=np.float32))

    def _guessed(self, path: Path, shape: list[Any], input_size: int) -> EncoderInfo:
        sides = {side for side in shape[2:] if isinstance(side, int)}
        if len(sides) > 1:
            raise InputError(f"{path} takes images of {shape[3]} × {shape[2]} px, not square ones")
        size = sides.pop() if sides else input_size
        dtype = torch.uint8 if self._raw else torch.float32
        try:
            trial = self._run(torch.zeros(1, 3, size, size, dtype=dtype))
        except Exception as error:  # onnxruntime has a class of errors for each of its codes
            raise InputError(f"{path} fails on an image of {size} px: {error}") from error
        if trial.dim() != 2:
            raise InputError(
                f"{path} gives {list(trial.shape)} for one image; an encoder gives features [1, F]"
            )
        return EncoderInfo(
            backbone="onnx",
            backbone_options={},
            input_size=size,
            mean=IMAGENET_MEAN,
            std=IMAGENET_STD,
            feature_dim=trial.shape[1],
            seen={"imported_from": path.name},
        )


def _session(path: Path) -> Any:
    if not path.is_file():
        raise InputError(f"no ONNX file {path}" + (": a folder" if path.is_dir() else ""))
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError(f"{path} (ONNX)", "onnx") from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a class of errors for each of its codes
        cause = str(error).partition("\n")[0]
        raise InputError(f"{path} is no ONNX file, or it was cut short: {cause}") from error
