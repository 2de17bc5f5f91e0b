"""Data sets of the package keep the contract that it ships, on small trees in their layouts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from crs_plugin.registry import registry
from crs_plugin.testing import DATASET_CLAUSES, check_dataset
from crs_plugin.testing.dataset_contract import bulk_reading_gives_one_size

IN_FILES = {bulk_reading_gives_one_size.__name__: "its images are read one by one"}


def opened_from(name: str, root: Path, **options: object) -> Callable[[], object]:
    component = registry.get("dataset", name).target
    return lambda: component(root=root, **options)


TREES = {
    "ck_plus": ["cohn-kanade-images/S010/002/S010_002_0000000{}.png"],
    "jaffe": ["KA.AN1.3{}.tiff", "YM.HA1.5{}.tiff"],
    "kdef": ["AF01/AF0{}HAS.JPG", "AM01/AM0{}ANS.JPG", "AM01/AM0{}ANHL.JPG"],
    "oulu_casia": ["OriginalImg/VL/Strong/P001/Fear/00{}.jpeg"],
    "image_folder": ["train/anger/{}.png", "test/fear/{}.png"],
    "raf_db": ["basic/Image/aligned/train_{}_aligned.jpg"],
    "raf_db_compound": ["compound/Image/aligned/test_{}_aligned.jpg"],
    "ferplus": ["FER2013Train/{}.png"],
    "table": ["faces/{}.png"],
}
"""Images, of which there are five each."""

LABELS = {
    "ck_plus": {"Emotion/S010/002/S010_002_00000005_emotion.txt": "   3.0000000e+00\n"},
    "raf_db": {"basic/EmoLabel/list_patition_label.txt": "train_{}.jpg {}\n"},
    "raf_db_compound": {"compound/EmoLabel/list_patition_label.txt": "test_{}.jpg {}\n"},
    "ferplus": {"fer2013new.csv": "Training,{}.png,0,{},0,0,0,0,0,0,0,0\n"},
    "table": {"faces.csv": "faces/{}.png,happy\n"},
}
"""Label files, of lines for each image."""

HEADERS = {
    "ferplus": (
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    ),
    "table": "path,label",
}
OPTIONS = {"table": {"file": "faces.csv"}, "kdef": {"angles": ["straight", "half left"]}}


@pytest.mark.parametrize("name", TREES)
def test_data_sets_keep_the_contract(name: str, tmp_path: Path, write_image) -> None:
    for number in range(1, 6):
        for image in TREES[name]:
            write_image(tmp_path / image.format(number), 8 + number, seed=number)
    for path, line in LABELS.get(name, {}).items():
        lines = dict.fromkeys(line.format(number, number) for number in range(1, 6))
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        header = f"{HEADERS[name]}\n" if name in HEADERS else ""
        (tmp_path / path).write_text(header + "".join(lines))
    make = opened_from(name, tmp_path, **OPTIONS.get(name, {}))
    assert len(make()) >= 4
    assert check_dataset(make) == IN_FILES


def test_pixels_of_a_csv_keep_the_contract(tmp_path: Path) -> None:
    rows = [f"Training,,0,{10 - n},0,0,0,0,0,0,0,0" for n in range(4)]
    (tmp_path / "fer2013new.csv").write_text("\n".join([HEADERS["ferplus"], *rows]))
    pixels = [f"0,{' '.join([str(n)] * 48 * 48)},Training" for n in range(4)]
    (tmp_path / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *pixels]))
    assert check_dataset(opened_from("ferplus", tmp_path)) == IN_FILES


def test_drawn_faces_keep_the_contract() -> None:
    faces = registry.get("dataset", "synthetic_faces").target
    assert check_dataset(lambda: faces(size=24, train=8, test=4), DATASET_CLAUSES) == {}
