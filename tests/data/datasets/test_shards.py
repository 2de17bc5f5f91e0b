"""Shards as a data set: in a folder, over HTTP and in an object store."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from made_shards import png, records, write_tar

from crs_plugin.data import DataError, FaceDataset, decode
from crs_plugin.data.dataset import concatenate
from crs_plugin.data.datasets.shards import shards
from crs_plugin.data.decoded_images import DecodedImages
from crs_plugin.data.shards import remote
from crs_plugin.data.shards.fetched import fetched_folder
from crs_plugin.data.shards.remote import UnreachableError
from crs_plugin.data.shards.shard_writing import write_shards
from crs_plugin.data.streaming import StreamedImages
from crs_plugin.miners.samplers import near_shards
from crs_plugin.miners.samplers.uniform import uniform
from crs_plugin.pretraining.batches import RunBatches
from crs_plugin.testing import check_dataset

NAMES = tuple(f"{number}{' colour' * (number % 7 == 3)}.png" for number in range(50))


@pytest.fixture(autouse=True)
def _cache_without_waits(empty_cache, monkeypatch) -> None:
    monkeypatch.setattr(remote, "_WAITS", (0.0, 0.0))


@pytest.fixture
def faces(folder_of, tmp_path) -> FaceDataset:
    """Fifty faces, of which there are shards of eight each in the folder ``shards``."""
    faces = folder_of(*NAMES)
    write_shards(faces, tmp_path / "shards", size=8)
    return faces


def same_pixels(one: FaceDataset, other: FaceDataset) -> bool:
    return sorted(map(bytes, decode(one, 8).numpy())) == sorted(
        map(bytes, decode(other, 8).numpy())
    )


def test_the_contract_is_kept(faces, tmp_path) -> None:
    assert list(check_dataset(lambda: shards(root=tmp_path / "shards"))) == [
        "bulk_reading_gives_one_size"
    ]


def test_shards_of_others_keep_the_contract(tmp_path) -> None:
    write_tar(tmp_path / "data" / "train" / "0.tar", records(["happy", "fear"]))
    write_tar(tmp_path / "data" / "val-1.tar", records(["sad"] * 3))
    check_dataset(lambda: shards(root=tmp_path / "data"))
    opened = shards(root=tmp_path / "data")
    assert opened.counts() == {"valid": {"sadness": 3}, "all": {"happiness": 1, "fear": 1}}
    assert opened.images.name(0) == f"{tmp_path}/data/train/0.tar/0000.png"


def test_labels_of_others(tmp_path) -> None:
    members = {"a.png": png(0), "a.cls": b"0", "b.png": png(1), "b.cls": b"1"}
    write_tar(tmp_path / "data" / "0.tar", members)
    opened = shards(root=tmp_path / "data", labels={0: "happy", 1: None})
    assert opened.counts() == {"all": {"happiness": 1}}
    assert opened.skipped == {"label 1 left out by 'labels'": 1}
    assert shards(root=tmp_path / "data", label_field=None).counts() == {"all": {"(no label)": 2}}
    with pytest.raises(DataError, match=r"0\.tar/a\.png: unknown expression '0'.*option 'labels'"):
        shards(root=tmp_path / "data")


def test_a_shard_without_an_index_is_read_once(tmp_path, monkeypatch) -> None:
    path = write_tar(tmp_path / "data" / "0.tar", records(["happy", "fear"]))
    first = shards(root=tmp_path / "data")
    with monkeypatch.context() as patched:
        patched.setattr("crs_plugin.data.shards.opening.scanned", None)
        assert shards(root=tmp_path / "data").counts() == first.counts()
    write_tar(path, records(["happy"] * 9))
    assert len(shards(root=tmp_path / "data")) == 9


def test_few_bytes_a_record(faces, tmp_path) -> None:
    opened = shards(root=tmp_path / "shards")
    columns = [v for v in vars(opened.images).values() if isinstance(v, np.ndarray)]
    columns += [opened.fine, opened.split, opened.subject]
    assert sum(column.nbytes for column in columns) / len(opened) < 50


def test_an_image_that_is_none(tmp_path) -> None:
    members = records(["fear"]) | {"b.jpg": b"no image", "b.json": {"label": "fear"}}
    path = write_tar(tmp_path / "data" / "0.tar", members)
    images = shards(root=tmp_path / "data").images
    images.read(0)
    with pytest.raises(DataError) as raised:
        images.read(1)
    assert str(raised.value).startswith(f"{path}/b.jpg: cannot be read: cannot identify image file")


def test_an_index_that_belongs_to_another_shard(faces, tmp_path) -> None:
    folder = tmp_path / "shards"
    one, other = folder / "shard-000001.tar", folder / "shard-000002.tar"
    data = one.read_bytes()
    one.write_bytes(data[:-1024])
    with pytest.raises(DataError, match=r"shard-000001\.index\.json: is the index of a shard of"):
        shards(root=folder)
    one.write_bytes(other.read_bytes().ljust(len(data), b"\0")[: len(data)])
    opened = shards(root=folder)
    with pytest.raises(
        DataError, match=r"shard-000001\.tar/00000008\.png: its bytes are not those"
    ):
        opened.images.read(8)
    (folder / "shard-000001.index.json").write_text('{"format": 1}')
    with pytest.raises(DataError, match=r"shard-000001\.index\.json: is no index of a shard"):
        shards(root=folder)


def test_a_missing_shard_and_an_empty_folder(faces, tmp_path) -> None:
    (tmp_path / "shards" / "shard-000003.tar").unlink()
    with pytest.raises(DataError, match=r"shard-000003\.tar is missing.*'crs data shard' goes on"):
        shards(root=tmp_path / "shards")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "a.tar.md5").touch()
    with pytest.raises(DataError, match=r"no \.tar file in ") as told:
        shards(root=tmp_path / "empty")
    assert "is compressed" not in str(told.value)
    (tmp_path / "empty" / "b.tar.gz").touch()
    with pytest.raises(DataError, match=r"no \.tar file in .*b\.tar\.gz is compressed: unpack it"):
        shards(root=tmp_path / "empty")


def test_over_http_they_are_the_same_images(faces, served, tmp_path) -> None:
    here, there = shards(root=tmp_path / "shards"), shards(url=served.url)
    assert served.count("shard-000000.tar") == 0
    assert same_pixels(there, here)
    assert there.counts() == here.counts()
    assert all(served.count(f"shard-{number:06d}.tar") == 1 for number in range(7))
    assert np.array_equal(there.images.fingerprints(), here.images.fingerprints())


def test_some_shards_over_http_without_an_index(served, tmp_path) -> None:
    pytest.importorskip("braceexpand", reason="expands {0..1}")
    for number in range(3):
        write_tar(tmp_path / "shards" / f"val-{number}.tar", records(["happy"], first=number))
    for _ in range(2):
        opened = shards(url=f"{served.url}/val-{{0..1}}.tar")
        assert opened.counts() == {"valid": {"happiness": 2}}
        decode(opened, 8)
    assert (served.count("val-0.tar"), served.count("val-2.tar")) == (1, 0)


def test_an_object_store(faces, tmp_path) -> None:
    fsspec = pytest.importorskip("fsspec")
    store = fsspec.filesystem("memory")
    store.put(str(tmp_path / "shards"), "/bucket/faces", recursive=True)
    try:
        assert same_pixels(shards(url="memory://bucket/faces"), faces)
    finally:
        store.rm("/bucket", recursive=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "faces/0.tar"}, "option 'url': 'faces/0.tar' has no protocol"),
        ({"url": "http://localhost:1/faces"}, "http://localhost:1/faces/shards.json: cannot be"),
        ({"url": "gopher://host/a.tar"}, "gopher://host/a"),
        ({"url": []}, "option 'url': no shard is named; write an address, or several, such as"),
        ({"url": "http://host/0.tar", "root": Path("x")}, "options 'root' and 'url': give one"),
    ],
)
def test_a_wrong_place(options, message) -> None:
    pytest.importorskip("aiohttp")
    with pytest.raises((DataError, UnreachableError)) as raised:
        shards(**options)
    assert message in str(raised.value)


def test_a_server_without_such_shards(served) -> None:
    with pytest.raises(DataError, match=r"there is no http.*/shards\.json.*name shards of others"):
        shards(url=served.url)
    with pytest.raises(UnreachableError, match=r"/0\.tar: cannot be fetched: there is no such"):
        shards(url=f"{served.url}/0.tar")


def batches_of(dataset: FaceDataset, *, rank: int = 0, ranks: int = 1) -> RunBatches:
    images = DecodedImages(StreamedImages(dataset.images, 8, 3), "")
    ids = torch.arange(len(dataset))
    numbers = images.shards()
    batches = RunBatches(
        images,
        ids,
        ids,
        sampler=lambda coarse, fine: uniform(coarse, numbers),
        batch_size=6,
        seed=0,
    )
    batches.rank, batches.ranks = rank, ranks
    return batches


@pytest.fixture
def remote_faces(faces, served, monkeypatch) -> FaceDataset:
    """Shards at an address, of which four may be kept; images are mixed over two."""
    monkeypatch.setattr(near_shards, "WINDOW", 16)
    monkeypatch.setenv("CRS_CACHE_LIMIT", "90K")
    return shards(url=served.url)


def test_an_epoch_fetches_each_shard_once_and_keeps_few(remote_faces, served) -> None:
    batches = batches_of(remote_faces)
    for indices in islice(batches._indices(0), 8):  # not read ahead, into the next epoch
        batches.images[indices]
        assert sum(file.stat().st_size for file in fetched_folder().glob("*.tar")) <= 90_000
    assert all(served.count(f"shard-{number:06d}.tar") == 1 for number in range(7))


def test_a_run_goes_on_within_a_shard_as_if_it_had_not_stopped(remote_faces) -> None:
    whole = list(islice(batches_of(remote_faces), 14))
    late = batches_of(shards(url=remote_faces.images.shards[0].address.rpartition("/")[0]))
    late.steps_made = lambda: 5
    for expected, found in zip(whole[5:], islice(late, 9), strict=True):
        assert torch.equal(found.fine, expected.fine)
        assert torch.equal(found.images, expected.images)


def test_only_streamed_images_are_in_shards(faces, tmp_path) -> None:
    opened = shards(root=tmp_path / "shards")
    streamed = DecodedImages(StreamedImages(opened.images, 8, 3), "")
    assert streamed.shards().tolist() == [number // 8 for number in range(50)]
    assert streamed.take(np.array([49, 3])).shards().tolist() == [6, 0]
    assert DecodedImages(decode(opened, 8), "").shards() is None
    assert DecodedImages(StreamedImages(faces.images, 8, 3), "").shards() is None


def test_nodes_share_each_batch(remote_faces) -> None:
    whole = list(islice(batches_of(remote_faces), 8))
    shares = [list(islice(batches_of(remote_faces, rank=r, ranks=2), 8)) for r in range(2)]
    for batch, *parts in zip(whole, *shares, strict=True):
        assert torch.equal(torch.cat([part.fine for part in parts]), batch.fine)
        assert torch.equal(torch.cat([part.images for part in parts]), batch.images)


def test_a_server_that_goes_away_ends_the_run_with_one_message(remote_faces, served) -> None:
    served.failures = {f"/shard-{number:06d}.tar": 99 for number in range(7)}
    with pytest.raises(DataError, match=r"^http.*/shard-00000\d\.tar: cannot be fetched: 503"):
        next(iter(batches_of(remote_faces)))


def test_they_go_into_the_cache_shard_by_shard(faces, served, listener, monkeypatch) -> None:
    monkeypatch.setenv("CRS_CACHE_LIMIT", "80K")
    opened = concatenate([shards(url=served.url), faces])
    assert len(listener.reader.decoded(opened, 8).images) == 100
    assert "100 read into the cache" in listener.said
    assert all(served.count(f"shard-{number:06d}.tar") == 1 for number in range(7))
