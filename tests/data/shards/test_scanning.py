import gzip
import tarfile
from pathlib import Path

import pytest
from made_shards import png, records, write_tar

from crs_plugin.data import DataError
from crs_plugin.data.shards.index import Fields
from crs_plugin.data.shards.scanning import scanned


def index_of(tmp_path: Path, members: dict, fields: Fields | None = None, name: str = "a.tar"):
    path = write_tar(tmp_path / name, members)
    return scanned(path, str(path), fields or Fields())


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_images_are_where_the_index_says(tmp_path, format) -> None:
    names = [f"{'long/' * 40}{number}.png" for number in range(3)] if format else ["0.png", "1.png"]
    members = {name: png(number) for number, name in enumerate(names)}
    path = write_tar(tmp_path / "a.tar", members, format)
    index = scanned(path, str(path), Fields(label=None))
    data = path.read_bytes()
    assert list(index.members) == names
    for start, size, expected in zip(index.starts, index.sizes, members.values(), strict=True):
        assert data[start : start + size] == expected
    assert index.shard_bytes == len(data)


def test_labels_splits_and_persons(tmp_path) -> None:
    members = {
        "a.png": png(0),
        "a.json": {"label": " happy ", "split": "val", "subject": 7},
        "b.cls": b"3\n",
        "b.png": png(1),
        "c.txt": b"fear",
        "c.left.PNG": png(2),
        "d.png": png(3),
        "d.cls": b"1",
        "d.json": {"label": None, "other": [1]},
    }
    index = index_of(tmp_path, members)
    assert index.members == ["a.png", "b.png", "c.left.PNG", "d.png"]
    assert index.labels == ["happy", "3", "fear", None]
    assert index.splits == ["valid", "all", "all", "all"]
    assert index.subjects == ["7", None, None, None]


def test_a_name_that_comes_again_later(tmp_path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w:") as tar:
        for name in ("a.png", "b.png", "a.png"):
            tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(DataError, match=r"a\.tar/a\.png: there are two members of this name"):
        scanned(path, str(path), Fields(label=None))


def test_the_split_may_be_in_the_name(tmp_path) -> None:
    assert index_of(tmp_path, records(["fear"]), name="val-0001.tar").splits == ["valid"]
    assert index_of(tmp_path, records(["fear"]), name="test/0001.tar").splits == ["all"]


def test_other_fields(tmp_path) -> None:
    members = {"a.png": png(0), "a.json": {"emotion": 3, "fold": "test", "who": "Ann"}}
    index = index_of(tmp_path, members, Fields("emotion", "fold", "who"))
    assert (index.labels, index.splits, index.subjects) == (["3"], ["test"], ["Ann"])


def test_what_is_no_plain_image_does_not_count(tmp_path) -> None:
    members = {
        "__index__": b"",
        "../../a.json": {"label": "fear"},
        "../../a.png": png(0),
        "b.png": "../../../etc/passwd",
        "b.cls": b"0",
        "c.pyd": b"never unpickled",
    }
    index = index_of(tmp_path, members)
    assert index.members == ["../../a.png"]
    assert index.skipped == {
        "record without an image": 1,
        "record without an image: .pyd is pickled, and never unpickled": 1,
    }
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"a.png": png(0)}, "a.tar/a.png: has no label: there is no a.json, and there is no a.cls"),
        (
            {"a.png": png(0), "a.json": {"emotion": 1}, "a.pyd": b""},
            "no field 'label' (emotion), and there is no a.cls or a.txt; a.pyd is pickled",
        ),
        ({"a.png": png(0), "a.json": b"{"}, "a.tar/a.json: is no JSON: "),
        ({"a.png": png(0), "a.json": b"[1]"}, "a.tar/a.json: is no JSON object, but [1]"),
        ({"a.png": png(0), "a.json": {"label": [1]}}, "the field 'label' is [1]; it must be"),
        ({"a.png": png(0), "a.cls": b"\xff"}, "a.tar/a.cls: is no UTF-8 text"),
        ({"a.png": png(0), "a.json": {"label": "fear", "split": "x"}}, "unknown split 'x'"),
        ({"a.png": png(0), "a.jpg": png(0)}, "a.tar/a.jpg: the record a has the image a.png"),
        ({"a.png": png(0), "a.PNG": png(0)}, "a.tar/a.PNG: there are two members of this name"),
    ],
)
def test_a_wrong_record_is_named(tmp_path, members, message) -> None:
    with pytest.raises(DataError) as raised:
        index_of(tmp_path, members)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:700], "a.tar: is cut short after 700 bytes"),
        (lambda data: data[: 4 * 1024], "a.tar: is cut short: it does not end as a tar file does"),
        (lambda data: data[:2048] + b"x" * 100 + data[2148:], "a.tar: is damaged at byte 2,048"),
        (lambda data: b"", "a.tar: is no tar file (empty file)"),
        (lambda data: b"no tar" * 1000, "a.tar: is no tar file"),
        (gzip.compress, "a.tar: is compressed, so that no image in it can be read by itself"),
    ],
)
def test_a_damaged_shard_is_named(tmp_path, damage, message) -> None:
    path = write_tar(tmp_path / "a.tar", records(["fear"] * 6))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError) as raised:
        scanned(path, str(path), Fields())
    assert message in str(raised.value)
