import pytest

from crs_plugin.recipe import RecipeError, load_recipe
from crs_plugin.runs.opened_data import opened_data

FACES = "{name: synthetic_faces, train: 8, test: 4, size: 16}"
LAB = "{name: synthetic_faces, domain: lab, train: 16, test: 8, size: 16}"


def recipe_with(data: str, *evaluation: str):
    listed = ", ".join(f"{{name: linear_probe, data: {each}}}" for each in evaluation)
    return load_recipe("crs_cont_resnet18", [f"data={data}", f"evaluation=[{listed}]"])


def test_a_set_is_opened_once_with_all_that_it_is_used_for():
    faces, lab = opened_data(recipe_with(FACES, FACES, LAB, LAB))
    assert faces.name == "synthetic_faces (wild, basic)"
    assert faces.uses == ("pre-training", "linear_probe (evaluation.0)")
    assert len(faces.dataset) == 12
    assert lab.uses == ("linear_probe (evaluation.1)", "linear_probe (evaluation.2)")


def test_sets_of_one_name_are_told_apart_by_their_place():
    names = [
        each.name for each in opened_data(recipe_with(f"[{FACES}, {LAB}]", FACES.replace("8", "6")))
    ]
    assert names == [
        "synthetic_faces (wild, basic) (data.0)",
        "synthetic_faces (lab, basic)",
        "synthetic_faces (wild, basic) (evaluation.0.data)",
    ]


def test_all_sets_that_cannot_be_opened_are_told(tmp_path):
    gone = [f"{{name: raf_db, root: {tmp_path}/{name}}}" for name in ("a", "b")]
    with pytest.raises(RecipeError) as raised:
        opened_data(recipe_with(gone[0], FACES, gone[1]))
    assert [problem.key for problem in raised.value.problems] == [
        "data.root",
        "evaluation.1.data.root",
    ]
