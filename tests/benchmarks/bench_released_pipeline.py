"""Our pipeline beside a rewrite of the released one, in images a second, at the same size.

    python tests/benchmarks/bench_released_pipeline.py                 # 112 px; some minutes
    python tests/benchmarks/bench_released_pipeline.py --cpu-time      # on a busy machine
    python tests/benchmarks/bench_released_pipeline.py --size 32 --batch 8 --rounds 1   # runs?

Both train a ResNet-18 with the same heads and the same three terms on the same JPEG files. The
released pipeline decodes and augments image by image, with torchvision's transforms on PIL images,
in the worker processes of a DataLoader; its loss is dense, nothing is compiled, and memory is laid
out as PyTorch does by default. Ours is a run of ``pretrain`` on images that were decoded once,
which takes the time that is printed. Rounds of both alternate; a round of the released pipeline
starts with empty queues and ends with the step on its last batch, so that all work counts.

The parts, which are timed by themselves, say where the difference comes from: images (decoding and
augmentation of a batch; of the released pipeline's in this process, divided by the workers) and
network (forward, backward and optimiser of the backbone on tensors that are there).
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from alternating import Clock, module_of, train
from PIL import Image
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.models import resnet18

from crs_plugin.data import decode
from crs_plugin.data.datasets.image_folder import image_folder
from crs_plugin.data.datasets.synthetic_faces import synthetic_faces
from crs_plugin.expressions import ALL_EXPRESSIONS
from crs_plugin.normalisation import IMAGENET_MEAN, IMAGENET_STD
from crs_plugin.pretraining import TrainingSettings
from crs_plugin.recipe import load_recipe

CLASS_WEIGHTS = torch.tensor([1.0, 0.5, 1.0, 1.0])
TEMPERATURE = 0.07


class TwoCrops(Dataset):
    """Two augmented views of each JPEG file, as the released pipeline makes them."""

    def __init__(self, files: list[Path], size: int) -> None:
        self.files = files
        self.augment = transforms.Compose(
            [
                transforms.RandomResizedCrop(size, scale=(0.5, 1.0)),
                transforms.RandomHorizontalFlip(),
                transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
                transforms.RandomGrayscale(p=0.2),
                transforms.ToTensor(),
                transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
            ]
        )

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, int]:
        image = Image.open(self.files[index]).convert("RGB")
        return self.augment(image), self.augment(image), index % 4


class ReleasedNetwork(nn.Module):
    """ResNet-18, a projection head, and a coarse head on the normalised projections."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = resnet18()
        self.encoder.fc = nn.Identity()
        self.head = nn.Sequential(nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 128))
        self.linear_classifier = nn.Linear(128, 4)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        z = F.normalize(self.head(self.encoder(images)), dim=1)
        return z, self.linear_classifier(z)


def dense_loss(z: Tensor, y: Tensor, weights: Tensor) -> Tensor:
    """The method's contrastive loss by whole matrices."""
    itself = torch.eye(len(z), dtype=torch.bool)
    s = z @ z.T / TEMPERATURE
    s = s - s.max(dim=1, keepdim=True).values.detach()
    log_probability = s - s.exp().masked_fill(itself, 0).sum(dim=1, keepdim=True).log()
    positives = ((y[:, None] == y) & ~itself).float()
    pull = (positives * log_probability).sum(dim=1) / positives.sum(dim=1)
    return -(weights[y] * pull).mean()


class Released:
    """The released pipeline."""

    def __init__(self, files: list[Path], size: int, batch: int, workers: int) -> None:
        self.dataset = TwoCrops(files, size)
        self.loader = DataLoader(
            self.dataset, batch, shuffle=True, num_workers=workers, drop_last=True
        )
        self.network = ReleasedNetwork().train()
        self.optimizer = torch.optim.SGD(
            self.network.parameters(), lr=0.5, momentum=0.9, weight_decay=1e-4
        )

    def epoch(self) -> None:
        for first, second, y in self.loader:
            batch = len(y)
            z, logits = self.network(torch.cat([first, second]))
            q = F.normalize(logits.softmax(dim=1), dim=1)
            twice, ids = y.repeat(2), torch.arange(batch).repeat(2)
            loss = dense_loss(z, twice, CLASS_WEIGHTS) + F.cross_entropy(logits[:batch], y)
            loss = loss + 0.4 * dense_loss(q, ids, torch.ones(batch))
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()

    def network_step(self, images: Tensor) -> None:
        """A step of the encoder alone."""
        self.optimizer.zero_grad()
        features = self.network.encoder(images)
        features.backward(torch.randn_like(features) / len(features))
        self.optimizer.step()


def write_faces(folder: Path, count: int, size: int) -> list[Path]:
    """Write synthetic faces as JPEG files, a folder for each expression."""
    faces = synthetic_faces(size=size, train=count, test=0)
    files = []
    for pixels, fine in zip(decode(faces, size).numpy(), faces.fine, strict=True):
        file = folder / ALL_EXPRESSIONS[fine] / f"{len(files):06}.jpg"
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(np.moveaxis(pixels, 0, 2)).save(file, quality=95)
        files.append(file)
    return files


def timed(call: Callable[[], object], clock: Clock, times: int = 1) -> float:
    """Return the median seconds of some calls, after one that warms up where there are several."""
    seconds = []
    for _ in range(times + (times > 1)):
        start = clock()
        call()
        seconds.append(clock() - start)
    return statistics.median(seconds[times > 1 :])


def measure(
    given: argparse.Namespace, folder: Path
) -> tuple[dict[str, list[float]], dict[str, tuple[float, float]]]:
    """Return the seconds of a step of either in each round, and those of the parts of a step."""
    overrides = [f"augmentation.size={given.size}", f"training.batch_size={given.batch}"]
    recipe = load_recipe("crs_cont_resnet18", overrides)
    total = (given.rounds + 1) * given.steps + 1
    settings = TrainingSettings(
        precision="32-true",
        epochs=1,
        batch_size=given.batch,
        max_steps=total,
        compile=False,
        accelerator="cpu",
    )
    decoded_size = settings.decoded_size(given.size)
    files = write_faces(folder, given.batch * given.steps, decoded_size)
    faces = image_folder(root=folder)
    start = time.perf_counter()
    pixels = decode(faces, decoded_size)
    print(f"decoded once: {len(files):,} images in {time.perf_counter() - start:.1f} s, ours only")

    clock = time.process_time if given.cpu_time else time.perf_counter
    module = module_of(recipe, given.compile)
    released = Released(files, given.size, given.batch, given.workers)
    seconds: dict[str, list[float]] = {"released": []}
    repeats = total // given.steps + 1
    ids = torch.arange(len(pixels) * repeats) % 4
    seconds["ours"], parts = train(
        module,
        (pixels.repeat(repeats, 1, 1, 1), ids, ids),
        settings,
        rounds=given.rounds,
        steps=given.steps,
        pause=lambda: seconds["released"].append(timed(released.epoch, clock) / given.steps),
        clock=clock,
    )
    del seconds["released"][0]
    one_by_one = timed(lambda: [released.dataset[i] for i in range(given.batch)], clock, 3)
    views = torch.randn(2 * given.batch, 3, given.size, given.size)
    of_network = ("forward", "backward", "optimiser")
    return seconds, {
        "images": (
            one_by_one / max(given.workers, 1),
            parts["augmentation"] + parts["data wait"],
        ),
        "network": (
            timed(lambda: released.network_step(views), clock, 3),
            sum(parts[part] for part in of_network),
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--size", type=int, default=112, help="side of the views")
    parser.add_argument("--batch", type=int, default=128, help="images in a step")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=2, help="steps in a round of either")
    parser.add_argument("--workers", type=int, default=2, help="of the released pipeline")
    parser.add_argument("--compile", action="store_true", help="compile our network")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="count the process's CPU seconds, for a busy machine; one thread, no worker",
    )
    given = parser.parse_args()
    if given.cpu_time:
        given.threads, given.workers = 1, 0
    torch.set_num_threads(given.threads)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CRS_CACHE"] = str(Path(folder, "cache"))
        faces = Path(folder, "faces")
        faces.mkdir()
        seconds, parts = measure(given, faces)
    table: Table = Table("ms a step", "released", "ours", "released / ours")
    for part, (theirs, own) in parts.items():
        table.add_row(part, f"{1000 * theirs:.0f}", f"{1000 * own:.0f}", f"{theirs / own:.2f}")
    theirs, own = (statistics.median(seconds[name]) for name in ("released", "ours"))
    table.add_row("whole step", f"{1000 * theirs:.0f}", f"{1000 * own:.0f}", f"{theirs / own:.2f}")
    Console().print(table)
    ratios = [r / o for r, o in zip(seconds["released"], seconds["ours"], strict=True)]
    print(
        f"images/s: released {given.batch / theirs:.1f}, ours {given.batch / own:.1f}; ours /"
        f" released {statistics.median(ratios):.2f} (rounds {min(ratios):.2f} to"
        f" {max(ratios):.2f}); load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
