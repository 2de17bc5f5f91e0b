import pytest

from crs_plugin.evaluation.figures.short_path import short_path


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("anger/0023.png", "anger/0023.png"),
        ("faces/lab/anger/0023.png", "…/anger/0023.png"),
        ("faces/lab/a_little_angry/0023.png", "…/0023.png"),
        ("lab/Arnold_S_002.png", "Arnold_S_002.png"),
        ("lab/Arnold_Schwarzenegger_0023.png", "Arnold_…0023.png"),
    ],
)
def test_the_name_of_the_file_is_kept(path, shown):
    assert short_path(path, 16) == shown
    assert len(shown) <= 16
