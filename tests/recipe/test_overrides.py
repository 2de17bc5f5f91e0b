import pytest


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("optimizer.lr=3e-3", lambda r: r.optimizer.options["lr"] == 3e-3),
        ("optimizer.lr = 1", lambda r: r.optimizer.options["lr"] == 1.0),
        (
            "objective.0.temperature=0.1",
            lambda r: r.objective[0].spec.options["temperature"] == 0.1,
        ),
        ("objective.1.weight=2", lambda r: r.objective[1].weight == 2.0),
        ("augmentation.scale=[0.2, 1.0]", lambda r: r.augmentation.options["scale"] == (0.2, 1.0)),
        ("augmentation.scale.0=0.2", lambda r: r.augmentation.options["scale"] == (0.2, 1.0)),
        ("name=a=b", lambda r: r.name == "a=b"),
        ("training.max_steps=3", lambda r: r.training.max_steps == 3),
        ("miner.name=pairs", lambda r: r.miner and r.miner.name == "pairs"),
        ("miner={name: pairs}", lambda r: r.miner and r.miner.name == "pairs"),
        ("evaluation=null", lambda r: r.evaluation == ()),
        ("evaluation=", lambda r: r.evaluation == ()),
        ("backbone.weights=no", lambda r: r.backbone.options["weights"] == "no"),
        ("seed=${CRS_TEST}", lambda r: r.seed == 7),
        (
            "objective.0.class_weights={positive: 2}",
            lambda r: (
                r.objective[0].spec.options["class_weights"].options
                == {"weights": {"positive": 2.0}}
            ),
        ),
    ],
)
def test_values_are_set(override, read, valid, load, monkeypatch):
    monkeypatch.setenv("CRS_TEST", "7")
    assert not read(load(valid))
    assert read(load(valid, override))


def test_later_ones_win(valid, load):
    assert load(valid, "seed=1", "seed=2").seed == 2


def test_a_path_starts_from_the_current_folder(valid, load, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "..")
    root = load(valid, "data.root=there").data[0].options["root"]
    assert root == tmp_path.parent / "there"


@pytest.mark.parametrize(
    ("override", "key", "words"),
    [
        ("optimizer.lr=fast", "optimizer.lr", ["found text 'fast', expected a number"]),
        ("optimizer.lr=-1", "optimizer.lr", ["found -1, expected > 0"]),
        ("optimizer.lrr=1", "optimizer.lrr", ["did you mean 'lr'?"]),
        ("optimiser.lr=1", "optimiser", ["did you mean 'optimizer'?"]),
        ("backbone.name=nett", "backbone.name", ["unknown backbone 'nett'; did you mean 'net'?"]),
        (
            "objective.7.weight=1",
            "objective.7",
            ["a list, found '7'.", "0 (contrast), 1 (classify)"],
        ),
        ("objective.classify.weight=1", "objective.classify", ["did you mean 'objective.1'?"]),
        ("objective.2.weight=1", "objective.2", ["found '2'. Its items are 0 (contrast), 1"]),
        ("augmentation.scale.2=1", "augmentation.scale.2", ["found '2'. Its items are 0, 1"]),
        ("exclude_expressions.0=x", "exclude_expressions.0", ["Its items are none"]),
        ("seed.x=1", "seed.x", ["seed is 3, which has no keys inside"]),
        (
            "objective.0.weight.x=1",
            "objective.0.weight.x",
            ["objective.0.weight is 1.0, which has no keys inside"],
        ),
        ("miner.table=1", "miner.name", ["missing"]),
        ("seed", "", ["expected KEY=VALUE"]),
        ("optimizer..lr=1", "", ["expected KEY=VALUE"]),
        ("=1", "", ["expected KEY=VALUE"]),
        ("seed=[1", "seed", ["broken YAML"]),
        ("optimizer={name: sgd, lr: 0, lr: 1}", "optimizer.lr", ["duplicate key"]),
        ("data.root=${NO_SUCH_VARIABLE}", "data.root", ["NO_SUCH_VARIABLE is not set"]),
        ("optimizer={name: sgd}", "optimizer.lr", ["missing"]),
        (
            "objective.0.class_weights.negativ=1",
            "objective.0.class_weights.negativ",
            ["did you mean 'negative'?"],
        ),
    ],
)
def test_what_is_wrong_is_said_to_come_from_set(
    override, key, words, write, valid_text, problems, monkeypatch
):
    monkeypatch.delenv("NO_SUCH_VARIABLE", raising=False)
    valid = write(valid_text + "miner: null\nexclude_expressions: []\n")
    found = [p for p in problems(valid, override) if p[0] == f"--set {override}" and p[1] == key]
    assert found, problems(valid, override)
    assert all(word in found[0][2] for word in words), found


def test_overrides_do_not_hide_problems_of_the_file(valid_text, write, problems):
    path = write(valid_text.replace("epochs: 2", "epochs: 0"))
    places = [place for place, _, _ in problems(path, "seed=x")]
    assert places == ["recipe.yaml:21:12", "--set seed=x"]
