import pytest

from crs_plugin.evaluation.figures.look import new_figure
from crs_plugin.evaluation.figures.rate_lines import draw_rate_lines
from crs_plugin.evaluation.result import Estimate


def test_every_encoder_has_a_line_and_chance_as_well() -> None:
    figure, axes = new_figure(4, 3)
    curves = {
        "trained": [Estimate(0.4, (0.3, 0.5)), Estimate(0.7, (0.6, 0.8))],
        "random": [Estimate(0.2), Estimate(0.3)],
    }
    draw_rate_lines(axes, (1, 10), curves, chance=0.125)
    lines = {str(line.get_label()): line.get_ydata() for line in axes.lines}
    assert {name: list(ys) for name, ys in lines.items()} == {
        "trained": [0.4, 0.7],
        "random": [0.2, 0.3],
        "chance": [0.125, 0.125],
    }
    assert axes.get_ylim() == pytest.approx((0, 1))
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(lines)
