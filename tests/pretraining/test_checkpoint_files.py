"""A damaged checkpoint is recognised, and the one before is used."""

from pathlib import Path

import pytest
import torch

from crs_plugin.errors import InputError
from crs_plugin.pretraining.checkpoint_files import (
    LAST_CHECKPOINT,
    PREVIOUS_CHECKPOINT,
    damage,
    usable_checkpoint,
)
from crs_plugin.pretraining.checkpoint_io import AtomicCheckpointIO


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for step in (1, 2, 3):
        checkpoint = {"step": step, "weights": torch.arange(1000.0)}
        AtomicCheckpointIO().save_checkpoint(checkpoint, tmp_path / LAST_CHECKPOINT)
    return tmp_path


def step_of(path: Path | None) -> int:
    assert path is not None
    step: int = AtomicCheckpointIO().load_checkpoint(path)["step"]
    return step


def test_the_last_but_one_is_kept(folder: Path) -> None:
    assert step_of(folder / LAST_CHECKPOINT) == 3
    assert step_of(folder / PREVIOUS_CHECKPOINT) == 2
    said: list[str] = []
    assert step_of(usable_checkpoint(folder, said.append)) == 3
    assert said == []


@pytest.mark.parametrize("length", [0, 1, 1000, 4096])
def test_of_one_that_is_cut_off_the_one_before_is_used(folder: Path, length: int) -> None:
    last = folder / LAST_CHECKPOINT
    last.write_bytes(last.read_bytes()[:length])
    said: list[str] = []
    assert step_of(usable_checkpoint(folder, said.append)) == 2
    (line,) = said
    assert "last.ckpt is damaged:" in line
    assert line.endswith("going on from the one before, previous.ckpt")


def test_a_flipped_bit_is_found_or_does_no_harm(folder: Path) -> None:
    last = folder / LAST_CHECKPOINT
    whole = last.read_bytes()
    expected = AtomicCheckpointIO().load_checkpoint(last)
    found = 0
    for place in range(0, len(whole), 97):
        broken = bytearray(whole)
        broken[place] ^= 1 << place % 8
        last.write_bytes(broken)
        if damage(last):
            found += 1
        else:
            loaded = AtomicCheckpointIO().load_checkpoint(last)
            assert loaded["step"] == expected["step"]
            assert torch.equal(loaded["weights"], expected["weights"])
    assert found > 30


def test_one_that_is_missing_after_a_kill_is_not_missed(folder: Path) -> None:
    (folder / LAST_CHECKPOINT).unlink()
    said: list[str] = []
    assert step_of(usable_checkpoint(folder, said.append)) == 2
    assert "last.ckpt is missing" in said[0]


def test_none_at_all_is_none(tmp_path: Path) -> None:
    assert usable_checkpoint(tmp_path, print) is None


def test_all_damaged_are_told(folder: Path) -> None:
    for name in (LAST_CHECKPOINT, PREVIOUS_CHECKPOINT):
        (folder / name).write_bytes(b"")
    with pytest.raises(InputError, match=r"last\.ckpt is damaged; .*previous\.ckpt is damaged"):
        usable_checkpoint(folder, print)
