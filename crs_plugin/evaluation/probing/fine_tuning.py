"""Training an encoder and a linear layer on it end to end."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from crs_plugin.augmentations.random_resized_crop_flip import RandomResizedCropFlip
from crs_plugin.data.dataset import FaceDataset
from crs_plugin.errors import InputError
from crs_plugin.evaluation.metrics import accuracy_and_uar
from crs_plugin.evaluation.probing.linear_classifier import Ids
from crs_plugin.evaluation.probing.probe_data import ProbeData
from crs_plugin.models.encoder import Encoder

_CHUNK = 1000
"""Images that are predicted at once."""

WEIGHT_DECAY = 0.05
"""Of AdamW."""


@dataclass(frozen=True)
class FineTuning:
    """How an encoder is fine-tuned.

    Attributes:
        epochs: Epochs that are trained, of which one is chosen.
        lr: Learning rate at the start; it falls to nothing along a cosine.
        batch_size: Images in one step.
    """

    epochs: int
    lr: float
    batch_size: int


@dataclass(frozen=True)
class Tuned:
    """A fine-tuned network as it was after its best epoch.

    Attributes:
        predict: Images → class ids ``[N]``.
        epoch: The epoch, from 1.
        parameters: Number of weights that were trained.
    """

    predict: Callable[[FaceDataset], Ids]
    epoch: int
    parameters: int


def fine_tuned(
    encoder: Encoder,
    probe: ProbeData,
    pixels: Callable[[FaceDataset], Tensor],
    how: FineTuning,
    *,
    seed: int,
    progress: Callable[[int], None],
) -> Tuned:
    """Train a copy of an encoder under a linear layer, and keep its best epoch on validation.

    AdamW, cross-entropy; single views by the crop and flip of ``FERTwoViews``. The epoch of the
    largest sum of accuracy and UAR on the valid part is kept, of equal ones the first.

    Args:
        encoder: Is left as it is.
        probe: The data; their test part is not looked at.
        pixels: Returns images uint8 ``[N, C, S, S]`` of a part of the data.
        how: Epochs and the like.
        seed: Of the layer, the order and the crops; the global random state is left as it was.
        progress: Is told of the epochs that are done.

    Raises:
        InputError: If the training diverges.
    """
    network = copy.deepcopy(encoder)
    device = network.device
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layer = nn.Linear(network.info.feature_dim, len(probe.class_names)).to(device)
        best, best_score, best_epoch = _state(network, layer), -1.0, 0
        crop = RandomResizedCropFlip(network.info.input_size)
        weights = [*network.parameters(), *layer.parameters()]
        for parameter in weights:
            parameter.requires_grad_(True)
        optimizer = torch.optim.AdamW(weights, lr=how.lr, weight_decay=WEIGHT_DECAY)
        steps = how.epochs * -(-len(probe.train) // how.batch_size)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        truth = probe.labels(probe.valid)
        for epoch in range(1, how.epochs + 1):
            network.train()
            for part in _batches(probe.train, how.batch_size):
                images = _normalised(network, crop(pixels(part).to(device) / 255))
                labels = torch.from_numpy(probe.labels(part)).to(device)
                loss = nn.functional.cross_entropy(layer(network(images)), labels)
                optimizer.zero_grad()
                torch.autograd.backward(loss)
                optimizer.step()
                schedule.step()
            predicted = _predicted(network, layer, probe.valid, pixels)
            score = sum(accuracy_and_uar(truth, predicted, len(probe.class_names)))
            if score > best_score:
                best, best_score, best_epoch = _state(network, layer), score, epoch
            progress(epoch)
    network.load_state_dict(best[0])
    layer.load_state_dict(best[1])
    return Tuned(
        lambda part: _predicted(network, layer, part, pixels),
        best_epoch,
        sum(parameter.numel() for parameter in weights),
    )


def _batches(dataset: FaceDataset, size: int) -> Iterator[FaceDataset]:
    """Yield all images in a random order; a batch of one, which has no spread, is left out."""
    for batch in torch.split(torch.randperm(len(dataset)), size):
        if len(batch) > 1:
            yield dataset.take(batch.numpy())


def _normalised(network: Encoder, images: Tensor) -> Tensor:
    mean, std = (
        torch.tensor(values, device=images.device).view(3, 1, 1)
        for values in (network.info.mean, network.info.std)
    )
    return (images - mean) / std


def _predicted(
    network: Encoder,
    layer: nn.Linear,
    dataset: FaceDataset,
    pixels: Callable[[FaceDataset], Tensor],
) -> Ids:
    found = []
    for start in range(0, len(dataset), _CHUNK):
        part = dataset.take(np.arange(start, min(start + _CHUNK, len(dataset))))
        features = network.embed(pixels(part))
        if not bool(torch.isfinite(features).all()):
            raise InputError(
                "finetune: the network has diverged and gives features that are not finite; a"
                " smaller 'lr' may help"
            )
        with torch.inference_mode():
            found.append(layer(features.to(layer.weight.device)).argmax(1).cpu().numpy())
    return np.concatenate(found)


def _state(network: nn.Module, layer: nn.Module) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    network_state, layer_state = (
        {name: value.detach().clone() for name, value in module.state_dict().items()}
        for module in (network, layer)
    )
    return network_state, layer_state
