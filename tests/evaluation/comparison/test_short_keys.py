import pytest

from crs_plugin.evaluation.comparison.short_keys import leaves, short_keys


@pytest.mark.parametrize(
    ("keys", "short"),
    [
        (["objective.0.class_weights.negative"], ["negative"]),
        (["optimizer.lr", "training.epochs"], ["lr", "epochs"]),
        (["data.size", "augmentation.size"], ["data.size", "augmentation.size"]),
        (
            ["objective.0.weight", "objective.1.weight"],
            ["objective.0.weight", "objective.1.weight"],
        ),
        (["augmentation.scale.0"], ["scale.0"]),
        (["seed"], ["seed"]),
    ],
)
def test_keys_are_cut_to_what_tells_them_apart(keys, short):
    assert list(short_keys(keys).values()) == short


def test_leaves():
    assert dict(leaves({"a": [{"b": 1}, 2], "c": {}, "d": []})) == {
        **{"a.0.b": 1, "a.1": 2},
        **{"c": {}, "d": []},
    }
