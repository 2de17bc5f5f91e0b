"""What the cache gives to those who read images through it."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import crs_plugin
from crs_plugin.data import decode
from crs_plugin.data.cache import building
from crs_plugin.data.cache.entry import Entry, entries
from crs_plugin.data.dataset import concatenate
from crs_plugin.data.datasets.synthetic_faces import synthetic_faces
from crs_plugin.data.decoding import chunk_length

GREY = tuple(f"{number}.png" for number in range(300))
MIXED = tuple(f"{number}{' colour' * (number > 250)}.png" for number in range(300))

pytestmark = pytest.mark.usefixtures("empty_cache")


def everything(read) -> torch.Tensor:
    return read.images[torch.arange(len(read.images))]


@pytest.mark.parametrize("names", [GREY[:3], GREY, MIXED, MIXED[250:]], ids=len)
def test_the_pixels_are_those_of_decode(names, folder_of, listener) -> None:
    faces = folder_of(*names)
    read = listener.reader.decoded(faces, 8)
    assert read.images.shape == (len(names), 3 if "colour" in names[-1] else 1, 8, 8)
    assert torch.equal(everything(read), decode(faces, 8))
    assert listener.progress[-1] == ("reading faces", len(names), len(names))


def test_the_second_time_nothing_is_read(folder_of, listener, read_names) -> None:
    faces = folder_of(*MIXED)
    first = listener.reader.decoded(faces, 8)
    assert "300 read into the cache in" in listener.said
    read_names.clear()
    second = listener.reader.decoded(faces, 8)
    assert read_names == []
    assert "images: faces, 300 of 8 px: reused from the cache" in listener.lines[-1]
    assert str(entries()[0].folder) in listener.lines[-1]
    assert torch.equal(everything(first), everything(second))
    assert first.images.fingerprint == second.images.fingerprint


def test_pixels_are_mapped_not_read(folder_of, listener) -> None:
    pixels = listener.reader.decoded(folder_of(*GREY[:3]), 8).images.pixels
    maps = Path("/proc/self/maps")
    if not maps.is_file():
        pytest.skip("only Linux tells what is mapped")
    ranges = (line.split()[0].split("-") for line in maps.read_text().splitlines() if ".u8" in line)
    assert any(int(a, 16) <= pixels.data_ptr() < int(b, 16) for a, b in ranges)


def test_drawn_faces_are_drawn_once(listener, monkeypatch) -> None:
    faces = synthetic_faces(train=20, test=5, size=32)
    first = everything(listener.reader.decoded(faces, 32))
    monkeypatch.setattr("crs_plugin.data.datasets.synthetic_faces.images.render", None)
    second = everything(listener.reader.decoded(synthetic_faces(train=20, test=5), 32))
    assert torch.equal(first, second)


def test_a_changed_image_makes_a_new_entry_and_only_it_is_read(
    folder_of, listener, read_names, write_image
) -> None:
    faces = folder_of(*GREY)
    before = everything(listener.reader.decoded(faces, 8))
    write_image(Path(faces.images.name(7)), 10, seed=999)
    read_names.clear()
    after = everything(listener.reader.decoded(faces, 8))
    assert read_names == ["7.png"]
    assert (before != after).flatten(1).any(dim=1).nonzero().tolist() == [[7]]
    assert torch.equal(after, decode(faces, 8))
    assert len(entries()) == 2
    assert "1 read into the cache" in listener.said
    assert "299 were there" in listener.said


@pytest.mark.parametrize("first", ["grey", "all"])
def test_parts_of_a_set_share_what_is_there(first, folder_of, listener, read_names) -> None:
    """Also where a part needs fewer channels than the whole, or more."""
    faces = folder_of(*MIXED)
    grey = faces.take(np.arange(250))
    one, other = (grey, faces) if first == "grey" else (faces, grey)
    listener.reader.decoded(one, 8)
    read_names.clear()
    got = everything(listener.reader.decoded(other, 8))
    assert len(read_names) == max(0, len(other) - len(one))
    assert torch.equal(got, decode(other, 8))


def test_joined_sets_are_one_entry(folder_of, listener) -> None:
    joined = concatenate([folder_of("1.png", "2 colour.png"), synthetic_faces(train=3, test=0)])
    chosen = joined.take(np.array([4, 1, 0]))
    assert torch.equal(everything(listener.reader.decoded(chosen, 16)), decode(chosen, 16))


def test_bad_images_are_listed_and_the_good_ones_stay(
    folder_of, listener, read_names, write_image
) -> None:
    faces = folder_of("1.png", "2 broken.png", "3.png", "4 broken.png")
    read = listener.reader.decoded(faces, 8)
    assert list(read.bad) == [1, 3]
    assert read.bad[1].name == faces.images.name(1)
    assert read.bad[1].reason.startswith("cannot be read: cannot identify image file")
    assert read.bad_file.read_text().splitlines() == [
        f"{bad.name}\t{bad.reason}" for bad in read.bad.values()
    ]
    assert torch.equal(everything(read)[[0, 2]], decode(faces.take(np.array([0, 2])), 8))
    del read  # which has the entry in use
    read_names.clear()
    write_image(Path(faces.images.name(1)), 10, "RGB")
    again = listener.reader.decoded(faces, 8)
    assert sorted(set(read_names)) == ["2 broken.png", "4 broken.png"]
    assert list(again.bad) == [3]
    assert again.images.shape[1] == 3
    assert len(entries()) == 1, "the entry with more bad images is superfluous"


def test_what_was_bad_for_another_reason_than_its_bytes_is_tried_again(
    folder_of, listener, monkeypatch
) -> None:
    faces = folder_of(*GREY[:3])
    with monkeypatch.context() as patch:
        patch.setattr("crs_plugin.data.images.Image.open", None)
        assert len(listener.reader.decoded(faces, 8).bad) == 3
    read = listener.reader.decoded(faces, 8)
    assert not read.bad
    assert torch.equal(everything(read), decode(faces, 8))
    assert len(entries()) == 1


def damaged(entry: Entry, damage: str) -> None:
    (pixels,) = entry.folder.glob("*.u8")
    if damage == "truncated":
        os.truncate(pixels, 100)
    elif damage == "flipped":
        content = bytearray(pixels.read_bytes())
        content[5] ^= 0xFF
        pixels.write_bytes(bytes(content))
    elif damage == "pixels gone":
        pixels.unlink()
    elif damage == "about gone":
        (entry.folder / "about.json").unlink()
    elif damage == "about cut":
        os.truncate(entry.folder / "about.json", 30)
    elif damage == "kinds cut":
        os.truncate(entry.folder / "kinds.npy", 10)
    else:
        about = json.loads((entry.folder / "about.json").read_text())
        (entry.folder / "about.json").write_text(json.dumps({**about, "format": 0}))


@pytest.mark.parametrize(
    "damage",
    ["truncated", "flipped", "pixels gone", "about gone", "about cut", "kinds cut", "other format"],
)
def test_a_damaged_entry_is_found_and_made_anew_with_one_line(damage, folder_of, listener) -> None:
    faces = folder_of(*GREY)
    expected = everything(listener.reader.decoded(faces, 8)).clone()
    (entry,) = entries()
    listener.lines.clear()
    damaged(entry, damage)
    assert torch.equal(everything(listener.reader.decoded(faces, 8)), expected)
    assert len([line for line in listener.lines if "is damaged" in line]) == 1
    listener.lines.clear()
    listener.reader.decoded(faces, 8)
    assert "reused" in listener.said
    assert "is damaged" not in listener.said
    assert entries() == [entry]
    entry.verify()


def in_another_process(root: Path, names: int, slow: float) -> subprocess.Popen:
    """A process that reads the images into the cache, each as slowly as is said."""
    script = textwrap.dedent(
        f"""
        import time, numpy as np
        from pathlib import Path
        from crs_plugin.data.dataset import FaceDataset
        from crs_plugin.data.decoded_images import ImageReader
        from crs_plugin.data.images import FileImages
        read = FileImages.read
        def slowly(images, index):
            time.sleep({slow})
            return read(images, index)
        FileImages.read = slowly
        images = FileImages.of(Path({str(root)!r}), [f"{{n}}.png" for n in range({names})])
        n = len(images)
        faces = FaceDataset("faces", images, np.zeros(n, np.int16), np.zeros(n, np.int8),
                            np.full(n, -1, np.int32))
        reader = ImageReader(lambda *told: None, lambda line: print(line, flush=True))
        print(int(reader.decoded(faces, 8).images.pixels.long().sum()))
        """
    )
    package = str(Path(crs_plugin.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": package},
        stdout=subprocess.PIPE,
        text=True,
    )


def text(file: Path) -> str:
    return file.read_text() if file.is_file() else ""


def test_a_build_that_was_killed_goes_on_where_it_was(folder_of, listener, read_names) -> None:
    n = 20 * chunk_length(8)
    faces = folder_of(*(f"{number}.png" for number in range(n)))
    process = in_another_process(faces.images.root, n, slow=0.002)
    deadline = time.monotonic() + 120
    while not any("\n" in text(part.folder / "chunks-1.jsonl") for part in entries()):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (part,) = entries()
    assert not part.finished
    assert part.about() is None
    with (part.folder / "chunks-1.jsonl").open("a") as log:
        log.write('{"chunk": 19, "check')  # as if it was killed while it wrote
    read = listener.reader.decoded(faces, 8)
    assert 0 < len(read_names) <= n - chunk_length(8)
    assert torch.equal(everything(read), decode(faces, 8))
    (entry,) = entries()
    assert entry.finished
    entry.verify()


def test_a_build_cut_short_while_it_became_coloured_goes_on(
    folder_of, listener, monkeypatch
) -> None:
    names = [f"{number}{' colour' * (number == 500)}.png" for number in range(520)]
    faces = folder_of(*names)
    expected = decode(faces, 8)
    take_over = building.Part._put

    def cut(part, chunk, *rest) -> None:
        if part.channels == 3 and chunk == 2:
            raise KeyboardInterrupt
        take_over(part, chunk, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(building.Part, "_put", cut)
        with pytest.raises(KeyboardInterrupt):
            listener.reader.decoded(faces, 8)
    (part,) = entries()
    assert {file.name for file in part.folder.iterdir()} >= {"pixels-1.u8", "pixels-3.u8"}
    assert torch.equal(everything(listener.reader.decoded(faces, 8)), expected)


def test_two_processes_that_want_the_same_build_it_once(folder_of, listener) -> None:
    n = 4 * chunk_length(8)
    faces = folder_of(*(f"{number}.png" for number in range(n)))
    processes = [in_another_process(faces.images.root, n, slow=0.006) for _ in range(2)]
    said = [process.communicate(timeout=180)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    expected = str(int(decode(faces, 8).long().sum()))
    assert [lines.splitlines()[-1] for lines in said] == [expected] * 2
    assert sum("read into the cache" in lines for lines in said) == 1
    assert sum("reused from the cache" in lines for lines in said) == 1
    entries()[0].verify()


def test_looking_for_unreadable_images_is_remembered(folder_of, listener, read_names) -> None:
    faces = folder_of("1.png", "2 broken.png", "3.png")
    bad, file = listener.reader.unreadable(faces)
    assert list(bad) == [1]
    assert "2 broken.png" in file.read_text()
    read_names.clear()
    assert listener.reader.unreadable(faces) == (bad, file)
    assert read_names == ["2 broken.png"]
    assert listener.reader.unreadable(faces.take(np.array([2])))[0] == {}
    assert read_names == ["2 broken.png"]
