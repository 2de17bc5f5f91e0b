from types import SimpleNamespace

import pytest
import torch

from crs_plugin.errors import InputError
from crs_plugin.pretraining.checkpoint_io import AtomicCheckpointIO


def test_round_trip_and_removal(tmp_path):
    path = tmp_path / "new" / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"a": torch.arange(3), "b": [1, {"c": None}]}, path)
    loaded = AtomicCheckpointIO().load_checkpoint(path)
    assert loaded["a"].tolist() == [0, 1, 2]
    assert loaded["b"] == [1, {"c": None}]
    AtomicCheckpointIO().remove_checkpoint(path)
    assert not path.exists()


class Killed(BaseException):
    pass


def test_killed_while_writing_the_old_one_stays(tmp_path, monkeypatch):
    path = tmp_path / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"step": 1}, path)

    def half(checkpoint, target):
        target.write(b"half")
        raise Killed

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(Killed):
        AtomicCheckpointIO().save_checkpoint({"step": 2}, path)
    assert AtomicCheckpointIO().load_checkpoint(path) == {"step": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["last.ckpt"]


def test_objects_are_refused_before_they_replace_anything(tmp_path):
    path = tmp_path / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"step": 1}, path)
    with pytest.raises(TypeError, match="tensors and plain types only"):
        AtomicCheckpointIO().save_checkpoint({"odd": SimpleNamespace(a=1)}, path)
    assert AtomicCheckpointIO().load_checkpoint(path) == {"step": 1}


def test_objects_are_never_unpickled(tmp_path):
    path = tmp_path / "last.ckpt"
    torch.save({"odd": SimpleNamespace(a=1)}, path)
    with pytest.raises(InputError, match="cannot be read"):
        AtomicCheckpointIO().load_checkpoint(path, weights_only=False)


@pytest.mark.parametrize("content", [b"", b"no checkpoint at all", None])
def test_damaged_or_missing(content, tmp_path):
    path = tmp_path / "last.ckpt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"last\.ckpt"):
        AtomicCheckpointIO().load_checkpoint(path)
