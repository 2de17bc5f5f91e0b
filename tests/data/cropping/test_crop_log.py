import pytest

from crs_plugin.data import DataError
from crs_plugin.data.cropping.crop_log import LOG, OPTIONS, Crop, CropLog

MADE_BY = {"margin": 0.5, "detector": None}


def test_what_is_done_is_known_the_next_time(tmp_path):
    crops = [Crop(3, "images/3.png", "", 1, 0.5, [[1.0, 2.0]] * 5), Crop(1, reason="no face")]
    CropLog(tmp_path / "new" / "faces", MADE_BY).add(crops)
    again = CropLog(tmp_path / "new" / "faces", MADE_BY)
    assert again.done == {3: crops[0], 1: crops[1]}


def test_a_line_that_was_cut_off_is_dropped(tmp_path):
    CropLog(tmp_path, MADE_BY).add([Crop(0, "a.png")])
    with (tmp_path / LOG).open("a") as file:
        file.write('{"index": 1')
    log = CropLog(tmp_path, MADE_BY)
    log.add([Crop(2, "b.png")])
    assert set(CropLog(tmp_path, MADE_BY).done) == {0, 2}


def test_a_log_that_was_cut_off_in_its_first_line_is_begun_again(tmp_path):
    (tmp_path / LOG).write_text('{"marg')
    CropLog(tmp_path, MADE_BY).add([Crop(0, "a.png")])
    assert set(CropLog(tmp_path, MADE_BY).done) == {0}


def test_other_settings_are_refused_with_what_differs(tmp_path):
    CropLog(tmp_path, MADE_BY)
    with pytest.raises(DataError, match=r"otherwise: margin 0\.5 \(now 0\.25\); name a new folder"):
        CropLog(tmp_path, {**MADE_BY, "margin": 0.25})


def test_options_of_the_data_set_say_why_the_images_are_others(tmp_path):
    CropLog(tmp_path, {"images": "3 (ab)", OPTIONS: {"margin": "0.1", "root": "faces"}})
    now = {"images": "3 (cd)", OPTIONS: {"margin": "0.2", "root": "faces", "file": "a.csv"}}
    differs = (
        r"otherwise: option 'margin' 0\.1 \(now 0\.2\), option 'file' \(not set\) \(now a\.csv\);"
    )
    with pytest.raises(DataError, match=differs):
        CropLog(tmp_path, now)
    assert CropLog(tmp_path, {**now, "images": "3 (ab)"}).done == {}
    with pytest.raises(DataError, match=r"otherwise: images 3 \(ab\) \(now 3 \(cd\)\);"):
        CropLog(tmp_path, {"images": "3 (cd)"})


@pytest.mark.parametrize(
    "damage", ["not JSON\n", "3\n", '{"margin": 0.5}\n{"face": 1}\n', "\xff\n"]
)
def test_a_log_that_is_none_is_refused(tmp_path, damage):
    (tmp_path / LOG).write_bytes(damage.encode("latin-1"))
    with pytest.raises(DataError, match=r"crops\.jsonl: cannot be read: .*; name a new folder"):
        CropLog(tmp_path, MADE_BY)


def test_litter_is_no_other_file(tmp_path):
    (tmp_path / ".DS_Store").write_text("")
    CropLog(tmp_path, MADE_BY)
    (tmp_path / LOG).unlink()
    (tmp_path / "thesis.txt").write_text("")
    with pytest.raises(DataError, match=r"has thesis\.txt, none of which is of faces cut out"):
        CropLog(tmp_path, MADE_BY)
