import csv
import io

import pytest

from crs_plugin.evaluation.figures.curves import training_curves


def rows(number: int, missing: tuple[int, ...] = ()) -> list[dict]:
    return [
        {
            "step": step,
            "terms": {
                "crs_cont": {
                    "value": 5 - step / number,
                    "collapsed": None if step in missing else 2 + step / 10,
                }
            },
            "embedding_spread": 0.2,
        }
        for step in range(1, number + 1)
    ]


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_collapsed_value_is_that_of_each_step() -> None:
    term = training_curves(rows(4, missing=(2,)), 0.25)[0]
    assert [row["collapsed"] for row in table(term.csv)] == ["2.1", "", "2.3", "2.4"]
    assert "; collapsed: from 2.1 to 2.4." in term.alt


def test_levels_are_the_same_at_every_step() -> None:
    spread = training_curves(rows(2), 0.25)[1]
    assert [row["evenly spread"] for row in table(spread.csv)] == ["0.25", "0.25"]
    assert "; evenly spread: 0.25; collapse warning: 0.025." in spread.alt


def test_long_runs_are_averaged_with_what_stands_beside() -> None:
    found = table(training_curves(rows(400), 0.25)[0].csv)
    assert len(found) == 200
    assert (float(found[0]["step"]), float(found[0]["collapsed"])) == pytest.approx((1.5, 2.15))


@pytest.mark.parametrize("missing", [(1, 2), (1,), (2,)])
def test_a_term_may_have_no_collapsed_value(missing) -> None:
    header = training_curves(rows(2, missing), 0.25)[0].csv.partition("\n")[0]
    assert header == "step,term_crs_cont" + ",collapsed" * (len(missing) < 2)
