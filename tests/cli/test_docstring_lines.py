import pytest

from crs_plugin.cli.components.docstring_lines import docstring_lines

DOCSTRING = """\
Your own images, listed by a table with the columns
``path`` and ``label``.

Seen are:

- one image a row, whose path may stand below another
  folder;
- its label.

Args:
    file: The table: .csv, .tsv or .parquet (extra
        ``parquet``).
    root: Folder.

Attributes:
    size:
        Side in pixels, of
        all images.

Example::

    images = table(file="a.csv",
                   root=".")

Or:
    >>> table(file="a.csv")
    tensor([3,
            4])
"""


def test_paragraphs_are_wrapped_anew_and_all_else_keeps_its_lines() -> None:
    assert list(docstring_lines(DOCSTRING, 40)) == [
        "Your own images, listed by a table with",
        "the columns path and label.",
        "",
        "Seen are:",
        "",
        "- one image a row, whose path may stand",
        "  below another folder;",
        "- its label.",
        "",
        "Args:",
        "    file: The table: .csv, .tsv or",
        "        .parquet (extra parquet).",
        "    root: Folder.",
        "",
        "Attributes:",
        "    size:",
        "        Side in pixels, of all images.",
        "",
        "Example::",
        "",
        '    images = table(file="a.csv",',
        '                   root=".")',
        "",
        "Or:",
        '    >>> table(file="a.csv")',
        "    tensor([3,",
        "            4])",
    ]


@pytest.mark.parametrize("width", [30, 200])
def test_no_word_is_lost_or_broken(width) -> None:
    words = " ".join(docstring_lines(DOCSTRING, width)).split()
    assert words == DOCSTRING.replace("``", "").split()
