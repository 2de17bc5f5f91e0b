import numpy as np
import pytest

from crs_plugin.evaluation.probing.probe_data import probe_data
from crs_plugin.evaluation.probing.probe_fit import fit_probe


@pytest.mark.parametrize(("which", "accuracy"), [("trained", 1.0), ("random", 0.5)])
def test_the_classifier_is_that_of_the_encoder_and_never_saw_the_test(
    faces, context, which, accuracy
) -> None:
    here = context(faces([0, 1] * 80, ["train"] * 80 + ["test"] * 80))
    probe = probe_data(here.open(None), None, validation_fraction=0.2, seed=0)
    classifier = fit_probe(here, which, probe, (0.01, 1.0))
    assert sorted(here.encoders[which].seen) == list(range(80))
    predicted = classifier.predict(here.features(which, probe.test))
    found = np.mean(predicted == probe.labels(probe.test))
    assert found == pytest.approx(accuracy, abs=0.15)
