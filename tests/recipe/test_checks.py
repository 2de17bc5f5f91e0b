import csv
import sys
from functools import partial

import pytest
import torch
from PIL import Image

from crs_plugin.data.dataset import DataError
from crs_plugin.data.decoded_images import ImageReader
from crs_plugin.recipe import RecipeError, load_recipe
from crs_plugin.recipe.checks import (
    check_build,
    check_data,
    check_epoch,
    check_evaluations,
    check_images,
)
from crs_plugin.recipe.pretraining_data import pretraining_data
from crs_plugin.registry import registry

SMALL = """\
name: small
data: {name: synthetic_faces, size: 32, train: 64, test: 32}
augmentation: {name: fer_two_views, size: 32}
backbone: {name: resnet18}
heads:
  projection: {name: mlp, output_dim: 16}
  coarse: {name: linear}
objective:
  - {name: crs_cont, class_weights: {negative: 0.5}}
  - {name: coarse_cross_entropy}
miner: {name: coarse_labels}
optimizer: {name: sgd, lr: 0.1}
schedule: {name: one_cycle}
training: {epochs: 1, batch_size: 8}
evaluation:
  - {name: linear_probe}
"""
M_PER_CLASS = "name: pml/MPerClassSampler, m: 4"
BATCH = "training.batch_size=1"
DATA = "data: {name: synthetic_faces, size: 32, train: 64, test: 32}"


@pytest.fixture
def recipe(write):
    """Loads the small recipe, changed."""

    def recipe(old: str = "", new: str = "", *overrides: str):
        assert old in SMALL
        return load_recipe(write(SMALL.replace(old, new) if old else SMALL), overrides)

    return recipe


def found(check, recipe):
    with pytest.raises(RecipeError) as caught:
        check(recipe)
    return caught.value.problems


def test_a_recipe_that_builds_and_leaves_the_generator_alone(recipe):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    check_build(recipe())
    assert torch.rand(1) == expected


def test_class_weights_that_go_by_counts_are_built_without_data(recipe):
    weights = "objective.0.class_weights={name: inverse_frequency}"
    check_build(recipe("", "", weights, "data={name: image_folder, root: ./nowhere}"))


def test_a_logger_without_its_library_is_told_with_its_place(recipe, monkeypatch):
    for library in ("wandb", "tensorboard", "tensorboardX"):
        monkeypatch.setitem(sys.modules, library, None)
    logged = recipe(
        DATA, f"loggers: [{{name: csv}}, {{name: wandb}}, {{name: tensorboard}}]\n{DATA}"
    )
    problems = found(check_build, logged)
    assert [problem.key for problem in problems] == ["loggers.1", "loggers.2"]
    assert problems[0].place.endswith(":2:24")
    assert problems[0].message == (
        "logger 'wandb': wandb needs an extra: pip install 'crs_plugin[loggers]'"
    )


def test_the_evaluations_know_what_pretraining_shows(recipe):
    everything = check_data(recipe()).shown
    assert everything >= {"fear", "anger"}
    assert check_data(recipe("", "", "exclude_expressions=[fear]")).shown == everything - {"fear"}


def test_an_excluded_expression_that_the_data_do_not_have_is_refused_with_its_place(recipe):
    text = "name: small\nexclude_expressions: [fear, sadly angry]"
    (problem,) = found(check_data, recipe("name: small", text))
    assert problem.place.endswith(":2:29")
    assert problem.key == "exclude_expressions.1"
    assert "nothing would be excluded" in problem.message
    assert "they show neutral, happiness" in problem.message


def test_something_must_be_left_to_pretrain_on(recipe):
    everything = ", ".join(sorted(check_data(recipe()).shown))
    problems = found(check_data, recipe("", "", f"exclude_expressions=[{everything}]"))
    assert all("no image of synthetic_faces" in problem.message for problem in problems)


@pytest.mark.parametrize(
    ("overrides", "drawn"),
    [
        (["training.batch_size=65"], "64"),
        (["training.images=7"], "7"),
        (
            ["training.batch_size=33", f"sampler={{{M_PER_CLASS}, length_before_new_iter: 32}}"],
            "32",
        ),
        (
            ["training.batch_size=65", f"sampler={{{M_PER_CLASS}, length_before_new_iter: 80}}"],
            None,
        ),
    ],
)
def test_an_epoch_has_a_batch_at_least(recipe, overrides, drawn, tmp_path):
    changed = recipe("", "", *overrides)
    data = pretraining_data(changed, check_data(changed).open(None, for_features=False))
    if drawn is None:  # it draws images again and again
        check_epoch(changed, data)
        return
    [problem] = found(partial(check_epoch, data=data), changed)
    own = "batch_size" in overrides[0]
    assert problem.place == (f"--set {overrides[0]}" if own else f"{tmp_path}/recipe.yaml:14:23")
    assert problem.key == "training.batch_size"
    assert problem.message.endswith(f"an epoch has only {drawn}")


def test_the_evaluations_know_the_coarse_classes(recipe):
    table = "labels.coarse={happiness: up, sadness: down}"
    context = check_data(
        recipe("", "", table, "objective=[{name: coarse_cross_entropy}]", "miner=")
    )
    assert context.coarse_table.classes == ("up", "down")


def test_a_recipe_whose_data_are_there(recipe):
    context = check_data(recipe("", "", "seed=5"))
    assert (context.input_size, context.seed) == (32, 5)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("heads.projection.input_dim=100", ["heads.projection.input_dim", "100", "512"]),
        (
            "evaluation.0={name: linear_probe, protocol: released, regularisation: [1]}",
            ["evaluation.0", "'released' has no regularisation"],
        ),
        ("backbone.weights=./gone.pth", ["backbone.weights", "no weights file /"]),
    ],
)
def test_what_shows_only_when_it_is_built(override, words, recipe):
    message = "\n".join(map(str, found(check_build, recipe("", "", override))))
    assert all(word in message for word in words), message


def test_a_step_is_no_augmentation_of_its_own(recipe, tmp_path):
    with pytest.raises(RecipeError) as caught:
        recipe("{name: fer_two_views, size: 32}", "{name: random_illumination}")
    assert str(caught.value) == (
        f"{tmp_path}/recipe.yaml:3:1: augmentation.name: 'random_illumination' is one step and"
        " makes no views; list it under 'then' of a whole augmentation: {name: fer_two_views, …,"
        " then: [{name: random_illumination}]}"
    )


def test_several_parts_are_told_at_once(recipe):
    released = "evaluation.0={name: linear_probe, protocol: released, regularisation: [1]}"
    changed = recipe("", "", "heads.projection.input_dim=9", released)
    assert len(found(check_build, changed)) == 2


def test_an_option_that_was_set_is_told_where_it_was_set(recipe, tmp_path):
    [problem] = found(check_build, recipe("", "", "backbone.weights=./gone.pth"))
    assert (problem.place, problem.key) == (
        "--set backbone.weights=./gone.pth",
        "backbone.weights",
    )
    written = recipe("{name: resnet18}", "{name: resnet18, weights: ./gone.pth}")
    [problem] = found(check_build, written)
    assert (problem.place, problem.key) == (f"{tmp_path}/recipe.yaml:4:28", "backbone.weights")


STRANGE = """
import torch
from torch import nn
from crs_plugin.registry import register

class Flat(nn.Module):
    feature_dim = 6
    def forward(self, images):
        return images.mean(dim=(2, 3)).repeat(1, 2)

@register("backbone", "checks_of_224")
class Of224(Flat):
    def forward(self, images):
        assert images.shape[-1] == 224, "expected 224"
        return super().forward(images)

@register("backbone", "checks_without_width")
class WithoutWidth(nn.Module): ...

@register("backbone", "checks_that_breaks")
class Breaks(Flat):
    def __init__(self):
        raise RuntimeError("cannot be made\\nsecond line")

@register("backbone", "checks_flat")
class Plain(Flat): ...

@register("head", "checks_head")
class Head(nn.Linear):
    def __init__(self, *, input_dim: int, output_dim: int = 16):
        super().__init__(input_dim + 1, output_dim)

@register("loss", "checks_vector")
class Vector(nn.Module):
    def forward(self, coarse_logits): return coarse_logits

@register("loss", "checks_key_error")
class Fails(nn.Module):
    def forward(self, coarse_logits): raise KeyError("temperature")

@register("loss", "checks_detached")
class Detached(nn.Module):
    def forward(self, embeddings): return embeddings.detach().sum()

@register("loss", "checks_of_nobody")
def of_nobody(*, p: float = 1.0): return nn.L1Loss()

@register("loss", "checks_no_module")
def no_module(*, p: float = 1.0): return 3

@register("loss", "checks_of_a_fine_head")
def of_a_fine_head(*, p: float = 1.0):
    from crs_plugin.losses import FineCrossEntropy
    return FineCrossEntropy()

@register("miner", "checks_miner")
class Miner(nn.Module):
    def forward(self, embeddings, labels): return labels[99]
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "key", "words"),
    [
        (
            "name: resnet18",
            "name: checks_of_224",
            "4:1",
            "backbone",
            ["AssertionError: expected 224", "does this backbone take images of 32 px"],
        ),
        ("name: resnet18", "name: checks_without_width", "4:1", "backbone", ["feature_dim"]),
        (
            "name: resnet18",
            "name: checks_that_breaks",
            "4:1",
            "backbone",
            ["backbone 'checks_that_breaks': RuntimeError: cannot be made"],
        ),
        ("name: mlp,", "name: checks_head,", "6:3", "heads.projection", ["cannot be multiplied"]),
        ("{name: linear}", "{name: checks_head}", "7:3", "heads.coarse", ["be multiplied"]),
        ("name: coarse_labels", "name: checks_miner", "11:1", "miner", ["IndexError"]),
        ("name: coarse_cross_entropy", "name: checks_vector", "10:5", "objective.1", ["a scalar"]),
        (
            "name: coarse_cross_entropy",
            "name: checks_key_error",
            "10:5",
            "objective.1",
            ["loss 'checks_key_error': KeyError: 'temperature'"],
        ),
        (
            "name: coarse_cross_entropy",
            "name: checks_of_nobody",
            "10:5",
            "objective.1",
            ["'input'"],
        ),
        ("name: coarse_cross_entropy", "name: checks_no_module", "10:5", "objective.1", ["'int'"]),
        (
            "name: coarse_cross_entropy",
            "name: checks_of_a_fine_head",
            "10:5",
            "objective.1",
            ["add heads.fine"],
        ),
    ],
)
def test_whatever_a_part_raises_is_a_problem_at_its_line(
    old, new, place, key, words, recipe, write, tmp_path, strange
):
    changed = recipe(old, new)
    [problem] = found(check_build, changed)
    assert (problem.place, problem.key) == (f"{tmp_path}/recipe.yaml:{place}", key)
    assert all(word in problem.message for word in words), problem.message
    assert "second line" not in problem.message


def test_an_objective_without_a_gradient(recipe, strange, tmp_path):
    term = "objective=[{name: checks_detached}]"
    [problem] = found(check_build, recipe("", "", term, "heads.coarse=", "miner="))
    assert (problem.place, problem.key) == (f"--set {term}", "objective")
    assert "the gradient of the objective cannot be computed: RuntimeError" in problem.message


@pytest.fixture
def strange(tmp_path):
    """Parts of a stranger that fail in one way or another."""
    (tmp_path / "strange.py").write_text(STRANGE)
    registry.load_plugin("strange.py", tmp_path)
    yield
    for key in [key for key in registry._components if key[1].startswith("checks_")]:
        del registry._components[key]
    registry._plugins.clear()  # another test's file may lie where this one's did


def test_a_missing_folder_is_told_where_the_data_stand(recipe, tmp_path):
    changed = recipe(
        DATA,
        "data:\n  - {name: synthetic_faces}\n  - {name: ferplus, root: ./none}",
    )
    [problem] = found(check_data, changed)
    assert (problem.place, problem.key) == (f"{tmp_path}/recipe.yaml:4:21", "data.1.root")
    assert problem.message.startswith(f"data set ferplus: there is no folder {tmp_path}/none")


def test_all_missing_folders_are_told_at_once(recipe, monkeypatch):
    monkeypatch.delenv("CRS_DATA", raising=False)
    changed = recipe(
        DATA,
        "data: [{name: table, root: a, file: x.csv}, {name: ferplus}]",
        "evaluation=[{name: linear_probe, test_data: {name: raf_db, root: b}}]",
    )
    keys = [problem.key for problem in found(check_data, changed)]
    assert keys == ["data.0.root", "data.1", "evaluation.0.test_data.root"]


def test_a_missing_folder_that_is_named_twice_is_told_once(recipe):
    probes = [f"{{name: linear_probe, test_data: {{name: raf_db, root: {r}}}}}" for r in "aab"]
    changed = recipe("", "", f"evaluation=[{', '.join(probes)}]")
    keys = [problem.key for problem in found(check_data, changed)]
    assert keys == ["evaluation.0.test_data.root", "evaluation.2.test_data.root"]


def test_a_missing_folder_of_an_evaluation(recipe, tmp_path, monkeypatch):
    monkeypatch.delenv("CRS_DATA", raising=False)
    changed = recipe("{name: linear_probe}", "{name: linear_probe, data: {name: raf_db}}")
    [problem] = found(check_data, changed)
    assert (problem.place, problem.key) == (
        f"{tmp_path}/recipe.yaml:16:26",
        "evaluation.0.data",
    )
    assert "CRS_DATA" in problem.message


@pytest.fixture
def unlabelled(tmp_path):
    """A table of images of which nobody says what they show."""
    folder = tmp_path / "faces"
    folder.mkdir()
    with (folder / "faces.csv").open("w", newline="") as lines:
        csv.writer(lines).writerows([["path"], ["a.png"], ["b.png"]])
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(b"")
    return "data: {name: table, root: ./faces, file: faces.csv, label_column: null}"


def test_data_without_labels_for_a_miner_and_a_loss_that_need_them(recipe, unlabelled):
    changed = recipe(DATA, unlabelled, "evaluation=[]")
    problems = found(check_data, changed)
    assert [problem.key for problem in problems] == ["miner", "objective.0", "objective.1"]
    assert all("needs coarse labels" in problem.message for problem in problems)


def test_data_without_labels_for_a_loss_that_needs_fine_ones(recipe, unlabelled):
    changed = recipe(
        DATA,
        unlabelled,
        "evaluation=[]",
        "miner=",
        "heads={fine: {name: linear}}",
        "objective=[{name: fine_cross_entropy}]",
    )
    [problem] = found(check_data, changed)
    assert problem.key == "objective.0"
    assert problem.message == (
        "loss 'fine_cross_entropy' needs fine labels, but none of the 2 training images of faces"
        " has one"
    )


def test_data_without_images_to_train_on(recipe, tmp_path):
    changed = recipe("train: 64", "train: 0", "evaluation=[]")
    [problem] = found(check_data, changed)
    assert str(problem) == (
        f"{tmp_path}/recipe.yaml:2:1: data: synthetic_faces (wild, basic) has no images to"
        " train on (split 'train')"
    )


def test_data_without_labels_for_a_loss_that_needs_none(write, unlabelled):
    text = SMALL.replace(DATA, unlabelled)
    text = text.replace("  coarse: {name: linear}\n", "").replace(
        "miner: {name: coarse_labels}\n", ""
    )
    text = text.replace("  - {name: crs_cont, class_weights: {negative: 0.5}}\n", "")
    text = text.replace("coarse_cross_entropy", "lightly/NTXentLoss")
    check_data(load_recipe(write(text), ["evaluation=[]"]))


@pytest.fixture
def faces(tmp_path):
    """Makes a folder of images, some of which are broken, and the recipe's line for it."""

    def faces(*, whole: int, broken: int) -> str:
        for number in range(whole + broken):
            path = tmp_path / "faces" / "train" / "happy" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 8)).save(path)
            if number >= whole:
                path.write_bytes(b"no image")
        return "data: {name: image_folder, root: ./faces}"

    return faces


def test_the_images_of_one_expression_are_labelled(recipe, faces):
    fine = ("miner=", "heads={fine: {name: linear}}", "objective=[{name: fine_cross_entropy}]")
    check_data(recipe(DATA, faces(whole=2, broken=0), "evaluation=[]", *fine))


def test_checks_ask_for_no_features_of_the_data_to_pretrain_on(recipe, faces):
    context = check_data(recipe(DATA, faces(whole=2, broken=0), "evaluation=[]"))
    reader = ImageReader(lambda *_: None, lambda _: None)
    context.read_images(reader, feature_size=None, other_size=8, skip=False)
    assert context.decoded(context.open(None, for_features=False), 8) is not None


def test_images_that_cannot_be_read_are_refused(recipe, faces):
    changed = recipe(DATA, faces(whole=2, broken=1), "evaluation=[]", BATCH)
    with pytest.raises(DataError, match=r"1 images cannot be used.*\n.*2\.png") as caught:
        check_images(changed)
    assert "on_bad_image: skip" in str(caught.value)


def test_images_that_would_be_left_out_are_named(recipe, faces, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")  # a line is not broken: its path is to be copied
    check_images(
        recipe(DATA, faces(whole=2, broken=1), "evaluation=[]", "on_bad_image=skip", BATCH)
    )
    said = capsys.readouterr().out
    assert "1 images cannot be read and would be left out:" in said
    assert "2.png" in said
    assert "1.png" not in said


def test_nothing_is_said_of_images_that_can_be_read(recipe, faces, capsys):
    check_images(recipe(DATA, faces(whole=2, broken=0), "evaluation=[]", BATCH))
    assert "cannot be read" not in capsys.readouterr().out


def test_what_is_missing_without_the_images_left_out(recipe, faces, tmp_path):
    broken = recipe(DATA, faces(whole=0, broken=2), "evaluation=[]", "on_bad_image=skip", BATCH)
    [problem] = found(check_images, broken)
    assert (problem.place, problem.key) == (f"{tmp_path}/recipe.yaml:2:1", "data")
    assert "has no images to train on" in problem.message


def test_an_evaluation_that_cannot_be_made_with_the_data(recipe, tmp_path):
    changed = recipe("{name: linear_probe}", "{name: linear_probe}", "data.test=0", "data.train=1")
    [problem] = found(check_data, changed)
    assert (problem.place, problem.key) == (f"{tmp_path}/recipe.yaml:16:5", "evaluation.0")
    context = check_data(recipe("", "", "data.test=0", "data.train=1", "evaluation=[]"))
    assert found(partial(check_evaluations, changed.evaluation), context) == (problem,)


SUPCON = "objective=[{name: pml/SupConLoss, reducer: {name: class_weighted, weights: %s}}]"


@pytest.mark.parametrize(
    "overrides",
    [
        [SUPCON % "{negative: 0.5}", "heads.coarse="],
        [SUPCON % "{name: inverse_frequency}", "heads.coarse="],
        [SUPCON % "{up: 0.5}", "heads.coarse=", "labels.coarse={happiness: up, fear: down}"],
        ["sampler={name: balanced, classes: fine}"],
        ["sampler={name: pml/MPerClassSampler, m: 4, classes: fine}"],
        ["miner=", "heads={fine: {name: linear}}", "objective=[{name: fine_cross_entropy}]"],
        ["schedule={name: warmup_cosine}"],
        ["schedule={name: step}"],
        ["miner.max_negatives=3"],
        ["miner.negatives=semihard"],
        [
            "labels.coarse=fine",
            "miner.table={happiness: good, fear: bad, anger: bad}",
            "objective.0={name: crs_cont}",
        ],
    ],
)
def test_weights_heads_schedules_miners_and_samplers_that_build(recipe, overrides):
    check_build(recipe("", "", *overrides))


def test_weights_of_a_reducer_go_by_the_names_of_the_coarse_classes(recipe):
    with pytest.raises(RecipeError) as caught:
        recipe("", "", SUPCON % "{negativ: 0.5}", "heads.coarse=")
    (problem,) = caught.value.problems
    assert problem.key == "objective.0.reducer.weights.negativ"
    assert "did you mean 'negative'" in problem.message


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (
            "miner.table={happiness: good}",
            ["miner 'coarse_labels'", "table maps expressions", "positive, negative"],
        ),
        ("miner={name: coarse_labels, negatives: hardest, max_negatives: 2}", ["2 with 'hardest'"]),
        ("sampler={name: pml/MPerClassSampler, m: 4, batch_size: 6}", ["sampler", "batch_size"]),
    ],
)
def test_miners_and_samplers_that_do_not_fit(recipe, override, words):
    (problem,) = found(check_build, recipe("", "", override))
    assert all(word in f"{problem.key} {problem.message}" for word in words)
