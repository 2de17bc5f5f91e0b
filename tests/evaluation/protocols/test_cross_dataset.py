import pytest

from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.protocols import cross_dataset as module
from crs_plugin.evaluation.protocols.cross_dataset import CrossDataset
from crs_plugin.registry import registry


def split(n: int) -> list[str]:
    return ["train"] * (3 * n // 4) + ["test"] * (n - 3 * n // 4)


@pytest.fixture
def three(faces):
    """Two sets that share three classes, and one that shares two of them with each."""
    sets = [
        faces([0, 1, 2, 3] * 30, split(120), name="a"),
        faces([1, 2, 3, 9] * 20, name="b"),
        faces([2, 3, 8] * 20, split(60), name="c"),
    ]
    return [lambda s=s: s for s in sets]


def test_it_is_found_by_name_and_takes_a_list_of_data() -> None:
    option = registry.get("evaluation", "cross_dataset").options()["data"]
    assert option.required
    assert (option.part.kind, option.part.many) == ("dataset", True)


def test_every_set_is_tested_by_every_other_on_the_classes_of_both(faces, context, three) -> None:
    result = CrossDataset(data=three)(context(three[0]()))
    found = {target.title: target for target in result.targets}
    assert list(found) == [f"{a} → {b}" for a in "abc" for b in "abc"]
    assert found["a → b"].class_names == ("happiness", "surprise", "sadness")
    assert found["a → a"].class_names == ("neutral", "happiness", "surprise", "sadness")
    assert found["b → c"].class_names == ("surprise", "sadness")
    assert all(target.trained.accuracy > 0.95 for target in result.targets)
    assert all(target.scores["random"].accuracy < 0.75 for target in result.targets)
    assert found["a → b"].test_data == "b: 60 images"
    assert found["a → b"].train_data == "a: 67 images"
    assert found["c → a"].at == {"trained on": "c", "tested on": "a"}
    assert result.headline
    assert "not comparable" in result.notes[0]
    assert any(
        "a → b: 20 test images of happily disgusted were left out" in n for n in result.notes
    )


def test_the_matrix_is_drawn_for_every_encoder(faces, context, three) -> None:
    result = CrossDataset(data=three)(context(three[0]()))
    assert [d.name for d in result.drawings] == [
        "across_data_sets_trained",
        "across_data_sets_random",
    ]
    trained = result.drawings[0]
    rows = trained.csv.splitlines()
    assert rows[0].startswith("trained_on,tested_on,classes,accuracy,uar")
    assert len(rows) == 10
    assert "b → c" in trained.alt
    assert "tested on" in trained.svg


def test_pairs_that_cannot_be_stay_empty_and_are_told(faces, context) -> None:
    sets = [
        faces([0, 1, 2] * 20, split(60), name="a"),
        faces([0, 1, 2] * 10, "test", name="only tests"),
        faces([8, 9, 2] * 20, split(60), name="compound"),
    ]
    result = CrossDataset(data=[lambda s=s: s for s in sets])(context(sets[0]))
    titles = [target.title for target in result.targets]
    assert titles == ["a → a", "a → only tests", "compound → compound"]
    told = " ".join(result.notes)
    assert "only tests → a was left out: only tests has no labelled image in a train split" in told
    assert "a → compound was left out: they have only surprise in common" in told
    assert result.drawings[0].csv.count("\n") == 4


def test_a_training_set_with_the_same_classes_is_fitted_once(faces, context, monkeypatch) -> None:
    calls = []
    fitted = module.fit_probe
    monkeypatch.setattr(module, "fit_probe", lambda *a: (calls.append(a[1]), fitted(*a))[1])
    sets = [faces([0, 1] * 40, split(80), name=name) for name in "ab"]
    CrossDataset(data=[lambda s=s: s for s in sets])(context(sets[0]))
    assert calls == ["trained", "random"] * 2


def test_sets_of_one_name_are_told_apart(faces, context) -> None:
    sets = [faces([0, 1] * 40, split(80), name="table") for _ in range(2)]
    result = CrossDataset(data=[lambda s=s: s for s in sets])(context(sets[0]))
    assert [t.title for t in result.targets][:2] == ["table #1 → table #1", "table #1 → table #2"]


def test_what_cannot_be_is_told_before_training(faces) -> None:
    a, b = faces([0, 1] * 40, split(80), name="a"), faces([2, 3] * 40, split(80), name="b")
    one, other = (lambda: a), (lambda: b)
    here = EvaluationContext(one, 4)
    with pytest.raises(InputError, match=r"no set can be tested on another.*no class in common"):
        CrossDataset(data=[one, other]).check(here)
    with pytest.raises(InputError, match="a is given twice"):
        CrossDataset(data=[one, one]).check(here)
    lonely = faces([0, 1] * 40 + [2], ["train", "test"] * 40 + ["train"], name="lonely")
    full = faces([0, 1, 2] * 20, split(60), name="full")
    with pytest.raises(InputError, match="surprise has a single image"):
        CrossDataset(data=[lambda: lonely, lambda: full]).check(here)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data": [lambda: None]}, "two data sets or more"),
        ({"validation_fraction": 1.0}, "between 0 and 1"),
        ({"regularisation": ()}, "at least one"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message) -> None:
    with pytest.raises(InputError, match=message):
        CrossDataset(**{"data": [lambda: None, lambda: 1], **options})
