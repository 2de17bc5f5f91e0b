"""Time and memory of starting with very many records, in a fresh process.

    python tests/benchmarks/bench_records.py               # a million; minutes to make the files
    python tests/benchmarks/bench_records.py --records 500 # does it run?

A tree of image files (hard links to a few) and a table of them are generated. Then a process opens
the table, looks at every file's size and date for the key of the cache, makes the order of the
first epoch and its first batch of indices: all that a run does before it reads an image. Memory is
what the process has grown by since its imports, at the end and at its highest.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.table import Table

LINKS_TO_ONE = 20_000
IN_A_FOLDER = 1_000
EXPRESSIONS = ("happiness", "anger", "neutral", "surprise", "sadness", "fear", "disgust")


def made(root: Path, records: int) -> None:
    """Make the files and the table; images 0 of each folder are ordinary, the others links."""
    with (root / "table.csv").open("w") as table:
        table.write("path,label,subject\n")
        for number in range(records):
            name = f"images/{number // IN_A_FOLDER:04d}/face_{number:08d}.png"
            path = root / name
            if number % IN_A_FOLDER == 0:
                path.parent.mkdir(parents=True)
            if number % LINKS_TO_ONE == 0:
                original = path
                Image.new("L", (8, 8), number % 256).save(path)
            else:
                os.link(original, path)
            label = EXPRESSIONS[number % len(EXPRESSIONS)]
            table.write(f"{name},{label},person {number // 10}\n")


def memory(kind: str) -> int:
    """Return the present (VmRSS) or highest (VmHWM) size of this process in bytes, on Linux."""
    found = re.search(rf"{kind}:\s+(\d+)", Path("/proc/self/status").read_text())
    return 1024 * int(found[1]) if found else 0


def started(root: Path) -> dict[str, float]:
    """Start as a run does, and return seconds and bytes."""
    import torch

    from crs_plugin.data.cache.fingerprints import fingerprints, key_of
    from crs_plugin.data.datasets.table import table
    from crs_plugin.data.decoded_images import DecodedImages
    from crs_plugin.data.streaming import StreamedImages
    from crs_plugin.pretraining.batches import RunBatches

    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is the present size
    before, clock, cpu = memory("VmRSS"), [time.perf_counter()], time.process_time()
    faces = table(root=root, file="table.csv", subject_column="subject")
    clock.append(time.perf_counter())
    prints = fingerprints(faces.images)
    assert prints is not None
    key_of(prints, 60)
    clock.append(time.perf_counter())
    ids = torch.from_numpy(faces.fine.astype("int64"))
    images = DecodedImages(StreamedImages(faces.images, 60, 1), "")
    batches = RunBatches(images, ids, ids, sampler=None, batch_size=64, seed=0)
    next(batches._indices(0))
    clock.append(time.perf_counter())
    steps = zip(("opened", "files looked at", "order made"), clock, clock[1:], strict=False)
    return {
        **{name: end - start for name, start, end in steps},
        "start": clock[-1] - clock[0],
        "of it on a core": time.process_time() - cpu,
        "bytes": (memory("VmRSS") - before) / len(faces),
        "bytes at most": (memory("VmHWM") - before) / len(faces),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the files are, or are to be made")
    parser.add_argument("--start", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.start:
        print(json.dumps(started(arguments.start)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        root = arguments.folder or Path(temporary)
        if not (root / "table.csv").is_file():
            root.mkdir(exist_ok=True)
            made(root, arguments.records)
        command = [sys.executable, __file__, "--start", str(root)]
        measured = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    shown = Table(*measured, title=f"{arguments.records:,} records: seconds; bytes a record")
    shown.add_row(*(f"{value:.2f}" for value in measured.values()))
    Console().print(shown)


if __name__ == "__main__":
    main()
