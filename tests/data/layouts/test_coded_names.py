import re
from pathlib import Path

from crs_plugin.data.layouts.coded_names import coded_images
from crs_plugin.data.layouts.records import Records

CODE = re.compile(r"([A-Z]\d)(HA|SA)")


def test_a_code_stands_for_one_picture_wherever_it_lies(tmp_path: Path, write_image) -> None:
    for path in ("A1HA.JPG", "deep/a2sa.png", "again/A1HA.png", "A1XX.png", "A3HX.jpg"):
        write_image(tmp_path / path)
    for path in ("readme.TXT", ".DS_Store", "deep/._a2sa.png", "LICENSE"):
        (tmp_path / path).touch()
    records = Records("faces", tmp_path)
    found = list(coded_images(records, CODE, "A1HA.JPG", {"A3HX": "A3HA"}))
    assert [(path, match.groups()) for path, match in found] == [
        ("A1HA.JPG", ("A1", "HA")),
        ("A3HX.jpg", ("A3", "HA")),
        ("deep/a2sa.png", ("A2", "SA")),
    ]
    records.add("A1HA.JPG", 0, "all")
    assert records.dataset().skipped == {
        "image that is there twice by its name": 1,
        "image whose name is not like A1HA.JPG": 1,
        "not an image file (.txt)": 1,
        "not an image file (no suffix)": 1,
    }
