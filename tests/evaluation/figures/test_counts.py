import csv
import io

import pytest
from PIL import Image

from crs_plugin.evaluation.figures.counts import counts_picture, data_counts

COUNTS = {"train": {"happiness": 12, "fear": 1}, "test": {"happiness": 3, "disgust": 2}}


def test_the_drawing_has_the_numbers_in_words_and_as_a_table():
    drawing = data_counts("data_0", "faces", COUNTS)
    assert drawing.alt == "Images of faces by expression: happiness 15, fear 1, disgust 2."
    assert [*csv.reader(io.StringIO(drawing.csv))] == [
        ["split", "happiness", "fear", "disgust"],
        ["train", "12", "1", "0"],
        ["test", "3", "0", "2"],
    ]
    assert drawing.svg.startswith("<svg")


@pytest.mark.parametrize("ending", ["svg", "png", "jpg"])
def test_several_sets_are_in_one_file(tmp_path, ending):
    file = tmp_path / f"counts.{ending}"
    counts_picture(file, {"faces": COUNTS, "others": {"all": {"anger": 7}}})
    if ending == "svg":
        text = file.read_text()
        assert all(f">{word}<" in text for word in ("faces", "others", "happiness", "15"))
        assert 'xmlns="http://www.w3.org/2000/svg"' in text
        return
    with Image.open(file) as picture:
        assert picture.width == 1200


def test_the_same_counts_give_the_same_file(tmp_path):
    for name in "ab":
        counts_picture(tmp_path / f"{name}.svg", {"faces": COUNTS})
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
