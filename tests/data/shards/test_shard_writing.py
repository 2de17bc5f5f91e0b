"""Shards that are written, by us and by the library webdataset."""

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from made_shards import png

from crs_plugin.data import DataError, FaceDataset
from crs_plugin.data.datasets.image_folder import image_folder
from crs_plugin.data.datasets.shards import shards
from crs_plugin.data.datasets.synthetic_faces import synthetic_faces
from crs_plugin.data.datasets.table import table
from crs_plugin.data.shards.shard_writing import write_shards


@pytest.fixture
def faces(tmp_path, write_image) -> FaceDataset:
    for number in range(10):
        split, label = ("train", "anger") if number < 7 else ("test", "fear")
        write_image(tmp_path / "faces" / split / label / f"{number}.png", seed=number)
    write_image(tmp_path / "faces" / "train" / "fear" / "colour.JPG", mode="RGB")
    return image_folder(root=tmp_path / "faces")


def listed(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in sorted(folder.iterdir())
    }


def test_files_are_copied_with_their_labels(faces, tmp_path) -> None:
    written = write_shards(faces, tmp_path / "out", size=4)
    assert (written.images, written.shards, written.from_before) == (11, 3, 0)
    names = [f"shard-00000{n}{end}" for n in range(3) for end in (".index.json", ".tar")]
    assert list(listed(tmp_path / "out")) == [*names, "shards.json"]
    opened = shards(root=tmp_path / "out")
    assert opened.counts() == faces.counts()
    assert opened.split.tolist() == sorted(opened.split.tolist())
    originals = {Path(faces.images.name(i)).read_bytes() for i in range(11)}
    assert {opened.images.encoded(i) for i in range(11)} == originals
    assert sum(opened.images.name(i).endswith(".jpg") for i in range(11)) == 1
    assert not (opened.subject >= 0).any()


def test_persons_and_images_without_a_label(tmp_path, write_image) -> None:
    for name in "abc":
        write_image(tmp_path / f"{name}.png", seed=ord(name))
    (tmp_path / "list.csv").write_text("path,label,who\na.png,,A\nb.png,fear,B\nc.png,fear,A\n")
    faces = table(root=tmp_path, file="list.csv", subject_column="who")
    write_shards(faces, tmp_path / "out", size=2)
    opened = shards(root=tmp_path / "out")
    assert opened.counts() == faces.counts()
    assert sorted(np.bincount(opened.subject).tolist()) == [1, 2]


def test_what_is_cut_out_or_drawn_is_written_as_png(tmp_path, write_image) -> None:
    write_image(tmp_path / "a.png", 20)
    (tmp_path / "list.csv").write_text("path,label,x,y,w,h\na.png,fear,2,3,4,5\n")
    cut = table(root=tmp_path, file="list.csv", box_columns=["x", "y", "w", "h"])
    drawn = synthetic_faces(train=3, test=0, size=16)
    for number, faces in enumerate((cut, drawn)):
        write_shards(faces, tmp_path / f"out{number}", size=10)
        opened = shards(root=tmp_path / f"out{number}")
        found = {opened.images.read(i).numpy().tobytes() for i in range(len(faces))}
        assert found == {faces.images.read(i).numpy().tobytes() for i in range(len(faces))}


def test_shards_can_be_written_from_shards(faces, tmp_path) -> None:
    write_shards(faces, tmp_path / "out", size=4)
    write_shards(shards(root=tmp_path / "out"), tmp_path / "again", size=100)
    again = shards(root=tmp_path / "again")
    assert again.counts() == faces.counts()
    assert len(again.images.shards) == 1


def test_the_files_are_the_same_each_time(faces, tmp_path) -> None:
    for name in ("one", "other"):
        write_shards(faces, tmp_path / name, size=4)
    assert [data for _, data in listed(tmp_path / "one").values()] == [
        data for _, data in listed(tmp_path / "other").values()
    ]


@pytest.mark.parametrize("damage", ["nothing", "cut", "no index", "bit", "gone"])
def test_the_same_call_goes_on_and_mends(faces, tmp_path, damage) -> None:
    folder = tmp_path / "out"
    write_shards(faces, folder, size=4)
    before = listed(folder)
    shard, index = folder / "shard-000001.tar", folder / "shard-000001.index.json"
    data = bytearray(shard.read_bytes())
    if damage == "cut":
        shard.write_bytes(data[:3000])
    elif damage == "bit":
        data[600] ^= 1
        shard.write_bytes(data)
    elif damage == "no index":
        index.unlink()
    elif damage == "gone":
        shard.unlink()
    (folder / ".shard-000001.tar.x.tar").touch()  # of a process that was killed
    written = write_shards(faces, folder, size=4)
    assert written.from_before == (3 if damage == "nothing" else 2)
    after = listed(folder)
    after.pop(".shard-000001.tar.x.tar", None)
    assert [data for _, data in after.values()] == [data for _, data in before.values()]
    assert after["shard-000000.tar"] == before["shard-000000.tar"]


def test_an_interrupted_call_leaves_whole_shards_only(faces, tmp_path) -> None:
    def stop(done: int, n: int) -> None:
        if done > 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_shards(faces, tmp_path / "out", size=4, progress=stop)
    assert len(list((tmp_path / "out").glob("*.tar"))) == 2
    with pytest.raises(DataError, match=r"shard-000002\.tar is missing"):
        shards(root=tmp_path / "out")
    assert write_shards(faces, tmp_path / "out", size=4).from_before == 2
    assert len(shards(root=tmp_path / "out")) == 11


def test_images_that_cannot_be_read_are_left_out_and_listed(faces, tmp_path) -> None:
    broken = tmp_path / "faces/train/anger/3.png"
    whole = broken.read_bytes()
    broken.write_bytes(b"broken")
    for from_before in (0, 11):
        written = write_shards(faces, tmp_path / "out", size=1)
        assert (written.images, written.from_before) == (10, from_before)
        [bad] = written.left_out
        assert bad.name == str(broken)
        assert "cannot identify image file" in bad.reason
        assert str(broken) in (tmp_path / "out/left_out.tsv").read_text()
    assert len(shards(root=tmp_path / "out")) == 10
    broken.write_bytes(whole)
    with pytest.raises(DataError, match="made otherwise: images"):
        write_shards(faces, tmp_path / "out", size=1)


def test_none_can_be_read(tmp_path) -> None:
    (tmp_path / "faces/anger").mkdir(parents=True)
    (tmp_path / "faces/anger/a.png").write_bytes(b"broken")
    with pytest.raises(DataError, match=r"none of its 1 images can be read; .*left_out\.tsv"):
        write_shards(image_folder(root=tmp_path / "faces"), tmp_path / "out", size=4)


def test_a_folder_with_something_else_is_refused(faces, tmp_path) -> None:
    before = sorted((tmp_path / "faces").rglob("*"))
    with pytest.raises(DataError, match=r"has test, train, and is no folder of shards"):
        write_shards(faces, tmp_path / "faces", size=4)
    assert sorted((tmp_path / "faces").rglob("*")) == before
    write_shards(faces, tmp_path / "out", size=4)
    with pytest.raises(DataError, match=r"made otherwise: size 4 \(now 5\)"):
        write_shards(faces, tmp_path / "out", size=5)
    (tmp_path / "out" / "mine.tar").touch()
    with pytest.raises(DataError, match=r"has something beside its shards: mine\.tar"):
        write_shards(faces, tmp_path / "out", size=4)


def test_webdataset_reads_what_is_written(faces, tmp_path) -> None:
    webdataset = pytest.importorskip("webdataset", reason="the library webdataset (extra test)")
    write_shards(faces, tmp_path / "out", size=4)
    opened = shards(root=tmp_path / "out")
    urls = [str(path) for path in sorted((tmp_path / "out").glob("*.tar"))]
    samples = list(webdataset.WebDataset(urls, shardshuffle=False).decode("torchrgb8"))
    assert [sample["__key__"] for sample in samples] == [f"{n:08d}" for n in range(11)]
    for number, sample in enumerate(samples):
        image = sample.get("png", sample.get("jpg"))
        assert torch.equal(torch.as_tensor(image), opened.images.read(number).expand(3, -1, -1))
        assert sample["json"]["split"] in ("train", "test")
        assert sample["json"]["label"] in ("anger", "fear")


def test_what_webdataset_writes_is_read(tmp_path) -> None:
    webdataset = pytest.importorskip("webdataset", reason="the library webdataset (extra test)")
    (tmp_path / "data").mkdir()
    pattern = str(tmp_path / "data" / "train-%06d.tar")
    with webdataset.ShardWriter(pattern, maxcount=4, verbose=0) as sink:
        for number in range(10):
            record = {"__key__": f"face/{number:04d}", "png": png(number), "cls": number % 2}
            sink.write(record | {"votes.pyd": {"never": "unpickled"}})
    opened = shards(root=tmp_path / "data", labels={0: "happy", 1: "sad"})
    assert opened.counts() == {"train": {"happiness": 5, "sadness": 5}}
    assert [opened.images.encoded(i) for i in range(10)] == [png(i) for i in range(10)]
    assert opened.images.name(9).endswith("train-000002.tar/face/0009.png")


def test_the_tar_is_a_plain_one(faces, tmp_path) -> None:
    write_shards(faces, tmp_path / "out", size=20)
    with tarfile.open(tmp_path / "out" / "shard-000000.tar", "r:") as tar:
        members = tar.getmembers()
        told = json.load(tar.extractfile(members[1]))
    assert [member.name for member in members[:2]] == ["00000000.png", "00000000.json"] or (
        members[0].name == "00000000.jpg"
    )
    assert told.keys() == {"label", "split", "subject"}
    assert {member.mtime for member in members} == {0}
