import os

import numpy as np

from crs_plugin.data.layouts.packed_paths import PackedPaths


def test_paths_come_back_in_order_and_whole():
    given = ["a.png", "folder/é – long name.png", "", "b.png", os.fsdecode(b"not \xff UTF-8.png")]
    packed = PackedPaths()
    for path in given:
        packed.append(path)
    assert len(packed) == len(given)
    assert [os.fsdecode(path) for path in packed.as_array()] == given


def test_without_paths():
    assert len(PackedPaths()) == 0
    assert PackedPaths().as_array().shape == (0,)
    assert PackedPaths().as_array().dtype.kind == np.dtype(bytes).kind
