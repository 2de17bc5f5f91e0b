"""Shards of very many records: time and memory of opening them, and of an epoch that is streamed.

    python tests/benchmarks/bench_shards.py                # a million; 2 GB, half an hour
    python tests/benchmarks/bench_shards.py --records 2500 # does it run?

Records of a few tiny images are written. Then two fresh processes open the shards, one in their
folder and one over HTTP from this machine, and read all batches of the first epoch by worker
processes, in the order of a run. Memory is what the process has grown by since its imports, a
record: once the shards are open, and at its highest in the epoch, while an order is drawn. Then by
how much it, and the largest worker, is larger after nine tenths of the epoch than after one. Kept
is the most that fetched shards took.
"""

import argparse
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

DIFFERENT = 50
BATCH = 64
KEPT = "200MB"


def written(folder: Path, records: int) -> float:
    """Write the shards, and return the seconds that it took."""
    from crs_plugin.data.dataset import FaceDataset
    from crs_plugin.data.images import FileImages
    from crs_plugin.data.shards.shard_writing import write_shards

    with tempfile.TemporaryDirectory() as root:
        for number in range(DIFFERENT):
            pixels = np.random.default_rng(number).integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(Path(root) / f"{number}.png")
        numbers = np.arange(records)
        paths = np.array([f"{number}.png".encode() for number in range(DIFFERENT)])
        faces = FaceDataset(
            "records",
            FileImages(Path(root), paths[numbers % DIFFERENT]),
            (numbers % 7).astype(np.int16),
            np.zeros(records, np.int8),
            (numbers // 10).astype(np.int32),
        )
        start = time.perf_counter()
        write_shards(faces, folder, size=1000)
        return time.perf_counter() - start


def memory(kind: str, process: int | str = "self") -> int:
    """Return the present (VmRSS) or highest (VmHWM) size of a process in bytes, on Linux."""
    found = re.search(rf"{kind}:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    return 1024 * int(found[1]) if found else 0


def measured(place: dict[str, str]) -> dict[str, float]:
    """Open shards and read an epoch of them; return seconds, bytes and images a second."""
    import torch

    from crs_plugin.data.datasets.shards import shards
    from crs_plugin.data.decoded_images import DecodedImages
    from crs_plugin.data.shards.fetched import copies
    from crs_plugin.data.streaming import StreamedImages
    from crs_plugin.miners.samplers.uniform import uniform
    from crs_plugin.pretraining.batches import RunBatches

    def kept() -> int:
        return sum(copy.bytes for copy in copies())

    def grown() -> float:
        return (memory("VmRSS") - before) / len(faces)

    before, start = memory("VmRSS"), time.perf_counter()
    faces = shards(**place)
    opened = time.perf_counter() - start
    bytes_open = grown()
    ids = torch.from_numpy(faces.fine.astype("int64"))
    images = DecodedImages(StreamedImages(faces.images, 8, 1), "")
    numbers = images.shards()
    batches = RunBatches(
        images, ids, ids, sampler=lambda _, __: uniform(ids, numbers), batch_size=BATCH, seed=0
    )
    most_kept, most_bytes = 0, 0.0
    sizes: list[list[int]] = []
    start = time.perf_counter()
    for number, _ in zip(range(len(batches)), batches, strict=False):
        if number in (len(batches) // 10, len(batches) * 9 // 10):
            workers = [worker.pid for worker in multiprocessing.active_children()]
            sizes.append([memory("VmRSS", process) for process in ("self", *workers)])
        if number % 50 == 0:
            most_kept, most_bytes = max(most_kept, kept()), max(most_bytes, grown())
    seconds = time.perf_counter() - start
    return {
        "opened in s": opened,
        "bytes once open": bytes_open,
        "bytes at most": most_bytes,
        "MB it grew by": (sizes[-1][0] - sizes[0][0]) / 1e6,
        "MB a worker grew by": (max(sizes[-1][1:]) - max(sizes[0][1:])) / 1e6,
        "images a second": len(batches) * BATCH / seconds,
        "MB kept": most_kept / 1e6,
    }


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Offer a folder over HTTP, and yield its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("localhost", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the shards are, or are to be made")
    parser.add_argument("--place", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.place:
        print(json.dumps(measured(arguments.place)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary) / "shards"
        seconds = 0.0 if (folder / "shards.json").is_file() else written(folder, arguments.records)
        found = {}
        with served(folder) as url:
            for where, place in {
                "in a folder": {"root": str(folder)},
                "HTTP": {"url": url},
            }.items():
                done = subprocess.run(
                    [sys.executable, __file__, "--place", json.dumps(place)],
                    check=True,
                    stdout=subprocess.PIPE,
                    env=os.environ | {"CRS_CACHE": f"{temporary}/cache", "CRS_CACHE_LIMIT": KEPT},
                )
                found[where] = json.loads(done.stdout)
    title = f"{arguments.records:,} records" + (f", written in {seconds:.0f} s" if seconds else "")
    shown = Table("", *found["HTTP"], title=title)
    for where, values in found.items():
        shown.add_row(where, *(f"{value:,.1f}" for value in values.values()))
    Console().print(shown)


if __name__ == "__main__":
    main()
