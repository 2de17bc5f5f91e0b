from pathlib import Path

import numpy as np
from made_shards import records, write_tar

from crs_plugin.data.dataset import concatenate
from crs_plugin.data.datasets.shards import shards
from crs_plugin.data.shards.near import shard_numbers


def test_shards_of_several_sets_are_different_ones(tmp_path: Path, folder_of) -> None:
    for name in ("0.tar", "1.tar"):
        write_tar(tmp_path / "a" / name, records(["fear", "happy"]))
        write_tar(tmp_path / "b" / name, records(["fear"]))
    files = folder_of("x.png", "y.png")
    joined = concatenate([shards(root=tmp_path / "a"), files, shards(root=tmp_path / "b")])
    assert shard_numbers(joined.images).tolist() == [0, 0, 1, 1, 2, 3, 4, 5]
    chosen = joined.images.take(np.array([7, 2, 5]))
    assert len(set(shard_numbers(chosen).tolist())) == 3
    assert shard_numbers(files.images) is None
    assert shard_numbers(concatenate([files, files]).images) is None
