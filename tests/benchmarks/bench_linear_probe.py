"""The linear probe beside the released protocol, as released and on features made once.

As released: 100 epochs over the images, read and decoded again for each, with random crops (0.6 to
1 of the area) and flips, all of them through the encoder; SGD at learning rate 4; the test images
likewise after every epoch, the best of which counts. Of these epochs ``--drawn`` are made in full;
the others show their views again in a new order, and are taken to last as long. Seconds are CPU
seconds of one thread, reading the images included.

    python tests/benchmarks/bench_linear_probe.py --ferplus FOLDER --encoder encoder.safetensors
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torchvision import transforms
from torchvision.transforms.functional import to_pil_image

from crs_plugin import Encoder
from crs_plugin.data import decode
from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.datasets.ferplus import ferplus
from crs_plugin.data.datasets.image_folder import image_folder
from crs_plugin.data.datasets.synthetic_faces import synthetic_faces
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.context import Source
from crs_plugin.evaluation.metrics import accuracy_and_uar
from crs_plugin.evaluation.probing.probe_data import ProbeData, probe_data
from crs_plugin.evaluation.probing.released_classifier import (
    BATCH_SIZE,
    DECAY,
    EPOCHS,
    LEARNING_RATE,
    MILESTONES,
    MOMENTUM,
)
from crs_plugin.evaluation.protocols.linear_probe import LinearProbe
from crs_plugin.models import EncoderInfo
from crs_plugin.models.build_backbone import build_backbone


@dataclass(frozen=True)
class Outcome:
    """What a protocol took, and what it says of the encoder."""

    seconds: float
    accuracy: float
    uar: float


class AsReleased:
    """The released protocol on image files."""

    def __init__(self, encoder: Encoder, probe: ProbeData, seed: int) -> None:
        size, info = encoder.info.input_size, encoder.info
        tail = [transforms.ToTensor(), transforms.Normalize(info.mean, info.std)]
        self.augmented = transforms.Compose(
            [
                transforms.RandomResizedCrop(size, scale=(0.6, 1.0)),
                transforms.RandomHorizontalFlip(),
                *tail,
            ]
        )
        self.plain = transforms.Compose([transforms.Resize((size, size)), *tail])
        self.encoder, self.probe, self.seed = encoder.eval(), probe, seed

    def run(self, drawn: int) -> Outcome:
        """Train for all epochs, of which so many go through the images."""
        torch.manual_seed(self.seed)
        classes = len(self.probe.class_names)
        layer = torch.nn.Linear(self.encoder.info.feature_dim, classes)
        optimizer = torch.optim.SGD(layer.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
        schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, list(MILESTONES), DECAY)
        parts = (self.probe.train, self.probe.valid)
        labels = torch.from_numpy(np.concatenate([self.probe.labels(part) for part in parts]))
        truth, views, unseen = self.probe.labels(self.probe.test), [], torch.empty(0)
        best, seconds = (-1.0, 0.0), 0.0
        for epoch in range(EPOCHS):
            start = time.process_time()
            if epoch < drawn:
                views.append(torch.cat([self.features(part, self.augmented) for part in parts]))
                unseen = self.features(self.probe.test, self.plain)
            for batch in torch.split(torch.randperm(len(labels)), BATCH_SIZE):
                loss = torch.nn.functional.cross_entropy(
                    layer(views[epoch % drawn][batch]), labels[batch]
                )
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            schedule.step()
            with torch.inference_mode():
                predicted = layer(unseen).argmax(1).numpy()
            best = max(best, accuracy_and_uar(truth, predicted, classes))
            if epoch < drawn:
                seconds += time.process_time() - start
                print(f"as released: {epoch + 1} of {drawn} drawn epochs, {seconds:.0f} s")
        return Outcome(seconds / drawn * EPOCHS, *best)

    def features(self, part: FaceDataset, transform: transforms.Compose) -> Tensor:
        """Read the images of a part one by one and encode them batch by batch."""
        rows = []
        with torch.inference_mode():
            for batch in torch.split(torch.arange(len(part)), BATCH_SIZE):
                pictures = (to_pil_image(part.images.read(int(i))) for i in batch)
                images = torch.stack([transform(picture.convert("RGB")) for picture in pictures])
                rows.append(self.encoder(images))
        return torch.cat(rows)


def ours(encoder: Encoder, source: Source, protocol: str) -> Outcome:
    """Run the evaluation as a recipe does, on an encoder that has seen nothing yet."""
    start = time.process_time()
    context = EvaluationContext(source, encoder.info.input_size).with_encoders(encoder, {})
    (target,) = LinearProbe(protocol=protocol)(context).targets
    return Outcome(time.process_time() - start, target.trained.accuracy, target.trained.uar)


def write_faces(folder: Path, train: int, size: int) -> None:
    """Write synthetic faces as PNG files, in a folder for each split and expression."""
    faces = synthetic_faces(size=size, train=train, test=train // 4)
    for split, of_split in (("train", faces.in_split("train")), ("test", faces.in_split("test"))):
        for number, pixels in enumerate(decode(of_split, size)):
            file = folder / split / of_split.take(np.array([number])).expressions[0]
            file.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(file / f"{number:06}.png")


def random_encoder(size: int) -> Encoder:
    """Return a ResNet-18 of random weights."""
    torch.manual_seed(0)
    info = EncoderInfo(
        backbone="resnet18",
        backbone_options={},
        input_size=size,
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        feature_dim=512,
    )
    return Encoder(build_backbone("resnet18"), info).eval()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--ferplus", type=Path, help="folder of FERPlus; else synthetic faces")
    parser.add_argument("--encoder", type=Path, help="an encoder's file; else random weights")
    parser.add_argument("--images", type=int, default=2000, help="synthetic faces to train on")
    parser.add_argument("--size", type=int, default=48, help="side of synthetic faces")
    parser.add_argument("--drawn", type=int, default=1, help="epochs that go through the images")
    given = parser.parse_args()
    torch.set_num_threads(1)
    encoder = Encoder.load(given.encoder) if given.encoder else random_encoder(given.size)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CRS_CACHE"] = str(Path(folder, "cache"))
        source: Source
        if given.ferplus:
            source = partial(ferplus, root=given.ferplus, valid_as_test=True)
        else:
            write_faces(Path(folder, "faces"), given.images, given.size)
            source = partial(image_folder, root=Path(folder, "faces"))
        outcomes = {"ours": ours(encoder, source, "default")}
        print(f"ours: {outcomes['ours'].seconds:.0f} s")
        outcomes["released, features once"] = ours(encoder, source, "released")
        context = EvaluationContext(source, encoder.info.input_size)
        probe = probe_data(context.open(None), None, validation_fraction=0.2, seed=0)
        outcomes["as released"] = AsReleased(encoder, probe, 0).run(given.drawn)
    trained, tested = len(probe.train) + len(probe.valid), len(probe.test)
    table: Table = Table("protocol", "CPU s", "s / ours", "accuracy %", "UAR %")
    for name, outcome in outcomes.items():
        table.add_row(
            name,
            f"{outcome.seconds:,.1f}",
            f"{outcome.seconds / outcomes['ours'].seconds:.1f}",
            f"{100 * outcome.accuracy:.1f}",
            f"{100 * outcome.uar:.1f}",
        )
    print(f"{trained:,} training and {tested:,} test images of {probe.train.name}")
    Console().print(table)
    print(
        f"as released: {given.drawn} of {EPOCHS} epochs went through the images, the seconds of the"
        f" others are theirs; best epoch by TEST accuracy; load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
