from dataclasses import replace

import pytest

from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.probing import probe_source as module
from crs_plugin.evaluation.probing.coarse_probe import CoarseProbe
from crs_plugin.evaluation.probing.probe_source import ProbeSource

SPLIT = ["train"] * 240 + ["test"] * 80


def world(faces) -> EvaluationContext:
    dataset = faces(list(range(8)) * 40, SPLIT)
    return EvaluationContext(lambda: dataset, 4)


def source(fraction=0.2, test_data=None) -> ProbeSource:
    return ProbeSource("some_probe", None, test_data, fraction)


def test_the_recipes_data_are_divided(faces) -> None:
    probe = source(0.25).divided(world(faces))
    assert [len(part) for part in (probe.train, probe.valid, probe.test)] == [180, 60, 80]
    assert probe.data_names == "faces"


def test_other_data_test(faces) -> None:
    other = faces([0, 1] * 10, name="other")
    probe = source(test_data=lambda: other).divided(world(faces))
    assert len(probe.test) == 20
    assert probe.data_names == "faces → other"


def test_whoever_asks_for_the_same_gets_the_same(faces, eye, monkeypatch) -> None:
    here, divided = world(faces), []
    divide = module.probe_data
    monkeypatch.setattr(module, "probe_data", lambda *a, **k: divided.append(1) or divide(*a, **k))
    first = source().divided(here)
    assert source().divided(here) is first
    assert source().divided(here.with_encoders(eye(), {})) is first
    assert len(divided) == 1
    assert source(0.3).divided(here) is not first
    assert source().divided(replace(here, seed=1)) is not first
    assert source().divided(world(faces)) is not first


def test_coarse_classes_are_another_division(faces) -> None:
    here = world(faces)
    fine = source().divided(here)
    coarse = source().divided(here, coarse=True)
    assert isinstance(coarse, CoarseProbe)
    assert not isinstance(fine, CoarseProbe)
    assert source().divided(here, coarse=True) is coarse


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1])
def test_a_share_that_leaves_nothing_is_refused(fraction) -> None:
    with pytest.raises(InputError, match="some_probe: validation_fraction must lie between 0 and"):
        source(fraction)
