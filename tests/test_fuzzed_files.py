"""Broken and malicious files of networks, features and runs, by every door that opens one."""

import pathlib
import pickle
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mutation import TRIED, flipped, opened_or_refused, scrambled
from tiny_encoder import classifier_for, tiny_encoder

from crs_plugin.evaluation.features.stored_features import read_features
from crs_plugin.models import Classifier, Encoder, build_backbone
from crs_plugin.models.checkpoint_import import import_checkpoint
from crs_plugin.models.open_encoder import open_encoder
from crs_plugin.pretraining.checkpoint_files import damage
from crs_plugin.pretraining.checkpoint_io import AtomicCheckpointIO

DOORS: dict[str, Callable[[Path], Any]] = {
    "encoder": Encoder.load,
    "checkpoint as an encoder": lambda path: open_encoder(str(path)),
    "import of a checkpoint": import_checkpoint,
    "weights of a backbone": lambda path: build_backbone("resnet18", weights=path),
    "weights of a toolkit": lambda path: open_encoder(f"torchvision/resnet18:{path}"),
    "classifier": Classifier.load,
    "checkpoint of a run": AtomicCheckpointIO().load_checkpoint,
    "features": read_features,
}
"""Whatever opens a file that somebody else may have written."""

KIBIBYTES = 4096


def npy(path: Path) -> None:
    np.save(path, np.random.default_rng(0).normal(size=(200, 24)).astype(np.float32))


def checkpoint(path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    weights = {
        "conv1.weight": torch.randn(64, 3, 7, 7, generator=generator),
        "layer1.0.conv1.weight": torch.randn(64, 64, 3, 3, generator=generator),
    }
    torch.save({"model": weights, "epoch": 3, "state_dict": {}}, path)


def safetensors(path: Path) -> None:
    tiny_encoder(width=300).save(path)


CONTENTS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "encoder": ("e.safetensors", safetensors),
    "checkpoint as an encoder": ("c.pth", checkpoint),
    "import of a checkpoint": ("c.ckpt", checkpoint),
    "weights of a backbone": ("w.pt", checkpoint),
    "weights of a toolkit": ("w.safetensors", safetensors),
    "classifier": (
        "c.safetensors",
        lambda path: classifier_for(tiny_encoder(width=4000)).save(path),
    ),
    "checkpoint of a run": ("last.ckpt", checkpoint),
    "features": ("f.npy", npy),
}
"""Door → name of a file that it opens (or of weights that do not fit), and what writes it."""


def refusal(door: str, path: Path) -> str | None:
    """Return the message with which a file is refused; None if it is opened."""
    return opened_or_refused(lambda: DOORS[door](path))[1] or None


@pytest.fixture(params=DOORS)
def door(request) -> str:
    return request.param


def test_cut_off_at_every_fourth_kibibyte_a_file_is_refused(door: str, tmp_path: Path) -> None:
    name, write = CONTENTS[door]
    path = tmp_path / name
    write(path)
    size = path.stat().st_size
    assert size > 4 * KIBIBYTES
    with path.open("r+b") as file:
        for length in range(size - 1 - (size - 1) % KIBIBYTES, -1, -KIBIBYTES):
            file.truncate(length)
            file.flush()
            message = refusal(door, path)
            assert message is not None, length
            assert str(path) in message


def test_fuzzed_files_are_opened_or_refused(door: str, tmp_path: Path) -> None:
    name, write = CONTENTS[door]
    path = tmp_path / name
    write(path)
    content, draw = path.read_bytes(), random.Random(door)
    # Half of the changes where the structure is: at the beginning, and at the end of an archive.
    edges = 2048
    for _ in range(TRIED):
        head, middle, tail = content[:edges], content[edges:-edges], content[-edges:]
        change = draw.choice([flipped, flipped, scrambled])
        where = draw.randrange(4)
        if where == 0:
            head = change(head, draw)
        elif where == 1:
            tail = change(tail, draw)
        else:
            middle = change(middle, draw)
        path.write_bytes(head + middle + tail)
        message = refusal(door, path)
        assert message is None or str(path) in message


class Evil:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return pathlib.Path.touch, (self.trace,)


def zipped(evil: Evil, path: Path) -> None:
    torch.save({"state_dict": {"conv1.weight": torch.zeros(2)}, "odd": evil}, path)


def legacy(evil: Evil, path: Path) -> None:
    torch.save({"odd": evil}, path, _use_new_zipfile_serialization=False)


def bare(evil: Evil, path: Path) -> None:
    path.write_bytes(pickle.dumps(evil))


def array(evil: Evil, path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.array([evil], dtype=object), allow_pickle=True)


@pytest.mark.parametrize("kind", [zipped, legacy, bare, array])
@pytest.mark.parametrize("suffix", [None, ".pth", ".ckpt", ".pt", ".safetensors", ".npy", ".onnx"])
def test_pickles_are_never_executed(door: str, kind, suffix: str | None, tmp_path: Path) -> None:
    path = tmp_path / CONTENTS[door][0]
    if suffix is not None:
        path = path.with_suffix(suffix)
    trace = tmp_path / "touched"
    kind(Evil(trace), path)
    message = refusal(door, path)
    assert message is not None
    assert str(path) in message
    assert not trace.exists()
    assert door != "checkpoint of a run" or damage(path)
    assert not trace.exists()


def test_the_trap_works(tmp_path: Path) -> None:
    zipped(Evil(tmp_path / "touched"), tmp_path / "c.pth")
    torch.load(tmp_path / "c.pth", weights_only=False)
    assert (tmp_path / "touched").exists()
