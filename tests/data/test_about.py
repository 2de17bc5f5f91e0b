"""What is said of each data set agrees with what its reader does."""

import pytest

from crs_plugin.data.about import about
from crs_plugin.expressions import ALL_EXPRESSIONS
from crs_plugin.registry import registry

WILD = {
    "raf_db": 7,
    "raf_db_compound": 11,
    "affectnet": 8,
    "fer2013": 7,
    "ferplus": 8,
    "expw": 7,
    "sfew": 7,
    "caer_s": 7,
    "fed_ro": 7,
}


@pytest.mark.parametrize("name", [*WILD, "image_folder", "table", "synthetic_faces"])
def test_every_data_set_says_what_it_is(name: str) -> None:
    known = about(registry.get("dataset", name).target)
    assert known is not None
    assert known.title
    assert known.images
    assert known.layout
    assert known.how_to_get.count(" ") > 5
    expressions = [e for e in known.labels.values() if e is not None]
    assert set(expressions) <= set(ALL_EXPRESSIONS)
    assert len(set(expressions)) == len(expressions)
    if name in WILD:
        assert known.setting == "wild"
        assert len(expressions) == WILD[name]


def test_a_function_of_nobodys_file_says_nothing() -> None:
    assert about(len) is None
