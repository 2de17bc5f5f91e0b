import csv
import io

from crs_plugin.evaluation.figures.encoder_curve import encoder_curve
from crs_plugin.evaluation.result import Estimate

CURVES = {
    "trained": [Estimate(0.4, (0.3, 0.5)), Estimate(0.7, (0.6, 0.8))],
    "random": [Estimate(0.2), Estimate(0.3, (0.2, 0.4))],
}


def test_all_encoders_are_drawn_with_their_numbers() -> None:
    drawing = encoder_curve("few", "UAR", "images a class", (1, 10), CURVES, chance=0.125)
    for words in ("trained", "random", "chance", "images a class"):
        assert words in drawing.svg
    assert "trained: 40.0% at 1, 70.0% at 10" in drawing.alt
    rows = list(csv.reader(io.StringIO(drawing.csv)))
    assert rows[0] == ["images a class", "encoder", "value", "low", "high"]
    assert rows[1:] == [
        ["1", "trained", "0.4", "0.3", "0.5"],
        ["10", "trained", "0.7", "0.6", "0.8"],
        ["1", "random", "0.2", "", ""],
        ["10", "random", "0.3", "0.2", "0.4"],
    ]
