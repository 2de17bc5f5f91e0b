import pytest

from crs_plugin.data.layouts.litter import is_litter


@pytest.mark.parametrize(
    "name", ["__MACOSX", "THUMBS.DB", "Desktop.ini", ".DS_Store", "._a.png", "Icon\r"]
)
def test_litter(name: str) -> None:
    assert is_litter(name)
    assert not is_litter("icons.png")
