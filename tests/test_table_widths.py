import pytest
from rich.console import Console
from rich.table import Table

from crs_plugin.table_widths import fit

WORDS = ("unseen compound expressions", "100.0\n100.0–100.0", "+44.2 to +55.8")


def table() -> Table:
    made = Table("target", "UAR", "gained", box=None)
    made.columns[1].no_wrap = True
    made.add_row(*WORDS)
    return made


def shown(width: int) -> tuple[bool, list[str]]:
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    made = table()
    fits = fit(made, console, console.options)
    console.print(made)
    return fits, [line.rstrip() for line in console.export_text().splitlines()]


@pytest.mark.parametrize("width", range(34, 64))
def test_no_word_and_no_figure_is_broken(width) -> None:
    fits, lines = shown(width)
    assert fits
    assert max(map(len, lines)) <= width
    assert {word for line in lines for word in line.split()} >= set(" ".join(WORDS).split())


def test_the_last_columns_are_whole_first() -> None:
    _, lines = shown(40)
    assert lines[1:3] == [
        " unseen       100.0        +44.2 to",
        " compound     100.0–100.0  +55.8",
    ]
    _, lines = shown(46)
    assert lines[1] == " unseen compound  100.0        +44.2 to +55.8"


def test_where_there_is_no_room_nothing_is_set() -> None:
    made, console = table(), Console(width=33)
    assert not fit(made, console, console.options)
    assert [column.width for column in made.columns] == [None] * 3
