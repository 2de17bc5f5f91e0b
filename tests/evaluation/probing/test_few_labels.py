import numpy as np
import pytest

from crs_plugin.evaluation.probing.few_labels import Budget, _choice, few_labels
from crs_plugin.evaluation.probing.probe_data import probe_data

BASIC = list(range(8))


def world(faces, **changes):
    return faces(BASIC * 40, ["train"] * 240 + ["test"] * 80, **changes)


def run(here, draw, draws=4, regularisation=(0.01, 1.0)):
    probe = probe_data(here.open(None), None, validation_fraction=0.25, seed=0)
    budget = Budget("some", {"images": 3}, draw, draws)
    return few_labels(here, probe, [budget], regularisation, "few")


def test_draws_choose_on_training_images_and_are_then_made_of_all(faces, context) -> None:
    seen = []

    def draw(labels, generator):
        seen.append((len(labels), drawn := generator.permutation(len(labels))[:60]))
        return drawn

    found = run(context(world(faces)), draw)
    assert [number for number, _ in seen] == 2 * ([180] * 4 + [240] * 4)
    for first, second in zip(seen[:8], seen[8:], strict=True):  # the same for both encoders
        np.testing.assert_array_equal(first[1], second[1])
    assert len({drawn.tobytes() for _, drawn in seen[4:8]}) == 4
    assert [(m.name, m.at) for m in found.measures] == [
        (name, {"images": 3}) for name in ("accuracy", "UAR", "macro-F1")
    ]
    assert found.curve("UAR")["trained"] == [found.measures[1].values["trained"]]


def test_one_value_is_not_chosen(faces, context) -> None:
    seen = []

    def draw(labels, generator):
        seen.append(len(labels))
        return generator.permutation(len(labels))[:60]

    run(context(world(faces)), draw, regularisation=(0.1,))
    assert seen == [240] * 8


def test_the_value_that_does_best_on_validation_is_used(faces, context) -> None:
    def draw(labels, generator):
        return generator.permutation(len(labels))[:60]

    both = run(context(world(faces)), draw, regularisation=(1e-9, 0.1))
    good = run(context(world(faces)), draw, regularisation=(0.1,))
    values = [[measure.values["trained"] for measure in of.measures] for of in (both, good)]
    assert values[0] == values[1]  # the random encoder does not show which is better
    assert both.notes[0].startswith("C for the trained encoder, chosen on validation: 0.1 at some.")
    assert good.notes[0] == "C for the trained encoder: 0.1, the only one tried."


def test_a_choice_at_an_end_is_told() -> None:
    budgets = [Budget(words, {}, lambda labels, _: labels, 2) for words in ("one", "two")]
    tried = (0.1, 1.0, 10.0)
    assert _choice("hog", budgets, [1.0, 1.0], tried).endswith("1 at one, 1 at two.")
    assert _choice("hog", budgets, [0.1, 10.0], tried).endswith(
        "0.1 at one, 10 at two. Beyond 0.1 or 10 nothing was tried."
    )


def test_intervals_hold_the_draws_and_the_test_images(faces, context) -> None:
    here = context(world(faces))
    generous = run(here, lambda labels, _: np.arange(len(labels)), draws=1)
    accuracy = generous.measures[0].values["random"]
    low, high = accuracy.interval
    assert low < accuracy.value < high  # one draw, so these are the test images'
    few = run(here, lambda labels, g: g.permutation(len(labels))[:16], draws=10)
    assert few.measures[0].values["trained"].interval[0] < 0.9


def test_draws_that_beat_a_reference_are_counted(faces, context) -> None:
    found = run(context(world(faces)), lambda labels, g: g.permutation(len(labels))[:80])
    assert found.notes[-1] == (
        "Draws in which the trained encoder has a higher UAR than random: 4 of 4 at some."
    )


@pytest.mark.parametrize("subject", [None, np.arange(320) // 4])
def test_the_same_seed_gives_the_same_figures(faces, context, subject) -> None:
    def draw(labels, generator):
        return generator.permutation(len(labels))[:40]

    one, other = (run(context(world(faces, subject=subject)), draw) for _ in range(2))
    assert one == other
