from crs_plugin.evaluation.result import EvaluationResult
from crs_plugin.runs.card import _limits


def test_notes_are_told_once_with_the_evaluations_that_have_them() -> None:
    results = [
        EvaluationResult("wild", "linear probe", notes=("The C chosen lies at an end.",)),
        EvaluationResult("lab", "linear probe", notes=("The C chosen lies at an end.", "Few.")),
        EvaluationResult("lab", "knn", notes=("Few.",)),
    ]
    assert _limits(results) == ["wild, lab: The C chosen lies at an end.", "lab: Few."]
