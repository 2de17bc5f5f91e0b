import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from crs_plugin.data.cache import fingerprints as module
from crs_plugin.data.cache.fingerprints import fingerprints, key_of
from crs_plugin.data.dataset import concatenate
from crs_plugin.data.images import ArrayImages, FileImages


def test_equal_files_have_equal_fingerprints_however_they_are_named(folder_of, monkeypatch) -> None:
    images = folder_of("a.png", "b.png").images
    prints = fingerprints(images)
    assert prints.dtype == np.uint64
    assert len(set(prints.tolist())) == 2
    monkeypatch.chdir(images.root.parent)
    relative = replace(images, root=Path("faces"))
    assert fingerprints(relative).tolist() == prints.tolist()
    assert fingerprints(images.take(np.array([1, 1]))).tolist() == prints[[1, 1]].tolist()


def test_a_changed_file_has_another_fingerprint_and_the_others_keep_theirs(folder_of) -> None:
    images = folder_of("a.png", "b.png", "c.png").images
    before = fingerprints(images)
    status = os.stat(images.name(1))
    os.utime(images.name(1), ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    touched = fingerprints(images)
    os.remove(images.name(2))
    removed = fingerprints(images)
    assert (before == touched).tolist() == [True, False, True]
    assert (touched == removed).tolist() == [True, True, False]


def test_a_file_that_may_no_longer_be_read_has_another_fingerprint(folder_of, monkeypatch) -> None:
    images = folder_of("a.png", "b.png").images
    before = fingerprints(images)
    os.chmod(images.name(1), 0)
    monkeypatch.setattr(module.os, "access", lambda path, mode: False)  # root might read all
    assert (before == fingerprints(images)).tolist() == [True, False]


def test_boxes_count_image_by_image(folder_of) -> None:
    images = folder_of("a.png", "b.png").images
    boxes = np.array([[0, 0, 4, 4], [1, 1, 4, 4]], np.float32)
    elsewhere = boxes + np.array([[0], [1]], np.float32)
    boxed, moved = replace(images, boxes=boxes), replace(images, boxes=elsewhere)
    assert not (fingerprints(images) == fingerprints(boxed)).any()
    assert (fingerprints(boxed) == fingerprints(moved)).tolist() == [True, False]


def test_any_other_setting_of_files_counts_for_all(folder_of) -> None:
    @dataclass(frozen=True)
    class Aligned(FileImages):
        margin: float = 0.0

    images = folder_of("a.png", "b.png").images
    one, other = (fingerprints(Aligned(images.root, images.paths, margin=m)) for m in (0.0, 0.1))
    assert not (one == other).any()


def test_a_new_decoder_makes_new_fingerprints(folder_of, monkeypatch) -> None:
    images = folder_of("a.png").images
    before = fingerprints(images)
    monkeypatch.setattr(module, "DECODER_VERSION", 99)
    assert fingerprints(images) != before


def test_arrays_go_by_their_pixels_and_joined_sets_by_their_parts(folder_of) -> None:
    pixels = np.arange(2 * 4, dtype=np.uint8).reshape(2, 1, 2, 2)
    array = ArrayImages(pixels, np.arange(2), Path("x.csv"))
    prints = fingerprints(array)
    moved = ArrayImages(pixels[::-1], np.arange(2), Path("y.csv"))
    assert fingerprints(moved).tolist() == prints[::-1].tolist()
    files = folder_of("a.png")
    joined = concatenate([files, replace(folder_of("b.png", "c.png"), images=array)])
    chosen = joined.take(np.array([2, 0])).images
    assert fingerprints(chosen).tolist() == [prints[1], fingerprints(files.images)[0]]


def test_images_of_a_plugin_say_themselves_or_are_not_known() -> None:
    class Plain:
        def __len__(self) -> int:
            return 1

        def read(self, index: int) -> torch.Tensor:
            return torch.zeros(1, 2, 2, dtype=torch.uint8)

        def name(self, index: int) -> str:
            return "it"

        def take(self, indices):
            return self

    class Known(Plain):
        def fingerprints(self):
            return np.array([7], np.uint64)

    assert fingerprints(Plain()) is None
    assert fingerprints(Known()).tolist() == [7]


def test_the_key_follows_from_images_order_and_size() -> None:
    prints = np.array([1, 2], np.uint64)
    keys = {key_of(prints, 8), key_of(prints, 9), key_of(prints[::-1], 8), key_of(prints[:1], 8)}
    assert len(keys) == 4
    assert key_of(prints.copy(), 8) in keys
