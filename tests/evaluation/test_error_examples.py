import numpy as np

from crs_plugin.evaluation.error_examples import error_examples
from crs_plugin.evaluation.scored_target import scored_target


def target(here, predicted):
    test = here.open(None)
    truth = np.array([0, 0, 0, 1, 1, 1])
    scored = {"trained": np.array(predicted), "random": truth}
    names = ("neutral", "happiness")
    return scored_target("t", test, truth, scored, names, train_data="", test_data="", seed=0)


def test_errors_are_shown_with_what_they_were_taken_for(faces, context) -> None:
    here = context(faces([0, 0, 0, 1, 1, 1]))
    found = error_examples(here, target(here, [0, 1, 1, 1, 1, 1]), most=1)
    ((truth, images, taken_for),) = found.rows
    assert (truth, taken_for) == ("neutral", ("happiness",))
    assert images.shape == (1, 1, 4, 4)
    assert int(images[0, 0, 0, 1]) in (1, 2)  # the number of a picture that was not recognised


def test_without_errors_nothing_is_shown(faces, context) -> None:
    here = context(faces([0, 0, 0, 1, 1, 1]))
    assert error_examples(here, target(here, [0, 0, 0, 1, 1, 1])) is None
