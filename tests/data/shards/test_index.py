import json

import pytest

from crs_plugin.data import DataError
from crs_plugin.data.shards.index import Fields, ShardIndex


def made(**changes: object) -> ShardIndex:
    values = {
        "shard_bytes": 4096,
        "members": ["a.png", "ü.png"],
        "starts": [512, 2048],
        "sizes": [100, 200],
        "digests": ["0" * 16, "f" * 16],
        "labels": ["fear", None],
        "splits": ["train", "all"],
        "subjects": [None, "7"],
        "skipped": {"record without an image": 2},
        "fields": Fields(None, "fold"),
    }
    return ShardIndex(**values | changes)  # type: ignore[arg-type]


def test_what_is_written_is_read() -> None:
    assert ShardIndex.read(made().to_json(), "a.index.json") == made()
    assert ShardIndex.read(made().to_json().encode(), "a.index.json") == made()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no index of a shard (Expecting value"),
        ("[]", "is no index of a shard"),
        ("{}", "is no index of a shard ('format')"),
        (json.dumps({"format": 0}), "another version of the package wrote it"),
        (json.dumps({"format": 1, "fields": {}}), "missing 8 required"),
        (made(starts=[512]).to_json(), "columns differ in length"),
        (made(starts=[512, -1]).to_json(), "an image begins or ends before the shard"),
        (made(starts=[512, 4000]).to_json(), "an image ends after the shard's 4,096 bytes"),
        (made(sizes=[100, 2**40], shard_bytes=2**50).to_json(), "has more than 2,147,483,647"),
        (made(starts=[0, 2**70], shard_bytes=2**80).to_json(), "an image ends after"),
        (made(starts=[0, 1.5]).to_json(), "starts has values of another kind"),
        (made(members=[None, "a"]).to_json(), "members has values of another kind"),
        (made(splits=["train", "x"]).to_json(), "splits has words that are no split"),
        (made(digests=["0" * 16, "f" * 17]).to_json(), "a digest has another length"),
        (made(digests=["0" * 16, "g" * 16]).to_json(), "invalid literal for int"),
    ],
)
def test_anything_else_is_refused(text, message) -> None:
    with pytest.raises(DataError) as raised:
        ShardIndex.read(text, "a.index.json")
    assert str(raised.value).startswith("a.index.json: ")
    assert message in str(raised.value)
