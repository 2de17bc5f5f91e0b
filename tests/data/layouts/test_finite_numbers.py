import pytest

from crs_plugin.data.layouts.finite_numbers import finite_numbers


def test_numbers_are_read() -> None:
    assert finite_numbers(["1", " -2.5 ", "1e3"]) == [1.0, -2.5, 1000.0]


@pytest.mark.parametrize("cell", ["", "NULL", "nan", "inf", "1,5"])
def test_anything_else_gives_none(cell: str) -> None:
    assert finite_numbers(["1", cell]) is None
