"""Figures of experiments."""

from crs_plugin.evaluation.comparison.figure import Figure


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
