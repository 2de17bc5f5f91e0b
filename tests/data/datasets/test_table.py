from pathlib import Path

import pytest

from crs_plugin.data import DataError, FaceDataset, decode
from crs_plugin.data.datasets.table import table


@pytest.fixture
def root(tmp_path: Path, write_image) -> Path:
    for name in ("Ann_1.png", "Ann_2.png", "Bob_1.png"):
        write_image(tmp_path / "images" / name)
    return tmp_path


def opened(root: Path, text: str, **options: object) -> FaceDataset:
    (root / "faces.csv").write_text(text)
    options = {"image_folder": "images", **options}
    return table(root=root, file="faces.csv", **options)  # type: ignore[arg-type]


def test_paths_and_labels(root: Path) -> None:
    faces = opened(root, "path,label\nAnn_1.png,Happy\nBob_1.png,\nAnn_2.png,sad\n")
    assert faces.counts() == {"all": {"happiness": 1, "sadness": 1, "(no label)": 1}}
    assert faces.images.name(1) == str(root / "images" / "Bob_1.png")
    assert faces.subject.tolist() == [-1] * 3
    assert faces.name == root.name


def test_all_columns(root: Path) -> None:
    faces = opened(
        root,
        "who,emo,x,file,y,w,h,part\n"
        "Ann,3,0,Ann_1.png,0,4,2,Training\nBob,9,0,Bob_1.png,0,4,4,val\nAnn,3,1,Ann_2.png,1,4,4,test\n",
        image_column="file",
        label_column="emo",
        labels={"3": "happy", "9": None},
        split_column="part",
        subject_column="who",
        box_columns=["x", "y", "w", "h"],
    )
    assert faces.counts() == {"train": {"happiness": 1}, "test": {"happiness": 1}}
    assert faces.subject.tolist() == [0, 0]
    assert faces.skipped == {"label 9 left out by 'labels'": 1}
    assert faces.images.read(0).shape == (1, 2, 4)
    assert decode(faces, 4).shape == (2, 1, 4, 4)


def test_corners_are_not_taken_for_boxes(root: Path) -> None:
    corners = {"box_columns": ["x0", "y0", "x1", "y1"]}
    text = "path,label,x0,y0,x1,y1\nAnn_1.png,fear,3,4,7,8\nBob_1.png,fear,2,5,6,7\n"
    with pytest.raises(DataError, match=r"faces\.csv: 2 of 2 boxes .* are they corners\?") as told:
        opened(root, text, **corners)
    assert f"as 3, 4, 7, 8 does in {root}/images/Ann_1.png of 8×8" in str(told.value)
    half = text.replace("3,4,7,8", "3,4,5,4")  # which reaches its image's edge
    assert len(opened(root, half, **corners)) == 2


def test_the_root_of_the_disk_has_a_name_as_well(root: Path) -> None:
    (root / "faces.csv").write_text(f"path,label\n{root}/images/Ann_1.png,fear\n")
    faces = table(root=Path("/"), file=f"{root}/faces.csv")
    assert faces.name == "table"
    assert faces.images.name(0) == f"{root}/images/Ann_1.png"


def test_paths_that_lead_out_can_start_from_a_folder_above(root: Path) -> None:
    (root / "lists").mkdir()
    (root / "lists" / "faces.csv").write_text("path,label\n../images/Ann_1.png,fear\n")
    with pytest.raises(DataError, match="'image_folder' to the folder from there that images"):
        table(root=root / "lists", file="faces.csv")
    faces = table(root=root, file="lists/faces.csv", image_folder="lists")
    assert faces.images.name(0) == f"{root}/images/Ann_1.png"


LANDMARK_COLUMNS = [f"{axis}{point}" for point in range(5) for axis in "xy"]


def test_landmarks_align_the_faces(root: Path) -> None:
    header = ",".join(["path", "label", *LANDMARK_COLUMNS])
    points = "2,2,5,2,3.5,4,2,6,5,6"
    text = f"{header}\nAnn_1.png,fear,{points}\nBob_1.png,anger,{points}\n"
    faces = opened(root, text, landmark_columns=LANDMARK_COLUMNS)
    assert faces.images.landmarks[0].tolist() == [[2, 2], [5, 2], [3.5, 4], [2, 6], [5, 6]]  # type: ignore[attr-defined]
    plain = faces.images.read(1).shape
    assert plain[0] == 1
    assert plain[1] == plain[2]
    wide = opened(root, text, landmark_columns=LANDMARK_COLUMNS, margin=0.5).images.read(1).shape
    assert wide[1] == pytest.approx(2 * plain[1], abs=1)


def test_margin_grows_the_boxes(root: Path) -> None:
    text = "path,label,x,y,w,h\nAnn_1.png,fear,3,3,2,4\n"
    faces = opened(root, text, box_columns=["x", "y", "w", "h"], margin=0.5)
    assert faces.images.read(0).shape == (1, 7, 4)  # clipped: 8 pixels are all there are


def test_subject_from_the_name(root: Path) -> None:
    text = "path,label\nAnn_1.png,fear\nBob_1.png,fear\nAnn_2.png,anger\n"
    assert opened(root, text, subject_pattern=r"^(\w+)_\d").subject.tolist() == [0, 1, 0]


def test_table_without_labels(root: Path) -> None:
    faces = opened(root, "path\nAnn_1.png\n", label_column=None)
    assert faces.counts() == {"all": {"(no label)": 1}}


def test_parquet_gives_the_same(root: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {"path": ["images/Ann_1.png", "images/Bob_1.png"], "label": ["fear", "anger"]}
    parquet.write_table(pa.table(columns), root / "faces.parquet")
    assert table(root=root, file="faces.parquet").counts() == {"all": {"anger": 1, "fear": 1}}


def test_missing_images_are_counted(root: Path) -> None:
    faces = opened(root, "path,label\nAnn_1.png,fear\nCid_1.png,fear\n")
    assert len(faces) == 1
    assert faces.skipped == {"image file missing": 1, "image that is not in the table": 2}


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("Ann_1.png,fear\nBob_1.png,feer", {}, r"faces\.csv:3: .*'feer' \(did you mean 'fear'\?\)"),
        ("Ann_1.png,feer\nBob_1.png,angr", {}, r":2: .*'feer'.*, .*:3: .*'angr' .*'anger'"),
        (
            "Ann_1.png,fear",
            {"labels": {"feer": "fear"}},
            r"'feer' .*'fear'.* which is not in .*csv",
        ),
        ("Ann_1.png,fear\n,fear", {}, r"faces\.csv:3: no path in column 'path'"),
        (
            "../../x.png,fear",
            {},
            r"faces\.csv:2: path .* is not inside .*; set 'root' to a folder that",
        ),
        ("/etc/passwd,fear", {}, r"faces\.csv:2: path .* is not inside"),
        ("Ann_1.png,fear", {"image_folder": "../.."}, r"faces\.csv:2: path .* is not inside"),
        ("Ann_1.png,fear", {"label_column": "lable"}, r"faces\.csv:1: .*did you mean 'label'"),
        ("Ann_1.png,fear", {"split_column": "label"}, r"faces\.csv:2: unknown split 'fear'; known"),
        ("Ann_1.png,fear", {"subject_pattern": "(x"}, "found '.x', expected a regular expression"),
        ("Ann_1.png,fear", {"subject_pattern": "Ann"}, "expected one group .*there is none"),
        ("Ann_1.png,fear", {"subject_pattern": "(B..)_"}, r"faces\.csv:2: .* finds nobody in 'Ann"),
        (
            "Ann_1.png,fear",
            {"subject_pattern": "(A)", "subject_column": "label"},
            "give one of them",
        ),
        (
            "Ann_1.png,fear",
            {"box_columns": ["label"] * 4},
            r"faces\.csv:2: a box needs four finite numb",
        ),
        ("Ann_1.png,fear", {"box_columns": ["label"]}, "'box_columns' needs x, y, width, height"),
        ("Ann_1.png,nan", {"box_columns": ["label"] * 4, "label_column": None}, r":2: a box needs"),
        (
            "Ann_1.png,fear",
            {"landmark_columns": ["label"] * 10},
            r"faces\.csv:2: five landmarks need ten finite numbers, not \['fear'",
        ),
        (
            "Ann_1.png,fear",
            {"landmark_columns": ["label"]},
            "'landmark_columns' needs x, y of five",
        ),
        (
            "Ann_1.png,fear",
            {"landmark_columns": ["label"] * 10, "box_columns": ["label"] * 4},
            "'box_columns' and 'landmark_columns': give one of them",
        ),
        ("Ann_1.png,fear", {"margin": 0.1}, "'margin' needs 'box_columns' or 'landmark_columns'"),
        ("Cid_1.png,fear", {}, r"no image is left .*1 × image file missing .*images/Cid_1\.png"),
        ("Ann_1.png,fear\nCid_1.png,anger", {}, r"class 'anger' is empty: all 1 of its images"),
        ("", {}, r"faces\.csv: there is no line below the header"),
        ("", {"labels": {"joy": "happiness"}}, r"faces\.csv: there is no line below the header"),
    ],
)
def test_wrong_input(root: Path, text: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        opened(root, f"path,label\n{text}\n", **options)


def test_missing_table_and_one_outside(root: Path) -> None:
    with pytest.raises(DataError, match=r"faces\.csv is missing in .* has images"):
        table(root=root, file="faces.csv")
    outside = r"option 'file': path '\.\./x\.csv' is not inside .*; set 'root' to a folder that has"
    with pytest.raises(DataError, match=outside):
        table(root=root, file="../x.csv")
