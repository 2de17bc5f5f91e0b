import sys
from pathlib import Path

import pytest

from crs_plugin.expressions import CoarseTable
from crs_plugin.recipe import RecipeError, load_recipe
from crs_plugin.recipe.reading import read_resolved
from crs_plugin.registry import Registry, register, registry


def test_the_parts_of_a_recipe(valid, load):
    recipe = load(valid)
    assert (recipe.name, recipe.seed, recipe.plugins) == ("tiny", 3, ())
    assert [(d.kind, d.name, d.options) for d in recipe.data] == [
        ("dataset", "faces", {"root": valid.parent / "faces"})
    ]
    assert recipe.augmentation.options == {"size": 32, "scale": (0.5, 1.0)}
    assert recipe.backbone.options == {"weights": None}
    assert list(recipe.heads) == ["projection", "coarse"]
    assert [(term.spec.name, term.weight) for term in recipe.objective] == [
        ("contrast", 1.0),
        ("classify", 1.0),
    ]
    weights = recipe.objective[0].spec.options["class_weights"]
    assert (weights.kind, weights.name) == ("class_weights", "fixed")
    assert weights.options == {"weights": {"negative": 0.5}}
    assert recipe.miner is None
    assert recipe.schedule is None
    assert recipe.sampler.name == "uniform"
    assert (recipe.training.epochs, recipe.training.batch_size) == (2, 8)
    assert recipe.evaluation[0].options["data"].name == "faces"
    assert recipe.loggers == ()


def test_excluded_expressions_go_by_their_canonical_names(valid, load):
    assert load(valid).exclude_expressions == {}
    excluding = load(valid, "exclude_expressions=[afraid, Anger]")
    assert list(excluding.exclude_expressions) == ["fear", "anger"]
    assert excluding.values["exclude_expressions"] == ["afraid", "Anger"]


def test_bad_images_are_an_error_unless_the_recipe_says_otherwise(valid, load, problems):
    assert load(valid).on_bad_image == "error"
    skipping = load(valid, "on_bad_image=skip")
    assert skipping.on_bad_image == "skip"
    assert skipping.values["on_bad_image"] == "skip"
    ((_, key, message),) = problems(valid, "on_bad_image=skp")
    assert key == "on_bad_image"
    assert message.startswith("found text 'skp', expected error or skip")
    assert "did you mean 'skip'" in message
    ((_, _, message),) = problems(valid, "on_bad_image=[1]")
    assert message == "found a list of 1, expected error or skip"


def test_what_happens_to_leaks_can_be_chosen(load, problems, valid):
    assert load(valid).on_leak == "warn"
    dropping = load(valid, "on_leak=drop_from_train")
    assert dropping.on_leak == dropping.values["on_leak"] == "drop_from_train"
    ((_, key, message),) = problems(valid, "on_leak=drop")
    assert key == "on_leak"
    assert message.startswith("found text 'drop', expected warn or error or drop_from_train")


def test_positions_and_keys(valid, load):
    recipe = load(valid)
    assert recipe.optimizer.position == f"{valid}:20:1"
    assert recipe.objective[1].spec.position == f"{valid}:19:5"
    assert recipe.evaluation[0].options["data"].key == "evaluation.0.data"
    assert recipe.sampler.position == "default"


def test_provenance(valid, load):
    provenance = load(valid, "optimizer.lr=0.1").provenance
    assert provenance["objective.0.temperature"] == f"{valid}:17"
    assert provenance["optimizer.lr"] == "--set"
    assert provenance["optimizer.name"] == f"{valid}:20"
    assert provenance["sampler.name"] == "default"


def test_every_value_has_a_provenance(valid, load):
    recipe = load(valid)
    keys = ["name", "seed", "labels.coarse", "augmentation.scale.1", "evaluation.0.data.name"]
    assert set(keys) <= set(recipe.provenance)


@pytest.mark.parametrize(
    ("coarse", "expected"),
    [
        ("default", CoarseTable.default()),
        ("fine", CoarseTable.fine()),
        (
            "{happy: good, anger: bad, sadly_angry: bad}",
            CoarseTable(
                ("good", "bad"), {"happiness": "good", "anger": "bad", "sadly angry": "bad"}
            ),
        ),
        ("{happiness: good, anger: bad, fear: null}", None),
    ],
)
def test_coarse_tables(coarse, expected, valid_text, write, load):
    text = valid_text.replace("coarse: default", f"coarse: {coarse}")
    text = text.replace("    class_weights: {negative: 0.5}\n", "")
    labels = load(write(text)).labels
    assert labels == (expected or CoarseTable.from_mapping({"happiness": "good", "anger": "bad"}))


def test_class_weights_are_checked_against_a_table_of_ones_own(valid_text, write, load, problems):
    text = valid_text.replace("coarse: default", "coarse: {happiness: good, anger: negative}")
    assert load(write(text)).labels.classes == ("negative", "good")
    text = text.replace("{negative: 0.5}", "{positive: 0.5}")
    [(place, _, message)] = problems(write(text))
    assert place == "recipe.yaml:18:21"
    assert message.endswith("Classes: negative, good")


def test_several_data_sets(valid_text, write, load):
    text = valid_text.replace(
        "data: {name: faces, root: ./faces}",
        "data: [{name: faces, root: /a}, {name: faces, mirror: true}]",
    )
    assert [spec.options for spec in load(write(text)).data] == [
        {"root": Path("/a")},
        {"mirror": True},
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [("3e-4", 3e-4), ("1E-4", 1e-4), ("1_0.5", 10.5), ("1", 1.0), (".5", 0.5)],
)
def test_numbers_are_those_of_yaml_1_2(written, value, valid_text, write, load):
    options = load(write(valid_text.replace("lr: 0.3", f"lr: {written}"))).optimizer.options
    assert options["lr"] == value
    assert isinstance(options["lr"], float)


@pytest.mark.parametrize("written", ["no", "on", "1:30", "2020-01-01", "'1'", "nan"])
def test_texts_are_those_of_yaml_1_2(written, valid_text, write, load):
    name = load(write(valid_text.replace("name: tiny", f"name: {written}"))).name
    assert name == written.strip("'")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("./faces", "{folder}/faces"),
        ("faces", "{folder}/faces"),
        ("../faces", "{parent}/faces"),
        ("/a/b", "/a/b"),
        ("~/faces", "{home}/faces"),
        ("$CRS/x", "{folder}/$CRS/x"),
        ('"${CRS_TEST}/x"', "/data/x"),
        ('"${CRS_TEST:-/other}/x"', "/data/x"),
        ('"${CRS_UNSET:-/other}/x"', "/other/x"),
    ],
)
def test_paths(written, expected, valid_text, write, load, monkeypatch):
    monkeypatch.setenv("CRS_TEST", "/data")
    monkeypatch.delenv("CRS_UNSET", raising=False)
    path = write(valid_text.replace("root: ./faces", f"root: {written}"))
    expected = expected.format(folder=path.parent, parent=path.parent.parent, home=Path.home())
    recipe = load(path)
    assert recipe.data[0].options["root"] == Path(expected)
    assert recipe.values["data"]["root"] == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [("IMAGENET1K_V1", "IMAGENET1K_V1"), ("here.pth", "{folder}/here.pth"), ("./x", "{folder}/x")],
)
def test_a_name_or_a_path(written, expected, valid_text, write, load):
    write("", "here.pth")
    path = write(valid_text.replace("weights: null", f"weights: {written}"))
    assert load(path).backbone.options["weights"] == expected.format(folder=path.parent)


def test_a_resolved_recipe_gives_the_same_again(valid, load, write, monkeypatch, tmp_path):
    monkeypatch.setenv("CRS_TEST", "0.25")
    first = load(valid, "optimizer.lr=${CRS_TEST}", "name=it costs $${X}", "data.root=~/faces")
    monkeypatch.delenv("CRS_TEST")
    monkeypatch.chdir(tmp_path)
    again_file = write(first.to_yaml(), "elsewhere/recipe.yaml")
    again = load(again_file)
    assert again == first
    assert again.values == first.values
    assert read_resolved(again_file) == first.values
    assert again.to_yaml() == first.to_yaml()
    assert first.name == "it costs ${X}"
    assert first.optimizer.options["lr"] == 0.25


def test_recipes_that_differ_are_not_equal(valid, load):
    assert load(valid) == load(valid)
    assert load(valid) != load(valid, "optimizer.lr=0.1")


def test_a_null_is_a_part_left_out(valid_text, write, load, problems):
    text = valid_text + "miner: null\nloggers:\nschedule: ~\n"
    recipe = load(write(text))
    assert (recipe.miner, recipe.loggers, recipe.schedule) == (None, (), None)
    assert not {"miner", "loggers", "schedule"} & set(recipe.values)
    [(place, key, message)] = problems(write(text), "backbone=null")
    assert (place, key) == ("--set backbone=null", "backbone")
    assert "missing" in message


@pytest.fixture
def plugin(write):
    """A file outside the package with a loss that can be named in recipes."""
    return write(
        """
        from beside_the_plugin import FACTOR
        from torch import nn
        from crs_plugin import register

        @register("loss", "loss_of_a_stranger")
        class LossOfAStranger(nn.Module):
            '''Made elsewhere.'''
            def __init__(self, *, factor: float = FACTOR):
                super().__init__()
                self.factor = factor
            def forward(self, embeddings, labels):
                return embeddings.mean() * self.factor
        """,
        "strange/loss.py",
    )


def forget(kind: str, name: str) -> None:
    registry._components.pop((kind, name), None)
    registry._plugins.clear()
    sys.modules.pop("beside_the_plugin", None)


STRANGERS = """
name: strange
plugins: [strange/loss.py]
data: {name: synthetic_faces}
augmentation: {name: fer_two_views, size: 32}
backbone: {name: resnet18}
heads: {projection: {name: mlp}}
objective: [{name: loss_of_a_stranger, factor: 2.0}]
optimizer: {name: sgd, lr: 0.1}
training: {epochs: 1, batch_size: 8}
"""


def test_a_component_in_a_file_outside_the_package(plugin, write, tmp_path):
    write("FACTOR = 3.0", "strange/beside_the_plugin.py")
    try:
        recipe = load_recipe(write(STRANGERS))
        assert recipe.plugins == (str(plugin),)
        loss = recipe.objective[0].spec.build()
        assert type(loss).__name__ == "LossOfAStranger"
        assert loss.factor == 2.0
        assert "plugin" in recipe.objective[0].spec.component.origin

        again = load_recipe(write(recipe.to_yaml(), "runs/strange/recipe.yaml"))
        assert again == recipe
    finally:
        forget("loss", "loss_of_a_stranger")


def test_a_plugin_that_fails_is_named_with_its_cause(plugin, write):
    with pytest.raises(RecipeError) as caught:
        load_recipe(write(STRANGERS.replace("resnet18", "resnet50")))
    first, second = caught.value.problems
    assert (first.place.rpartition("recipe.yaml")[2], first.key) == (":3:11", "plugins.0")
    assert "No module named 'beside_the_plugin'" in first.message
    assert (second.place.rpartition("recipe.yaml")[2], second.key) == (":8:14", "objective.0.name")
    assert "It may come from strange/loss.py, which failed" in second.message


def test_a_plugin_that_takes_a_name_that_is_taken(write):
    clash = """
    from crs_plugin import register
    @register("optimizer", "sgd")
    def mine(groups, /, *, lr: float = 1.0): ...
    """
    plugin = write(clash, "strange/loss.py")
    with pytest.raises(RecipeError) as caught:
        load_recipe(
            write(STRANGERS.replace("loss_of_a_stranger", "crs_cont")),
            ["objective.0={name: crs_cont}"],
        )
    [problem] = caught.value.problems
    assert (problem.place.rpartition("recipe.yaml")[2], problem.key) == (":3:11", "plugins.0")
    assert "two components are named optimizer 'sgd'" in problem.message
    assert str(plugin) in problem.message
    assert "sgd.py" in problem.message


def test_a_miner_beside_a_loss_that_takes_no_pairs():
    overrides = ["objective.0={name: pml/PNPLoss}"]
    load_recipe("crs_cont_resnet18", overrides)
    with pytest.raises(RecipeError) as caught:
        load_recipe("crs_cont_resnet18", [*overrides, "miner={name: coarse_labels}"])
    [problem] = caught.value.problems
    assert problem.key == "objective.0"
    assert "loss 'pml/PNPLoss' cannot take pairs; remove the miner" in problem.message


@pytest.mark.parametrize(
    ("override", "key", "words"),
    [
        ("augmentation.scale=[1.0, 0.5]", "augmentation.scale", "the least value first"),
        ("augmentation.ratio=[2, 1]", "augmentation.ratio", "the least value first"),
        (
            "augmentation={name: simclr_two_views, size: 48, sigma: [2, 1]}",
            "augmentation.sigma",
            "the least value first",
        ),
        ("evaluation.0.validation_fraction=1.0", "evaluation.0.validation_fraction", "< 1"),
        ("evaluation.2.validation_fraction=0.0", "evaluation.2.validation_fraction", "> 0"),
        ("evaluation.0.regularisation=[]", "evaluation.0.regularisation", "at least 1 item"),
        ("evaluation.2.regularisation=[]", "evaluation.2.regularisation", "at least 1 item"),
        (
            "data={name: table, file: a.csv, subject_pattern: '(ab'}",
            "data.subject_pattern",
            "a regular expression: missing )",
        ),
        (
            "data={name: table, file: a.csv, subject_pattern: ab}",
            "data.subject_pattern",
            "one group",
        ),
    ],
)
def test_what_can_be_known_of_options_is_known_without_building(override, key, words):
    with pytest.raises(RecipeError) as caught:
        load_recipe("crs_cont_resnet18", [override])
    [problem] = caught.value.problems
    assert (problem.place, problem.key) == (f"--set {override}", key)
    assert words in problem.message


def test_a_component_that_was_set_by_name_has_the_place_of_that():
    recipe = load_recipe("crs_cont_resnet18", ["backbone.name=resnet34"])
    assert recipe.backbone.position == "--set backbone.name=resnet34"
    assert recipe.backbone.places["weights"].endswith("crs_cont_resnet18.yaml:22:3")


def test_class_weights_are_not_checked_against_a_table_that_is_wrong(valid_text, write, problems):
    text = valid_text.replace("coarse: default", "coarse: {bad: [anger], good: [happiness]}")
    keys = [key for _, key, _ in problems(write(text))]
    assert keys == ["labels.coarse.bad", "labels.coarse.good"]


def test_a_shipped_recipe_is_never_to_be_edited(write):
    with pytest.raises(RecipeError) as caught:
        load_recipe("crs_cont_resnet18", ["heads.coarse="])
    *problems, note = str(caught.value).splitlines()
    assert len(problems) == len(caught.value.problems) == 2
    assert note.startswith("crs_cont_resnet18 comes with the package; leave its file as it is")
    assert note.endswith("crs recipe copy crs_cont_resnet18 FILE")
    own = write("extends: crs_cont_resnet18\nname: x\nseed: x\n")
    with pytest.raises(RecipeError) as caught:
        load_recipe(own)
    assert str(caught.value).startswith(f"{own}:3:1: seed: ")
    assert "comes with the package" not in str(caught.value)


def test_the_registry_can_be_chosen(valid):
    with pytest.raises(RecipeError, match="unknown backbone 'net'"):
        load_recipe(valid, registry=Registry(rooms={}))


def test_the_decorator_is_that_of_the_global_registry():
    assert register.__self__ is registry


@pytest.mark.parametrize("name", ["kornia/RandomErasing", "random_face_occlusion"])
def test_a_step_alone_is_no_augmentation(name):
    with pytest.raises(RecipeError, match="one step and makes no views; list it under 'then'"):
        load_recipe("crs_cont_resnet18", [f"augmentation={{name: {name}}}"])
