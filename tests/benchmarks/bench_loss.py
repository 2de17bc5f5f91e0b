"""Time and memory of the CRS-CONT loss beside its peers, as ratios in one run.

    python tests/benchmarks/bench_loss.py                # the table; about a minute
    python tests/benchmarks/bench_loss.py --device cuda  # on a GPU
    python tests/benchmarks/bench_loss.py --sizes 64     # does it run?

All are given the same float32 embeddings [N, 128] on the unit sphere in four classes, and do a
forward and a backward pass. Rounds of all peers alternate, so that whatever else the machine does
meets all of them; the median of a peer's rounds counts.
"""

import argparse
import multiprocessing
import re
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from clocks import clock_of
from pytorch_metric_learning.losses import SupConLoss
from pytorch_metric_learning.reducers import ClassWeightedReducer
from rich.console import Console
from rich.table import Table
from torch import Tensor

from crs_plugin.losses import crs_cont_loss

WIDTH, CLASSES, TEMPERATURE = 128, 4, 0.07
WEIGHTS = torch.tensor([1.0, 0.5, 1.0, 1.0])
Loss = Callable[[Tensor, Tensor], Tensor]


def ours(z: Tensor, y: Tensor) -> Tensor:
    return crs_cont_loss(z, y, WEIGHTS.to(z.device), TEMPERATURE)


def pml(z: Tensor, y: Tensor) -> Tensor:
    supcon = SupConLoss(TEMPERATURE, reducer=ClassWeightedReducer(WEIGHTS.to(z.device)))
    loss: Tensor = supcon(z, y)
    return loss


def dense(z: Tensor, y: Tensor) -> Tensor:
    """The usual textbook form."""
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    s = (z @ z.T / TEMPERATURE).masked_fill(itself, -torch.inf)
    log_probability = torch.log_softmax(s, dim=1)
    positives = (y[:, None] == y) & ~itself
    pull = log_probability.masked_fill(~positives, 0).sum(dim=1) / positives.sum(dim=1)
    return -(WEIGHTS.to(z.device)[y] * pull).mean()


def bare_products(z: Tensor, y: Tensor) -> Tensor:
    """What no exact loss with linear memory can do without: products alone, nothing between them.

    The triangle of similarities forward, again backward, and its products with the embeddings.
    """
    return _BareProducts.apply(z)


class _BareProducts(torch.autograd.Function):
    ROWS, COLUMNS = 256, 2048

    @classmethod
    def blocks(cls, n: int) -> Iterator[tuple[slice, slice]]:
        for top in range(0, n, cls.ROWS):
            for left in range(top, n, cls.COLUMNS):
                yield slice(top, min(top + cls.ROWS, n)), slice(left, min(left + cls.COLUMNS, n))

    @classmethod
    def product(cls, z: Tensor, rows: slice, columns: slice, buffer: Tensor) -> Tensor:
        height, width = rows.stop - rows.start, columns.stop - columns.start
        return torch.mm(z[rows], z[columns].T, out=buffer[: height * width].view(height, width))

    @staticmethod
    def forward(ctx, z: Tensor) -> Tensor:
        ctx.save_for_backward(z)
        cls = _BareProducts
        buffer = z.new_empty(cls.ROWS * cls.COLUMNS)
        for rows, columns in cls.blocks(len(z)):
            cls.product(z, rows, columns, buffer)
        return z.new_zeros(())

    @staticmethod
    def backward(ctx, g: Tensor) -> Tensor:
        (z,) = ctx.saved_tensors
        cls = _BareProducts
        gradient = torch.zeros_like(z)
        buffer = z.new_empty(cls.ROWS * cls.COLUMNS)
        for rows, columns in cls.blocks(len(z)):
            s = cls.product(z, rows, columns, buffer)
            gradient[rows].addmm_(s, z[columns])
            beyond = slice(max(rows.stop, columns.start), columns.stop)
            if beyond.start < beyond.stop:
                gradient[beyond].addmm_(s[:, beyond.start - columns.start :].T, z[rows])
        return gradient


PEERS: dict[str, Loss] = {"ours": ours, "PML": pml, "dense": dense, "bare": bare_products}


def batch(rows: int, device: str) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(rows)
    z = F.normalize(torch.randn(rows, WIDTH, generator=generator), dim=1).to(device)
    y = torch.randint(0, CLASSES, (rows,), generator=generator).to(device)
    return z.requires_grad_(), y


def one_pass(loss: Loss, z: Tensor, y: Tensor) -> float:
    z.grad = None
    now = clock_of(z.device.type)
    start = now()
    loss(z, y).backward()
    return now() - start


def times(rows: int, rounds: int, device: str) -> dict[str, float]:
    """Return the median seconds of a forward and backward pass of each peer."""
    z, y = batch(rows, device)
    seconds: dict[str, list[float]] = {name: [] for name in PEERS}
    for round_ in range(rounds + 1):
        for name, loss in PEERS.items():
            elapsed = one_pass(loss, z, y)
            if round_ > 0:  # the first one warms up
                seconds[name].append(elapsed)
    return {name: statistics.median(values) for name, values in seconds.items()}


def _extra_memory(peer: str, rows: int, device: str) -> int:
    z, y = batch(rows, device)
    one_pass(PEERS[peer], *batch(32, device))  # whatever a first pass takes for good
    _forget_peak(device)
    before = _peak(device)
    one_pass(PEERS[peer], z, y)
    return _peak(device) - before


def _forget_peak(device: str) -> None:
    """Make the present size the peak so far."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    else:
        Path("/proc/self/clear_refs").write_text("5")


def _peak(device: str) -> int:
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"VmHWM:\s+(\d+)", status)[1])


def extra_memory(peer: str, rows: int, device: str) -> int:
    """Return the bytes that a pass takes, in a fresh process: of the GPU, or of Linux's memory."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_extra_memory, (peer, rows, device))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 1024, 4096, 8192])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--huge", type=int, default=None, help="also time ours alone at this N")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    table = Table(
        "N", "ours ms", "PML / ours", "dense / ours", "bare / ours", "memory MB", "of PML's"
    )
    for rows in arguments.sizes:
        seconds = times(rows, arguments.rounds, arguments.device)
        memory = {peer: extra_memory(peer, rows, arguments.device) for peer in ("ours", "PML")}
        ratios = [f"{seconds[peer] / seconds['ours']:.2f}" for peer in ("PML", "dense", "bare")]
        share = f"{memory['ours'] / max(memory['PML'], 1):.1%}"
        table.add_row(
            f"{rows:,}",
            f"{1000 * seconds['ours']:.2f}",
            *ratios,
            f"{memory['ours'] / 1e6:.0f}",
            share,
        )
    Console().print(table)
    if arguments.huge:
        memory = extra_memory("ours", arguments.huge, arguments.device)
        seconds_of_ours = one_pass(ours, *batch(arguments.huge, arguments.device))
        print(f"N = {arguments.huge:,}: {seconds_of_ours:.1f} s, {memory / 1e6:.0f} MB more")


if __name__ == "__main__":
    main()
