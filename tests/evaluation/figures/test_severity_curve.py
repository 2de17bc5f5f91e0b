import csv
import io

import numpy as np
import pytest

from crs_plugin.evaluation.figures.severity_curve import severity_curve
from crs_plugin.evaluation.result import Target
from crs_plugin.evaluation.scored_target import scored_target


@pytest.fixture
def targets(faces) -> list[Target]:
    truth = np.arange(40) % 4
    test = faces(truth)
    return [
        scored_target(
            f"severity {wrong}",
            test,
            truth,
            {"trained": np.where(np.arange(40) < wrong, 0, truth), "random": np.zeros_like(truth)},
            ["a", "b", "c", "d"],
            train_data="",
            test_data="",
            seed=0,
        )
        for wrong in (0, 20)
    ]


def test_it_goes_from_clean_to_the_last_severity(targets) -> None:
    drawing = severity_curve("blur", "Blur", "width", [0.5], targets)
    for words in ("trained", "random", "chance", "clean", "width", "UAR"):
        assert words in drawing.svg
    assert drawing.alt == (
        "Mean recall by width. trained from 100.0% to 62.5%; random from 25.0% to 25.0%."
    )
    rows = list(csv.reader(io.StringIO(drawing.csv)))
    assert rows[0][:5] == ["severity", "strength", "encoder", "accuracy", "uar"]
    assert [row[:3] for row in rows[1:]] == [
        ["0", "", "trained"],
        ["0", "", "random"],
        ["1", "0.5", "trained"],
        ["1", "0.5", "random"],
    ]
