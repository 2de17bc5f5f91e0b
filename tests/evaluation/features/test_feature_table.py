import csv
import sys

import numpy as np
import pytest

from crs_plugin.errors import InputError
from crs_plugin.evaluation.features.feature_table import check_feature_file, write_feature_table
from crs_plugin.registry import MissingExtraError

PATHS = ("a.png", 'b, "ü".png', "c\n.png", "bad\udcff.png")
FEATURES = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
READABLE = [*PATHS[:3], "bad�.png"]


def test_parquet(tmp_path):
    from pyarrow import parquet

    file = tmp_path / "f.parquet"
    assert write_feature_table(file, PATHS, FEATURES, "0a1b") == [file]
    table = parquet.read_table(file)
    assert table.column_names == ["path", "features"]
    assert table["path"].to_pylist() == READABLE
    assert table.schema.metadata[b"crs_plugin.digest"] == b"0a1b"
    read = np.array(table["features"].to_pylist(), dtype=np.float32)
    np.testing.assert_array_equal(read, FEATURES)


def test_csv_has_all_digits(tmp_path):
    write_feature_table(tmp_path / "f.csv", PATHS, FEATURES, "")
    with (tmp_path / "f.csv").open(newline="", encoding="utf-8") as handle:
        header, *rows = csv.reader(handle)
    assert header == ["path", "f0", "f1", "f2"]
    assert [row[0] for row in rows] == READABLE
    read = np.array([row[1:] for row in rows], dtype=np.float32)
    np.testing.assert_array_equal(read, FEATURES)


def test_npy_has_the_paths_beside_it(tmp_path):
    files = write_feature_table(tmp_path / "f.npy", PATHS, FEATURES, "")
    assert [file.name for file in files] == ["f.npy", "f.paths.csv"]
    np.testing.assert_array_equal(np.load(files[0]), FEATURES)
    with files[1].open(newline="", encoding="utf-8") as handle:
        assert [row[0] for row in csv.reader(handle)] == ["path", *READABLE]
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [("f.txt", "ends in .parquet"), ("none/f.csv", "no folder"), ("folder.csv", "is a folder")],
)
def test_other_files_are_refused(tmp_path, name, message):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match=message):
        check_feature_file(tmp_path / name)


def test_parquet_needs_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"crs_plugin\[parquet\]"):
        check_feature_file(tmp_path / "f.parquet")
    check_feature_file(tmp_path / "f.csv")
