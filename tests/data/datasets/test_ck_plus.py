from pathlib import Path

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.datasets.ck_plus import LABELS, ck_plus

IMAGES, EMOTION = "cohn-kanade-images", "Emotion"
SEQUENCES = {
    ("S010", "002"): "7",
    ("S010", "004"): "1",
    ("S011", "001"): None,
    ("S138", "001"): "2",
}
BETWEEN = "frame between the first and the last 3 of its sequence"


def write_label(root: Path, subject: str, sequence: str, text: str, frame: int = 6) -> Path:
    file = root / subject / sequence / f"{subject}_{sequence}_{frame:08d}_emotion.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
    return file


@pytest.fixture
def write_set(tmp_path: Path, write_image):
    """Write four sequences of six frames, three of them with a label, as the release has them."""

    def write(images: str = IMAGES, labels: str = EMOTION) -> Path:
        for (subject, sequence), label in SEQUENCES.items():
            for frame in range(1, 7):
                name = f"{subject}_{sequence}_{frame:08d}.png"
                write_image(tmp_path / images / subject / sequence / name)
            (tmp_path / labels / subject / sequence).mkdir(parents=True, exist_ok=True)
            if label:
                write_label(tmp_path / labels, subject, sequence, f"   {label}.0000000e+00\n")
        return tmp_path

    return write


@pytest.fixture
def root(write_set) -> Path:
    return write_set()


def names(faces) -> list[str]:
    return [Path(faces.images.name(i)).stem for i in range(len(faces))]


def test_first_and_last_frames_of_labelled_sequences(root: Path) -> None:
    faces = ck_plus(root=root)
    assert faces.counts() == {"all": {"neutral": 3, "surprise": 3, "anger": 3, "contempt": 3}}
    assert names(faces)[:4] == [f"S010_002_0000000{n}" for n in (1, 4, 5, 6)]
    assert faces.take(faces.fine[:1] * 0 + 1).expressions == ("surprise",)
    assert faces.subject.tolist() == [0] * 8 + [1] * 4
    assert faces.skipped == {"sequence without a label file": 1, BETWEEN: 6}


def test_number_of_last_frames(root: Path) -> None:
    assert ck_plus(root=root, last_frames=1).counts()["all"]["surprise"] == 1
    faces = ck_plus(root=root, last_frames=5)
    assert faces.counts()["all"] == {"neutral": 3, "surprise": 5, "anger": 5, "contempt": 5}
    assert BETWEEN not in faces.skipped


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("extended-cohn-kanade-images/cohn-kanade-images", "Emotion_labels/Emotion"),
        ("CK+/extended-cohn-kanade-images/cohn-kanade-images", "CK+/Emotion_labels/Emotion"),
        ("extended-cohn-kanade-images", "emotion_labels"),
    ],
)
def test_folders_as_the_archives_make_them(write_set, images: str, labels: str) -> None:
    root = write_set(images, labels)
    for folder in ("FACS_labels/FACS", "Landmarks/Landmarks", "ck_faces"):
        (root / folder / "S010" / "002").mkdir(parents=True)
    for folder in (root / Path(images).parts[0], root / images):
        assert len(ck_plus(root=folder)) == 12
    assert len(ck_plus(root=root)) == 12


def test_every_number_stands_for_its_expression(root: Path) -> None:
    for number, name in LABELS.items():
        write_label(root / EMOTION, "S010", "002", f"\ufeff{number}.0\r\n")
        faces = ck_plus(root=root)
        assert faces.take(faces.fine[:1] * 0 + 1).expressions == (name,)
    assert LABELS["3"] == "disgust"
    assert LABELS["7"] == "surprise"


def test_images_and_labels_that_lack_are_counted(root: Path) -> None:
    (root / IMAGES / "S010" / "002" / "S010_002_00000006.png").unlink()
    for path in (root / IMAGES / "S010" / "004").iterdir():
        path.unlink()
    write_label(root / EMOTION, "S999", "001", "3.0")
    (root / IMAGES / "S138" / "001" / "S138_001_00000006.png").rename(
        root / IMAGES / "S138" / "001" / "S138_001_00000006.PNG"
    )
    faces = ck_plus(root=root)
    # The last frame is the one that the label is called after: the fourth does not move up.
    assert faces.counts() == {"all": {"neutral": 2, "surprise": 2, "contempt": 3}}
    assert faces.skipped == {
        "sequence without a label file": 1,
        "sequence without images": 1,
        "label file without a sequence": 1,
        "image file missing": 1,
        BETWEEN: 4,
    }


def test_litter_does_not_matter(root: Path) -> None:
    for path in (
        f"{IMAGES}/.DS_Store",
        f"{IMAGES}/S010/.DS_Store",
        f"{IMAGES}/S010/002/.DS_Store",
        f"{IMAGES}/S010/002/Thumbs.db",
        f"{EMOTION}/S010/002/._S010_002_00000006_emotion.txt",
        f"__MACOSX/{EMOTION}/S010/002/._S010_002_00000006_emotion.txt",
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    assert ck_plus(root=root).skipped == {"sequence without a label file": 1, BETWEEN: 6}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("8.0", r"_emotion\.txt:1: unknown label '8\.0'; known are 0 neutral, 1 anger"),
        ("2.5", "unknown label '2.5'"),
        ("surprise", "unknown label 'surprise'"),
        ("", "unknown label ''"),
        ("nan", "unknown label 'nan'"),
    ],
)
def test_a_broken_label_names_its_file(root: Path, text: str, message: str) -> None:
    write_label(root / EMOTION, "S010", "002", text)
    with pytest.raises(DataError, match=message):
        ck_plus(root=root)


def test_label_that_is_no_text_or_is_there_twice(root: Path) -> None:
    file = root / EMOTION / "S010" / "002" / "S010_002_00000006_emotion.txt"
    file.write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(DataError, match=r"_emotion\.txt: is not UTF-8 text"):
        ck_plus(root=root)
    write_label(root / EMOTION, "S010", "002", "3.0", frame=5)
    with pytest.raises(DataError, match=r"S010/002 has more than one label: S010_002_00000005"):
        ck_plus(root=root)


def test_images_without_the_labels(root: Path) -> None:
    (root / EMOTION).rename(root / "FACS")
    message = r"there is no folder Emotion; persons are in FACS, cohn-kanade.*jeffcohn\.net"
    with pytest.raises(DataError, match=message):
        ck_plus(root=root)


def test_images_in_two_places(write_set) -> None:
    write_set("one", EMOTION)
    with pytest.raises(DataError, match="images in more than one place: one, two; set 'root'"):
        ck_plus(root=write_set("two", EMOTION))


@pytest.fixture
def write_folders(tmp_path: Path, write_image):
    """Write the folder version: three frames of a sequence for each expression."""

    def write(place: str = "CK+48") -> Path:
        for number, name in enumerate(
            ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise"), start=1
        ):
            for frame in (9, 10, 11):
                file = f"S{number % 3:03d}_{number:03d}_{frame:08d}.png"
                write_image(tmp_path / place / name / file, 48)
        return tmp_path

    return write


@pytest.mark.parametrize("place", ["CK+48", "", "archive/CK+48"])
def test_folder_version(write_folders, place: str) -> None:
    faces = ck_plus(root=write_folders(place))
    assert faces.counts() == {
        "all": dict.fromkeys(
            ("happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"), 3
        )
    }
    assert faces.subject_known
    subjects = {name[:4]: int(n) for name, n in zip(names(faces), faces.subject, strict=True)}
    assert subjects == {"S001": 0, "S002": 1, "S000": 2}
    assert faces.images.read(0).shape == (1, 48, 48)
    assert faces.skipped == {}


def test_fewer_last_frames_of_the_folder_version(write_folders) -> None:
    faces = ck_plus(root=write_folders(), last_frames=1)
    assert {name[-2:] for name in names(faces)} == {"11"}
    assert faces.skipped == {"frame before the last 1 of its sequence": 14}
    with pytest.raises(DataError, match=r"has the last 3 frames .* 'last_frames' asks for 4"):
        ck_plus(root=faces.images.root, last_frames=4)


def test_other_files_and_folders_of_the_folder_version(write_folders, write_image) -> None:
    root = write_folders()
    write_image(root / "CK+48" / "fear" / "someone.png")
    (root / "CK+48" / "fear" / ".DS_Store").touch()
    faces = ck_plus(root=root)
    assert faces.skipped == {"file whose name is not like S010_004_00000017.png": 1}
    (root / "CK+48" / "sadnes").mkdir()
    with pytest.raises(DataError, match=r"CK\+48/sadnes: unknown expression .*mean 'sadness'"):
        ck_plus(root=root)


def test_both_versions_in_one_folder(write_set, write_folders) -> None:
    write_set()
    with pytest.raises(
        DataError, match=r"both sequences \(Emotion\) and folders .*\(CK\+48\); set"
    ):
        ck_plus(root=write_folders())


def test_a_folder_without_it_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "ckextended.csv").touch()
    with pytest.raises(DataError, match=r"S010_002_0.*; or CK\+48.*has ckextended\.csv.*agreement"):
        ck_plus(root=tmp_path)
