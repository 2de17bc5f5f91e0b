import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crs_plugin.data import DataError, FaceDataset
from crs_plugin.data.cropping.alignment import TEMPLATE, TEMPLATE_SIDE
from crs_plugin.data.cropping.cropping import NO_FACE, crop_faces
from crs_plugin.data.cropping.face_detector import DetectedFace
from crs_plugin.data.datasets.table import table
from crs_plugin.data.images import ArrayImages, FileImages

PLACES = np.array(TEMPLATE, np.float32)


class KnownPlaces:
    """Finds a face of the template's size and place in photos that are not dark, two in white."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def faces(self, photo: Image.Image) -> list[DetectedFace]:
        bright = int(np.asarray(photo).max())
        self.seen.append(bright)
        side = TEMPLATE_SIDE
        face = DetectedFace(np.array([0, 0, side, side], np.float32), PLACES, 0.75)
        return [face] * (0 if bright < 50 else 2 if bright == 255 else 1)


@pytest.fixture
def faces(tmp_path) -> FaceDataset:
    """Five photos of 120 × 120 px, one dark and one broken, with labels, splits and persons."""
    root = tmp_path / "photos"
    rows = ["path,label,split,who"]
    for name, value, rest in (
        ("a/one.png", 100, "happy,train,ann"),
        ("a/one.jpg", 100, "sad,train,"),
        ("dark.png", 0, "sad,train,bob"),
        ("broken.png", None, "happy,train,bob"),
        ("b/white.png", 255, ",test,bob"),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if value is None:
            (root / name).write_bytes(b"broken")
        else:
            pixels = np.full((120, 120), value, np.uint8)
            pixels[50, 60] = value // 2
            Image.fromarray(pixels).save(root / name)
        rows.append(f"{name},{rest}")
    (root / "list.csv").write_text("\n".join(rows))
    return opened(root)


def opened(root: Path) -> FaceDataset:
    return table(root=root, file="list.csv", split_column="split", subject_column="who")


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "faces.csv").open(newline="") as text:
        return list(csv.DictReader(text))


def test_faces_are_aligned_and_listed_in_a_table_that_opens(faces, tmp_path):
    folder = tmp_path / "faces"
    crops = crop_faces(faces, folder, detector=KnownPlaces)
    assert (crops.faces, crops.from_before, crops.several) == (3, 0, 1)
    assert crops.reasons == {NO_FACE: 1, "cannot be read": 1}
    photos = tmp_path / "photos"
    assert rows_of(folder) == [
        dict(zip(("path", "label", "split", "subject", "source"), row, strict=True))
        for row in (
            ("images/a/one.png", "happiness", "train", "ann", f"{photos}/a/one.png"),
            ("images/a/one.2.png", "sadness", "train", "", f"{photos}/a/one.jpg"),
            ("images/b/white.png", "", "test", "bob", f"{photos}/b/white.png"),
        )
    ]
    written = table(root=folder, file="faces.csv", split_column="split", subject_column="subject")
    assert written.counts() == {
        "train": {"happiness": 1, "sadness": 1},
        "test": {"(no label)": 1},
    }
    face = written.images.read(0)[0].numpy()
    photo = faces.images.read(0)[0].numpy()
    expected = photo[:TEMPLATE_SIDE, :TEMPLATE_SIDE].astype(float)
    np.testing.assert_allclose(face.astype(float), expected, atol=1)


def test_persons_without_a_name_are_numbers(faces, tmp_path):
    names = {0: "\udce9ve", 1: "b\xf6b"}  # the first is from a path that is not UTF-8
    for called, subjects in (({}, ["0", "", "1"]), (names, ["\\udce9ve", "", "b\xf6b"])):
        folder = tmp_path / f"{len(called)} names"
        crop_faces(replace(faces, subject_names=called), folder, detector=KnownPlaces)
        assert [row["subject"] for row in rows_of(folder)] == subjects


def test_what_has_no_face_is_listed_with_the_reason(faces, tmp_path):
    crop_faces(faces, tmp_path / "faces", detector=KnownPlaces)
    lines = (tmp_path / "faces/left_out.tsv").read_text().splitlines()
    dark, broken = sorted(lines, key=lambda line: "broken" in line)
    assert dark == f"{tmp_path}/photos/dark.png\t{NO_FACE}"
    assert broken.startswith(f"{tmp_path}/photos/broken.png\tcannot be read: cannot identify")


def test_a_margin_shows_more_of_the_photo(faces, tmp_path):
    crop_faces(faces, tmp_path / "faces", detector=KnownPlaces, margin=0.25)
    with Image.open(tmp_path / "faces/images/a/one.png") as face:
        assert face.size == (168, 168)


def test_the_log_says_how_each_face_was_made(faces, tmp_path):
    folder = tmp_path / "faces"
    crop_faces(faces, folder, detector=KnownPlaces, made_by={"detector": "x"}, margin=0.25)
    made_by, *lines = map(json.loads, (folder / "crops.jsonl").read_text().splitlines())
    assert (made_by["detector"], made_by["margin"], made_by["data"]) == ("x", 0.25, "photos")
    one, _, dark, _, white = sorted(lines, key=lambda line: line["index"])
    assert (one["faces"], one["score"], one["file"]) == (1, 0.75, "images/a/one.png")
    np.testing.assert_allclose(one["landmarks"], PLACES, atol=0.01)
    assert (dark["faces"], dark["file"], dark["reason"]) == (0, None, NO_FACE)
    assert white["faces"] == 2


class Interrupting(KnownPlaces):
    """Is interrupted by the white photo."""

    def faces(self, photo: Image.Image) -> list[DetectedFace]:
        if np.asarray(photo).max() == 255:
            raise KeyboardInterrupt
        return super().faces(photo)


def test_an_interrupted_call_is_gone_on_with(faces, tmp_path, monkeypatch):
    monkeypatch.setattr("crs_plugin.data.cropping.cropping._IN_A_BATCH", 2)
    folder = tmp_path / "faces"
    with pytest.raises(KeyboardInterrupt):
        crop_faces(faces, folder, detector=Interrupting)
    assert not (folder / "faces.csv").exists()
    with (folder / "crops.jsonl").open("a") as log:
        log.write('{"index": 4, "fi')  # the process was killed while it wrote
    (folder / "images/a/one.png").unlink()

    made: list[KnownPlaces] = []

    def detector() -> KnownPlaces:
        made.append(KnownPlaces())
        return made[-1]

    crops = crop_faces(opened(tmp_path / "photos"), folder, detector=detector)
    assert (crops.faces, crops.from_before) == (3, 3)
    assert sorted(value for each in made for value in each.seen) == [100, 255]
    whole = tmp_path / "in one go"
    crop_faces(faces, whole, detector=KnownPlaces)
    assert (whole / "faces.csv").read_text() == (folder / "faces.csv").read_text()
    for row in rows_of(whole):
        assert (whole / row["path"]).read_bytes() == (folder / row["path"]).read_bytes()


def test_a_finished_call_does_nothing_again(faces, tmp_path):
    crop_faces(faces, tmp_path / "faces", detector=KnownPlaces)

    def never() -> KnownPlaces:
        raise AssertionError

    assert crop_faces(faces, tmp_path / "faces", detector=never).from_before == len(faces)


def test_faces_made_otherwise_or_of_other_photos_are_not_mixed(faces, tmp_path):
    folder = tmp_path / "faces"
    crop_faces(faces, folder, detector=KnownPlaces, margin=0.25)
    with pytest.raises(DataError, match=r"made otherwise: margin 0.25 \(now 0.0\); name a new"):
        crop_faces(faces, folder, detector=KnownPlaces)
    Image.new("L", (120, 121), 90).save(tmp_path / "photos/dark.png")
    with pytest.raises(DataError, match=r"made otherwise: images 5 \(\w+\) \(now 5 \(\w+\)\)"):
        crop_faces(opened(tmp_path / "photos"), folder, detector=KnownPlaces, margin=0.25)


def test_a_folder_of_other_files_is_left_alone(faces, tmp_path):
    with pytest.raises(DataError, match=r"has a, b, broken\.png, .*; name a new folder"):
        crop_faces(faces, tmp_path / "photos", detector=KnownPlaces)
    assert not (tmp_path / "photos/crops.jsonl").exists()


def test_without_a_detector_the_data_set_says_where_the_faces_are(faces, tmp_path):
    with pytest.raises(DataError, match="does not say where in its photos the faces are"):
        crop_faces(faces, tmp_path / "faces")
    images = faces.images
    assert isinstance(images, FileImages)
    boxes = np.tile(np.array([10, 20, 40, 30], np.float32), (len(faces), 1))
    boxed = FaceDataset(
        "boxed",
        FileImages(images.root, images.paths, boxes=boxes),
        faces.fine,
        faces.split,
        faces.subject,
    )
    assert crop_faces(boxed, tmp_path / "faces").faces == 4
    with Image.open(tmp_path / "faces/images/a/one.png") as face:
        assert face.size == (40, 30)


def test_no_face_at_all_is_an_error(faces, tmp_path):
    dark = faces.take(np.array([2, 3]))
    with pytest.raises(
        DataError, match=r"a face in none of its 2 images; .*left_out\.tsv says why"
    ):
        crop_faces(dark, tmp_path / "faces", detector=KnownPlaces)
    assert len((tmp_path / "faces/left_out.tsv").read_text().splitlines()) == 2
    assert not (tmp_path / "faces/faces.csv").exists()


def test_a_detector_that_cannot_be_made_stops_everything(faces, tmp_path):
    def broken() -> KnownPlaces:
        raise DataError("no such detector")

    with pytest.raises(DataError, match="no such detector"):
        crop_faces(faces, tmp_path / "faces", detector=broken)


def test_images_without_files_are_numbered_and_colour_stays(tmp_path):
    pixels = np.full((2, 3, 120, 120), 100, np.uint8)
    pixels[:, 0] = 200
    images = ArrayImages(pixels, np.array([7, 8]), Path("faces.csv"))
    zeros = np.zeros(2, np.int16)
    dataset = FaceDataset("array", images, zeros, zeros.astype(np.int8), zeros.astype(np.int32))
    heard: list[tuple[int, int]] = []
    crop_faces(
        dataset,
        tmp_path / "faces",
        detector=KnownPlaces,
        progress=lambda done, n: heard.append((done, n)),
    )
    assert [(row["path"], row["source"]) for row in rows_of(tmp_path / "faces")] == [
        ("images/000000.png", "faces.csv:7"),
        ("images/000001.png", "faces.csv:8"),
    ]
    with Image.open(tmp_path / "faces/images/000000.png") as face:
        assert face.getpixel((5, 5)) == (200, 100, 100)
    assert heard == [(2, 2)]


def test_a_photo_that_is_listed_twice_gives_two_faces(faces, tmp_path):
    twice = faces.take(np.array([0, 0, 1]))
    crop_faces(twice, tmp_path / "faces", detector=KnownPlaces)
    paths = [row["path"] for row in rows_of(tmp_path / "faces")]
    assert paths == ["images/a/one.png", "images/a/one.2.png", "images/a/one.3.png"]
