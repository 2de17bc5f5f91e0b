from pathlib import Path
from typing import Any

import pytest

from crs_plugin.recipe.component_reading import ComponentReader
from crs_plugin.recipe.problem import Findings, Place
from crs_plugin.recipe.tree import planted
from crs_plugin.registry import registry

HERE = Place("small.yaml", Path(), 3, 5)


def reader(classes: tuple[str, ...] | None = ("good", "bad")) -> ComponentReader:
    return ComponentReader(registry, Findings(), classes)


def one(read: ComponentReader, kind: str, written: Any):
    return read.one(kind, planted(written, HERE), "here")


def told(read: ComponentReader) -> list[str]:
    return [str(problem) for problem in read.findings.problems]


def test_a_component_has_its_options_and_its_place() -> None:
    read = reader()
    spec = one(read, "evaluation", {"name": "knn", "k": [1, 5]})
    assert told(read) == []
    assert (spec.kind, spec.name, spec.key) == ("evaluation", "knn", "here")
    assert list(spec.options["k"]) == [1, 5]
    assert spec.position == "small.yaml:3:5"


def test_components_stand_in_components() -> None:
    read = reader()
    data = {"name": "synthetic_faces", "size": 32}
    inner = one(read, "evaluation", {"name": "knn", "data": data}).options["data"]
    assert (inner.name, inner.key, inner.options["size"]) == ("synthetic_faces", "here.data", 32)


def test_a_component_inside_may_be_left_out_and_data_sets_may_be_several() -> None:
    read = reader()
    loss = one(read, "loss", {"name": "crs_cont", "class_weights": None})
    data = [{"name": "synthetic_faces"}, {"name": "synthetic_faces", "size": 32}]
    knn = one(read, "evaluation", {"name": "knn", "data": data})
    assert told(read) == []
    assert loss.options["class_weights"] is None
    assert [spec.key for spec in knn.options["data"]] == ["here.data.0", "here.data.1"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "knn",
            "here: found text 'knn', expected a mapping with the name of the evaluation;"
            " write {name: knn}",
        ),
        (3, "here: found 3, expected a mapping with the name of the evaluation"),
        ({"k": [1]}, "here.name: missing: the name of the evaluation, such as "),
        ({"name": 3}, "here.name: found 3, expected the name of the evaluation"),
        ({"name": "kn"}, "here.name: "),
    ],
)
def test_a_component_that_cannot_be_read_is_none(written, message) -> None:
    read = reader()
    assert one(read, "evaluation", written) is None
    (problem,) = told(read)
    assert problem.startswith(f"small.yaml:3:5: {message}")
    assert message.endswith(" ") or problem.endswith(message)


def test_all_wrong_options_are_told() -> None:
    read = reader()
    one(read, "evaluation", {"name": "knn", "temprature": 1, "k": [0]})
    first, second = told(read)
    assert "here.temprature: evaluation 'knn' has no option 'temprature'" in first
    assert "here.k.0: " in second


def test_plugins_that_failed_are_named_where_a_component_is_missing() -> None:
    read = reader()
    read.failed_plugins.append("mine.py")
    one(read, "evaluation", {"name": "mine"})
    one(read, "augmentation", {"name": "kornia/RandomMixUpV2"})
    unknown, refused = told(read)
    assert "here.name: unknown evaluation 'mine'" in unknown
    assert unknown.endswith("It may come from mine.py, which failed")
    assert "mine.py" not in refused


def test_the_short_form_of_a_component_has_a_place_and_a_key() -> None:
    read = reader()
    weights = {"good": 1.0, "bad": 0.5}
    loss = one(read, "loss", {"name": "crs_cont", "class_weights": weights})
    spec = loss.options["class_weights"]
    assert told(read) == []
    assert (spec.kind, spec.name, spec.options) == ("class_weights", "fixed", {"weights": weights})
    assert (spec.position, spec.key) == ("small.yaml:3:5", "here.class_weights")


@pytest.mark.parametrize(("classes", "problems"), [(("good", "bad"), 1), (None, 0)])
@pytest.mark.parametrize(
    ("name", "option"), [("fixed", "weights"), ("inverse_frequency", "class_counts")]
)
def test_class_weights_are_checked_against_known_classes(name, option, classes, problems) -> None:
    read = reader(classes)
    one(read, "class_weights", {"name": name, option: {"good": 1, "ugly": 2}})
    assert len(told(read)) == problems
    message = f"here.{option}.ugly: no coarse class is named 'ugly'. Classes: good, bad"
    assert all(problem.endswith(message) for problem in told(read))
