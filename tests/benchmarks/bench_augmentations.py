"""Time of two views by the FER augmentations beside Kornia's and torchvision's, as ratios.

    python tests/benchmarks/bench_augmentations.py                      # the table; some minutes
    python tests/benchmarks/bench_augmentations.py --device cuda        # on a GPU
    python tests/benchmarks/bench_augmentations.py --batch 4 --rounds 1 # does it run?

All make two normalised views of the same images. Kornia gets five augmentations in an
``AugmentationSequential``; torchvision's v1 transforms get PIL images one by one, in this process,
and bring the views to the device. Rounds of all peers alternate, so that whatever else the machine
does meets all of them; the median of a peer's rounds counts.
"""

import argparse
import statistics
from collections.abc import Callable

import torch
from clocks import clock_of
from kornia.augmentation import (
    AugmentationSequential,
    ColorJitter,
    Normalize,
    RandomGrayscale,
    RandomHorizontalFlip,
    RandomResizedCrop,
)
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torchvision import transforms

from crs_plugin.augmentations import FERTwoViews
from crs_plugin.normalisation import IMAGENET_MEAN, IMAGENET_STD

SCALE, RATIO, JITTER = (0.5, 1.0), (3 / 4, 4 / 3), (0.4, 0.4, 0.4, 0.1)
Views = Callable[[Tensor], object]


def ours(size: int, device: str) -> Views:
    return FERTwoViews(size).to(device)


def compiled(size: int, device: str) -> Views:
    augment = FERTwoViews(size).to(device)
    augment.compile()
    return augment


def kornia(size: int, device: str) -> Views:
    augment = AugmentationSequential(
        RandomResizedCrop((size, size), scale=SCALE, ratio=RATIO),
        RandomHorizontalFlip(p=0.5),
        ColorJitter(*JITTER, p=0.8),
        RandomGrayscale(p=0.2),
        Normalize(mean=list(IMAGENET_MEAN), std=list(IMAGENET_STD)),
    )

    def views(images: Tensor) -> object:
        floats = images.float() / 255
        return augment(floats), augment(floats)

    return views


def torchvision(size: int, device: str) -> Views:
    augment = transforms.Compose(
        [
            transforms.RandomResizedCrop(size, scale=SCALE, ratio=RATIO),
            transforms.RandomHorizontalFlip(p=0.5),
            transforms.RandomApply([transforms.ColorJitter(*JITTER)], p=0.8),
            transforms.RandomGrayscale(p=0.2),
            transforms.ToTensor(),
            transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )
    to_pil = transforms.ToPILImage()
    pictures: dict[int, list[object]] = {}

    def views(images: Tensor) -> object:
        if id(images) not in pictures:
            pictures[id(images)] = [to_pil(image) for image in images.cpu()]
        made = (torch.stack([augment(p) for p in pictures[id(images)]]) for _ in range(2))
        return tuple(views.to(images.device) for views in made)

    return views


PEERS = {"ours": ours, "compiled": compiled, "Kornia": kornia, "torchvision": torchvision}


def times(
    source: int, size: int, batch: int, rounds: int, peers: list[str], device: str
) -> dict[str, float]:
    """Return the median seconds of two views of a batch by each peer."""
    images = torch.randint(0, 256, (batch, 3, source, source), dtype=torch.uint8).to(device)
    now = clock_of(device)
    views = {name: PEERS[name](size, device) for name in peers}
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for round_ in range(rounds + 2):
        for name in peers:
            start = now()
            views[name](images)
            if round_ > 1:  # the first ones warm up, and compile
                seconds[name].append(now() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", nargs="+", default=["80:64", "128:112"], metavar="FROM:TO")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--without", nargs="+", default=[], choices=PEERS, help="leave peers out")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    peers = [name for name in PEERS if name not in arguments.without]
    table = Table("px", "", "ms", "views/s", "times as fast as Kornia", "as torchvision")
    for sizes in arguments.sizes:
        source, size = map(int, sizes.split(":"))
        seconds = times(source, size, arguments.batch, arguments.rounds, peers, arguments.device)
        for name, value in seconds.items():
            ratios = [
                f"{seconds[peer] / value:.2f}" if peer in seconds else ""
                for peer in ("Kornia", "torchvision")
            ]
            speed = f"{2 * arguments.batch / value:,.0f}"
            table.add_row(f"{source} → {size}", name, f"{1000 * value:.1f}", speed, *ratios)
    Console().print(table)


if __name__ == "__main__":
    main()
