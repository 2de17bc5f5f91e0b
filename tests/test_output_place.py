import os

import pytest

from crs_plugin.errors import InputError
from crs_plugin.output_place import check_output_file, check_output_folder


def test_a_file_may_be_written_where_its_folder_may(tmp_path):
    check_output_file(tmp_path / "sheet.png", "the picture")
    with pytest.raises(InputError, match=f"gone/sheet.png: there is no folder {tmp_path}/gone"):
        check_output_file(tmp_path / "gone" / "sheet.png", "the picture")


def test_a_folder_is_made_where_the_nearest_above_may_be_written_to(tmp_path, monkeypatch):
    check_output_folder(tmp_path / "a" / "b", "the faces")
    asked = []
    monkeypatch.setattr(os, "access", lambda path, mode: asked.append(path))
    message = (
        f"the faces cannot be written to {tmp_path}/a/b: {tmp_path} may not be written to; name"
        " another folder with --output"
    )
    with pytest.raises(InputError, match=message):
        check_output_folder(tmp_path / "a" / "b", "the faces")
    assert asked == [tmp_path]
