"""Seconds on one core to look for copies among very many faces.

    python tests/benchmarks/bench_duplicates.py               # 100,000 faces, about two minutes
    python tests/benchmarks/bench_duplicates.py --images 500  # does it run?

Faces are made of noise with the spectrum of photographs around one mean face, so that they are as
alike as aligned photographs are: a twentieth of them are copies of others, in other light, mirrored
or cropped by three hundredths. Seconds are those of the processor, for the machine may be busy.
"""

import argparse
import time
from collections.abc import Callable
from typing import TypeVar

import torch
from rich.console import Console
from rich.table import Table

from crs_plugin.data.decoded_images import DecodedImages
from crs_plugin.data.leakage.marks import marks
from crs_plugin.data.leakage.near_copies import near_copies
from crs_plugin.data.leakage.needed_similarity import needed_similarity

T = TypeVar("T")
CHUNK = 2000


def made(n: int, size: int) -> torch.Tensor:
    """Return faces uint8 ``[n, 1, size, size]``; each of the last twentieth is a copy of one."""
    generator = torch.Generator().manual_seed(0)
    side = torch.fft.fftfreq(size)[:, None] ** 2 + torch.fft.rfftfreq(size)[None] ** 2
    amplitude = 1 / side.clamp(min=1 / size**2).sqrt()
    amplitude[0, 0] = 0
    copies = n // 20
    pixels = torch.empty(n, 1, size, size, dtype=torch.uint8)

    def drawn(count: int) -> torch.Tensor:
        noise = torch.randn(count, size, size, generator=generator)
        shaped = torch.fft.irfft2(torch.fft.rfft2(noise) * amplitude, s=(size, size))
        return shaped / shaped.std(dim=(1, 2), keepdim=True)

    mean = drawn(1)
    for start in range(0, n, CHUNK):
        faces = 0.5 * mean + 0.85 * drawn(min(CHUNK, n - start))
        pixels[start : start + CHUNK, 0] = (128 + 45 * faces).clamp(0, 255).byte()
    for number in range(copies):
        pixels[n - copies + number] = _copied(pixels[number], number)
    return pixels


def _copied(face: torch.Tensor, number: int) -> torch.Tensor:
    if number % 3 == 0:
        return (0.8 * face.float() + 30).byte()
    if number % 3 == 1:
        return face.flip(2)
    size = face.shape[-1]
    edge = round(0.03 * size)
    crop = face[None, :, edge:, edge:].float()
    grown = torch.nn.functional.interpolate(crop, (size, size), mode="bilinear", antialias=True)
    return grown[0].byte()


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what comes of it, and its seconds of the processor."""
    started = time.process_time()
    return work(), time.process_time() - started


def nobody(*_: object) -> None:
    """Hear of progress."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=48, help="side of the faces in pixels")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    pixels = made(arguments.images, arguments.size)
    found, looking = timed(lambda: marks(DecodedImages(pixels, ""), nobody))
    copies = len(pixels) // 20
    near, searching = timed(lambda: near_copies(found.miniatures, nobody))
    half = len(pixels) // 2
    needed, judging = timed(
        lambda: needed_similarity(found.miniatures[:half], found.miniatures[half:])
    )
    pairs = set(
        zip(
            near.first[near.similarity >= needed].tolist(),
            near.second[near.similarity >= needed].tolist(),
            strict=True,
        )
    )
    true = {(number, len(pixels) - copies + number) for number in range(copies)}
    shown = Table(title=f"{len(pixels):,} faces of {arguments.size} px, seconds on one core")
    for name in ("looked at", "searched", "judged", "copies found", "false alarms"):
        shown.add_column(name, justify="right")
    shown.add_row(
        *(f"{seconds:.1f}" for seconds in (looking, searching, judging)),
        f"{len(pairs & true):,} of {copies:,}",
        f"{len(pairs - true):,}",
    )
    Console().print(shown)


if __name__ == "__main__":
    main()
