import pytest

from crs_plugin.recipe import load_recipe, shipped_recipes
from crs_plugin.recipe.untested_data import untested_data

OWN = "data={name: image_folder, root: ./faces}"


@pytest.mark.parametrize("name", shipped_recipes())
def test_the_shipped_recipes_test_on_what_they_pretrain_on(name, monkeypatch, tmp_path):
    monkeypatch.setenv("CRS_DATA", str(tmp_path))
    assert untested_data(load_recipe(name)) == ""


def test_other_data_alone_are_told():
    assert untested_data(load_recipe("crs_cont_resnet18", [OWN])) == (
        "note: no evaluation uses the data of pre-training (image_folder), all use"
        " synthetic_faces; evaluation.N.data says what an evaluation uses"
    )


@pytest.mark.parametrize(
    "evaluation",
    [
        "[]",
        "[{name: knn}]",
        "[{name: knn, test_data: {name: synthetic_faces}}]",  # the classifier learns on the own
        "[{name: knn, data: {name: synthetic_faces}}, {name: knn}]",
        "[{name: knn, data: {name: image_folder, root: ./others}}]",
        "[{name: knn, data: {name: synthetic_faces},"
        " test_data: {name: image_folder, root: ./faces}}]",
        "[{name: cross_dataset, data: [{name: synthetic_faces},"
        " {name: image_folder, root: ./faces}]}]",
    ],
)
def test_data_that_an_evaluation_uses_are_not(evaluation):
    assert untested_data(load_recipe("crs_cont_resnet18", [OWN, f"evaluation={evaluation}"])) == ""


def test_one_of_several_sets_is_enough():
    both = "data=[{name: image_folder, root: ./faces}, {name: synthetic_faces}]"
    assert untested_data(load_recipe("crs_cont_resnet18", [both])) == ""
