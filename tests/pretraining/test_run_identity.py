from dataclasses import replace

import pytest
import torch

from crs_plugin.pretraining.run_identity import RunIdentity, digest

IDENTITY = RunIdentity({"seed": 1, "steps": 12}, "abc", "32-true", processes=1)


def warnings_of(identity: RunIdentity, saved: dict) -> list[str]:
    told: list[str] = []
    identity.tell_changes(saved, told.append)
    return told


def test_the_same_run_goes_on_without_a_word():
    saved = IDENTITY.as_dict()
    assert IDENTITY.changed_settings(saved) == []
    assert warnings_of(IDENTITY, saved) == []


def test_another_setting_is_another_run():
    other = replace(IDENTITY, settings={"seed": 2, "steps": 12})
    assert other.changed_settings(IDENTITY.as_dict()) == ["seed was 1, is 2"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"pixels": "abd"}, "the training images are not to the bit"),
        ({"precision": "bf16-mixed"}, "began in 32-true and is computed in bf16-mixed"),
        ({"processes": 2}, "saved by 1 process and goes on with 2 processes"),
    ],
)
def test_what_a_machine_may_change_is_told(changed, told):
    (warning,) = warnings_of(replace(IDENTITY, **changed), IDENTITY.as_dict())
    assert told in warning


def test_a_checkpoint_that_does_not_say_is_taken_as_it_is():
    assert warnings_of(IDENTITY, {"pixels": "abc"}) == []


def test_a_digest_stands_for_the_contents():
    one, other = torch.arange(6), torch.arange(6).flip(0)
    assert digest(one) == digest(one.clone()) != digest(other)
    assert len(digest(one, other)) == 16
