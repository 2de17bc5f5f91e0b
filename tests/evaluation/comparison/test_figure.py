"""Figures of experiments."""

import pytest

from crs_plugin.evaluation.comparison.figure import Figure
from crs_plugin.evaluation.comparison.table import as_number, in_per_cent


def test_a_single_run_keeps_its_interval():
    figure = Figure.of([0.5], [[0.4, 0.6]])
    assert figure.to_json() == {
        "mean": 0.5,
        "deviation": None,
        "values": (0.5,),
        "interval": (0.4, 0.6),
    }
    assert Figure.of([0.5], [None]).interval is None


def test_several_seeds_have_a_deviation_instead():
    figure = Figure.of([0.4, 0.6], [[0.3, 0.5], [0.5, 0.7]])
    assert (figure.mean, figure.interval) == (0.5, None)
    assert figure.deviation is not None
    assert abs(figure.deviation - 0.1 * 2**0.5) < 1e-12


@pytest.mark.parametrize(
    ("interval", "rate", "number"),
    [
        ((0.4, 0.6), "50.0 (40.0–60.0)", "0.5 (0.4 to 0.6)"),
        ((-0.028, 0.034), "50.0 (-2.8 to 3.4)", "0.5 (-0.028 to 0.034)"),
        ((-0.5, -0.1), "50.0 (-50.0 to -10.0)", "0.5 (-0.5 to -0.1)"),
        (None, "50.0", "0.5"),
    ],
)
def test_the_ends_of_an_interval_cannot_be_misread(interval, rate, number):
    figure = Figure((0.5,), interval)
    assert (in_per_cent(figure), as_number(figure)) == (rate, number)
