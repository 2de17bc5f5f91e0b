import re
from pathlib import Path
from typing import Any

import pytest

from crs_plugin.expressions import CoarseTable
from crs_plugin.recipe.coarse_table import read_coarse_table
from crs_plugin.recipe.problem import Findings, Place
from crs_plugin.recipe.tree import planted

HERE = Place("small.yaml", Path(), 3, 5)


def read(written: Any) -> tuple[CoarseTable | None, list[str]]:
    findings = Findings()
    table = read_coarse_table(planted(written, HERE), "labels.coarse", findings)
    return table, [str(problem) for problem in findings.problems]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("default", CoarseTable.default()),
        ("fine", CoarseTable.fine()),
        (
            {"happy": "good", "anger": "bad", "fear": None},
            CoarseTable.from_mapping({"happiness": "good", "anger": "bad"}),
        ),
    ],
)
def test_a_table_goes_by_name_or_row_by_row(written, expected) -> None:
    assert read(written) == (expected, [])


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("defalt", ": found text 'defalt', expected default, fine, or a table .* mean 'default'"),
        ({}, ": found a mapping, expected default, fine, or a table"),
        (None, ": found nothing, expected default, fine, or a table"),
        ({"hapiness": "good"}, r"\.hapiness: .*happiness"),
        ({"happiness": 3}, r"\.happiness: found 3, expected the name of a coarse class"),
        (
            {"happy": "good", "happiness": "good"},
            r"\.happiness: duplicate row: 'happy' is the same",
        ),
        ({"bad": ["anger", "fear"]}, r"\.bad: the table goes from .* write anger: bad, fear: bad"),
    ],
)
def test_a_table_that_is_wrong_is_none(written, problem) -> None:
    table, (message,) = read(written)
    assert table is None
    assert re.match(r"small\.yaml:3:5: labels\.coarse" + problem, message)
