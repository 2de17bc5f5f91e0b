from crs_plugin.registry import KINDS


def test_kinds_are_spelt_as_documented():
    assert {
        *("dataset", "augmentation", "backbone", "head", "miner", "loss", "class_weights"),
        *("sampler", "optimizer", "schedule", "evaluation", "logger"),
    } <= set(KINDS)
