"""The encoder as one artefact: backbone, what it needs as input, and what it saw."""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from crs_plugin.errors import InputError
from crs_plugin.models.build_backbone import build_backbone
from crs_plugin.models.checkpoint_import import (
    CHECKPOINT_SUFFIXES,
    import_checkpoint,
    refuse_checkpoint_of_run,
)
from crs_plugin.models.encoder_file import ENCODER_FILE, read_encoder_file, write_encoder_file
from crs_plugin.models.encoder_info import EncoderInfo
from crs_plugin.models.image_batches import Images, image_batches
from crs_plugin.models.prediction import Prediction, as_predictions
from crs_plugin.models.trained_classifier import Classifier, fitting_classifier
from crs_plugin.models.weights import fit_weights

__all__ = ["Encoder", "EncoderInfo"]


class Encoder(nn.Module):
    """A backbone with its description: images in, features out, in plain PyTorch.

    Example::

        encoder = Encoder.load("runs/crs_cont_resnet18/encoder.safetensors")
        features = encoder.embed(["a.png", "b.png"])  # [2, F]
        classifier = "runs/crs_cont_resnet18/classifiers/1.safetensors"  # of the first target
        print(encoder.predict("a.png", classifier=classifier)[0].name)

    Args:
        backbone: [B, 3, S, S] → [B, F].
        info: Its description.
    """

    _mean: Tensor
    _std: Tensor

    def __init__(self, backbone: nn.Module, info: EncoderInfo) -> None:
        super().__init__()
        self.backbone = backbone
        self.info = info
        self.register_buffer("_mean", torch.tensor(info.mean).view(3, 1, 1), persistent=False)
        self.register_buffer("_std", torch.tensor(info.std).view(3, 1, 1), persistent=False)

    @property
    def device(self) -> torch.device:
        """The device that images are brought to."""
        return self._mean.device

    @classmethod
    def load(cls, path: str | Path) -> "Encoder":
        """Return the encoder in a file, on the CPU and in eval mode.

        Args:
            path: A file that ``save`` wrote, or the folder of a run; or a checkpoint (``.pth``,
                ``.pt``, ``.ckpt``) of a ResNet-18 for RGB images of 224 px, such as those of the
                released code. ``import_checkpoint`` opens others, and says what was left out of it.

        Raises:
            InputError: If there is no such file, it is cut short or damaged, it is no encoder, it
                is of a newer format, or it is what a run resumes from, whose encoder is meant.
            RegistryError: If its backbone is not known here (its plugin was not imported).
        """
        path = Path(os.path.expanduser(path))
        if (path / ENCODER_FILE).is_file():
            path = path / ENCODER_FILE
        if path.suffix.lower() in CHECKPOINT_SUFFIXES:
            refuse_checkpoint_of_run(path)
            imported = import_checkpoint(path)
            return cls(imported.backbone, imported.info).eval()
        state, info = read_encoder_file(path)
        try:
            with torch.random.fork_rng(devices=[]):  # its random weights are to leave no trace
                backbone = build_backbone(info.backbone, **info.backbone_options)
        except TypeError as error:
            raise InputError(f"{path} cannot be built here: {info.backbone}: {error}") from error
        fit_weights(backbone, state, str(path))
        return cls(backbone, info).eval()

    def save(self, path: str | Path) -> None:
        """Write the encoder to one self-describing ``.safetensors`` file, atomically.

        The tensors are the backbone's own state dict, so that other programs can read them.

        Raises:
            InputError: If the file cannot be written there.
        """
        write_encoder_file(Path(os.path.expanduser(path)), self.backbone.state_dict(), self.info)

    def forward(self, images: Tensor) -> Tensor:
        """Return features [B, F] of normalised float images [B, 3, S, S]."""
        features: Tensor = self.backbone(images)
        return features

    def embed(self, images: Images, batch_size: int = 256) -> Tensor:
        """Return the features of images of any kind and size: float32 [N, F] on the CPU.

        Runs in eval mode without gradients, on the device that the encoder is on, and leaves the
        modes of its modules as they were. The batch size changes nothing but speed and memory.

        Args:
            images: A tensor or array [N, C, H, W], [N, H, W, C] or [N, H, W] (N grey images),
                C = 1 or 3, uint8 in 0–255 or float in [0, 1]; a PIL image; a path; or a list of
                PIL images, paths and arrays of one image each. A single array or tensor [H, W, 3],
                [H, W, 1] or [1, H, W] is one image. [3, H, W] may be one image or three grey ones,
                and [H, W] one image or rows of pixels: both are refused, and ``images[None]`` says
                that it is one. ``image_batches`` has the rules in full. No image gives [0, F].
            batch_size: Images in one pass, at least 1.

        Raises:
            TypeError: If the images are none of these, or the batch size is no integer.
            InputError: If shape, dtype or range of the images is none of these, the batch size is
                below 1, or a file cannot be read.
        """
        number, batches = image_batches(images, self.info.input_size, batch_size)
        features = torch.empty(number, self.info.feature_dim)
        modes = [(module, module.training) for module in self.modules()]
        self.eval()
        start = 0
        try:
            with torch.inference_mode():
                for batch in batches:
                    normalised = (batch.to(self.device) - self._mean) / self._std
                    features[start : start + len(batch)] = self(normalised)
                    start += len(batch)
        finally:
            for module, training in modes:
                module.training = training
        return features

    def predict(
        self, images: Images, classifier: Classifier | str | Path, batch_size: int = 256
    ) -> list[Prediction]:
        """Return what a classifier says of images, a prediction an image.

        Args:
            images: As for ``embed``.
            classifier: One that was trained on the features of this encoder, or its file.
            batch_size: Images in one pass, at least 1.

        Raises:
            TypeError: As ``embed``.
            InputError: As ``embed``; or if the classifier's file cannot be used, it belongs to
                another encoder, or features are not finite.
        """
        chosen = fitting_classifier(classifier, self.digest(), self.info.feature_dim)
        return as_predictions(chosen(self.embed(images, batch_size)), chosen.class_names)

    def digest(self) -> str:
        """Return 64 hexadecimal digits that stand for all that decides the features.

        Those are the weights, the input size and the normalisation; not the description.
        """
        digest = hashlib.sha256()
        seen = [self.info.input_size, list(self.info.mean), list(self.info.std)]
        digest.update(json.dumps(seen).encode())
        for name, tensor in sorted(self.backbone.state_dict().items()):
            digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
            flat = tensor.detach().cpu().contiguous().reshape(-1)
            digest.update(flat.view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()

    def random_like(self, seed: int) -> "Encoder":
        """Return an encoder of the same architecture with fresh weights, in eval mode.

        The seed decides the weights; torch's global RNG is left as it was.
        """
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            backbone = build_backbone(self.info.backbone, **self.info.backbone_options)
        return Encoder(backbone, replace(self.info, seen={}, card="")).to(self.device).eval()
