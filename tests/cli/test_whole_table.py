import pytest
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from crs_plugin.cli.whole_table import print_whole

CELLS = ("7a815c14c64795e8", "faces (wild, basic)", "28,386 train", "")


def printed(width: int) -> list[str]:
    table = Table(Column("entry", no_wrap=True), "data set", "images", "", box=None, pad_edge=False)
    table.add_row(*map(Text, CELLS))
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    print_whole(table, console)
    return [line.rstrip() for line in console.export_text().splitlines()]


@pytest.mark.parametrize("width", [8, 20, 33, 40, 60])
def test_every_word_is_whole(width) -> None:
    words = " ".join(printed(width)).split()
    assert {*" ".join(CELLS).split()} <= {*words}


def test_rows_stand_below_one_another_where_there_is_no_room() -> None:
    assert printed(60)[1] == "7a815c14c64795e8  faces (wild, basic)  28,386 train"
    assert printed(28) == [
        "7a815c14c64795e8",
        "  data set faces (wild, basic)",
        "  images 28,386 train",
    ]
