from pathlib import Path

import numpy as np
import pytest

from crs_plugin.data import DataError, decode
from crs_plugin.data.datasets.ferplus import ferplus

HEADER = (
    "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
)
FOLDERS = {"Training": "FER2013Train", "PublicTest": "FER2013Valid", "PrivateTest": "FER2013Test"}
CLEAR = "10,0,0,0,0,0,0,0,0,0"
ROWS = [
    ("Training", "fer0000000.png", "0,6,0,0,3,1,0,0,0,0"),  # 6 of 9: happiness
    ("Training", "fer0000001.png", "4,0,0,4,1,1,0,0,0,0"),  # 4 of 8: no majority, plurality neutral
    ("Training", "fer0000002.png", "0,0,0,0,1,2,1,0,0,0"),  # 2 of 2: disgust
    ("Training", "fer0000003.png", "0,0,0,0,0,0,0,0,8,0"),  # unknown
    ("Training", "fer0000004.png", "0,0,0,0,0,0,0,0,0,10"),  # no face
    ("Training", "fer0000005.png", "1,1,1,1,1,1,1,1,1,1"),  # nothing but single votes
    ("PublicTest", "fer0000006.png", CLEAR),
    ("PrivateTest", "fer0000007.png", "0,0,9,0,0,0,0,0,0,0"),
]


def write_votes(root: Path, rows: list[tuple[str, str, str]], end: str = "\n") -> None:
    lines = [HEADER, *(",".join(row) for row in rows), ""]
    (root / "fer2013new.csv").write_bytes(end.join(lines).encode())


@pytest.fixture
def png_root(tmp_path: Path, write_image) -> Path:
    write_votes(tmp_path, ROWS)
    for i, (usage, name, _) in enumerate(ROWS):
        write_image(tmp_path / FOLDERS[usage] / name, size=48, seed=i)
    return tmp_path


def write_pixels(root: Path, usages: list[str], file: str = "fer2013.csv") -> np.ndarray:
    pixels = np.random.default_rng(0).integers(0, 256, (len(usages), 48 * 48))
    lines = [f"0,{' '.join(map(str, p))},{usage}" for p, usage in zip(pixels, usages, strict=True)]
    header = "emotion, pixels, Usage" if file.startswith("icml") else "emotion,pixels,Usage"
    (root / file).write_text("\r\n".join([header, *lines, ""]))
    return pixels.reshape(-1, 1, 48, 48)


def test_majority(png_root: Path) -> None:
    faces = ferplus(root=png_root)
    assert faces.counts() == {
        "train": {"happiness": 1, "disgust": 1},
        "valid": {"neutral": 1},
        "test": {"surprise": 1},
    }
    assert faces.skipped == {"votes without a majority": 2, "voted unknown": 1, "voted NF": 1}
    assert faces.images.name(2) == str(png_root / "FER2013Valid" / "fer0000006.png")
    assert not faces.subject_known
    assert decode(faces, 48).shape == (4, 1, 48, 48)


def test_votes_are_an_extra_column(png_root: Path, tmp_path_factory) -> None:
    votes = [[0, 6, 0, 0, 3, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 2, 1, 0, 0, 0], [10] + [0] * 9]
    column = ferplus(root=png_root).extra["votes"]
    assert column.dtype == np.float32
    assert column[:3].tolist() == votes
    assert len(ferplus(root=png_root, valid_as_test=True).extra["votes"]) == 3
    other = tmp_path_factory.mktemp("pixels")
    write_votes(other, ROWS)
    write_pixels(other, [usage for usage, _, _ in ROWS])
    assert np.array_equal(ferplus(root=other).extra["votes"], column)


def test_root_one_folder_off(png_root: Path, tmp_path_factory) -> None:
    outer = tmp_path_factory.mktemp("outer")
    png_root.rename(outer / "FERPlus")
    (outer / "link").symlink_to(outer / "FERPlus")
    assert len(ferplus(root=outer)) == 4


def test_images_without_votes_are_counted(png_root: Path, write_image) -> None:
    write_image(png_root / "FER2013Train" / "fer0000077.png", 48)
    (png_root / "FER2013Train" / "._fer0000000.png").touch()
    assert ferplus(root=png_root).skipped["image without a label"] == 1


def test_plurality_takes_the_first_of_equals(png_root: Path) -> None:
    faces = ferplus(root=png_root, rule="plurality")
    assert faces.counts()["train"] == {"neutral": 2, "happiness": 1, "disgust": 1}
    assert faces.skipped == {"voted unknown": 1, "voted NF": 1}


def test_majority_needs_more_than_half_itself_included(png_root: Path) -> None:
    write_votes(png_root, [("Training", "fer0000000.png", "5,3,2,0,0,0,0,0,0,0"), *ROWS[1:]])
    assert ferplus(root=png_root).skipped["votes without a majority"] == 3
    write_votes(png_root, [("Training", "fer0000000.png", "5,3,1,1,0,0,0,0,0,0"), *ROWS[1:]])
    assert ferplus(root=png_root).counts()["train"]["neutral"] == 1


def test_pixels_of_fer2013_csv_go_row_by_row(tmp_path: Path) -> None:
    write_votes(tmp_path, [("Training", "", ROWS[4][2]), *ROWS], end="\r\n")
    pixels = write_pixels(tmp_path, ["Training", *(usage for usage, _, _ in ROWS)])
    faces = ferplus(root=tmp_path)
    assert faces.counts()["train"] == {"happiness": 1, "disgust": 1}
    assert faces.skipped["voted NF"] == 2
    assert np.array_equal(decode(faces, 48).numpy(), pixels[[1, 3, 7, 8]])
    assert faces.images.name(0) == f"{tmp_path / 'fer2013.csv'}:3"


def test_header_with_leading_spaces(tmp_path: Path) -> None:
    write_votes(tmp_path, ROWS)
    write_pixels(tmp_path, [usage for usage, _, _ in ROWS], "icml_face_data.csv")
    assert len(ferplus(root=tmp_path)) == 4


def test_valid_may_play_the_test_set(png_root: Path) -> None:
    faces = ferplus(root=png_root, valid_as_test=True)
    assert faces.counts() == {"train": {"happiness": 1, "disgust": 1}, "test": {"neutral": 1}}
    assert faces.skipped["of FER2013Test, replaced"] == 1


def test_missing_images_and_repeated_names_are_handled(png_root: Path, write_image) -> None:
    more = [
        ROWS[0],  # named again with the same label: kept, as in the published counts
        ("Training", ROWS[2][1], CLEAR),  # named again with another label
        ("Training", "fer0000099.png", CLEAR),  # not on disk
        ("Training", "fer0000098.png", CLEAR),
    ]
    write_image(png_root / "FER2013Train" / "fer0000098.png", 48)
    write_votes(png_root, [*ROWS, *more])
    faces = ferplus(root=png_root)
    assert faces.counts()["train"] == {"neutral": 1, "happiness": 2, "disgust": 1}
    assert faces.skipped["image file missing"] == 1
    assert faces.skipped["image named again with another label"] == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("Trainning", "a.png", CLEAR), r"fer2013new\.csv:2: unknown usage 'Trainning'"),
        (("Training", "a.png", CLEAR[:-1] + "x"), r"fer2013new\.csv:2: votes must be whole"),
        (("all", "a.png", CLEAR), r"fer2013new\.csv:2: unknown usage 'all'"),
        (("Training", "a.png", "1,2"), r"fer2013new\.csv:2: 4 cells where the header has 12"),
        (("Training", "../../a.png", CLEAR), r"fer2013new\.csv:2: path .* is not inside"),
    ],
)
def test_broken_votes_name_the_line(
    png_root: Path, row: tuple[str, str, str], message: str
) -> None:
    write_votes(png_root, [row])
    with pytest.raises(DataError, match=message):
        ferplus(root=png_root)


def test_files_that_do_not_belong_together(tmp_path: Path) -> None:
    write_votes(tmp_path, ROWS)
    usages = [usage for usage, _, _ in ROWS]
    write_pixels(tmp_path, usages[1:])
    with pytest.raises(DataError, match=r"fer2013new\.csv:7: row 6 is of the split train, but .*7"):
        ferplus(root=tmp_path)
    write_pixels(tmp_path, usages[:-1])
    with pytest.raises(DataError, match=r"fer2013new\.csv:9: row 8 .* ends before it"):
        ferplus(root=tmp_path)
    write_pixels(tmp_path, [*usages, "PrivateTest"])
    with pytest.raises(DataError, match=r"fer2013\.csv:10: .* has no votes for this row"):
        ferplus(root=tmp_path)


@pytest.mark.parametrize("pixels", ["1 2 3", "", "256 " * 2304, "a " * 2304])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_broken_pixels_name_the_line(tmp_path: Path, pixels: str) -> None:
    write_votes(tmp_path, ROWS[:1])
    (tmp_path / "fer2013.csv").write_text(f"emotion,pixels,Usage\n0,{pixels},Training\n")
    with pytest.raises(DataError, match=r"fer2013\.csv:2: pixels must be"):
        ferplus(root=tmp_path)


def test_missing_files_say_what_is_there_and_where_to_get_them(tmp_path: Path) -> None:
    (tmp_path / "fer2013.csv").touch()
    with pytest.raises(DataError, match=r"fer2013new\.csv is missing .* has fer2013\.csv\)") as one:
        ferplus(root=tmp_path)
    assert "https://github.com/microsoft/FERPlus (MIT licence)" in str(one.value)
    (tmp_path / "fer2013.csv").unlink()
    write_votes(tmp_path, ROWS)
    with pytest.raises(DataError, match=r"fer2013\.csv or .* or FER2013Train is missing"):
        ferplus(root=tmp_path)


def test_published_counts(real_faces: Path) -> None:
    majority = ferplus(root=real_faces / "ferplus")
    totals = {split: sum(by.values()) for split, by in majority.counts().items()}
    assert totals == {"train": 24_446, "valid": 3_199}
    assert sum(majority.skipped.values()) + len(majority) == 31_448
    plurality = ferplus(root=real_faces / "ferplus", rule="plurality")
    assert sum(plurality.counts()["valid"].values()) == 3_553
