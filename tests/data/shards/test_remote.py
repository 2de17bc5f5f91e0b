import sys

import pytest

from crs_plugin.data.shards.remote import UnreachableError, expanded, small_file
from crs_plugin.errors import InputError
from crs_plugin.registry import MissingExtraError


def test_braces() -> None:
    pytest.importorskip("braceexpand")
    assert expanded("s3://b/{train,val}-{09..10}.tar") == [
        *("s3://b/train-09.tar", "s3://b/train-10.tar", "s3://b/val-09.tar", "s3://b/val-10.tar")
    ]
    assert expanded("s3://b/a.tar") == ["s3://b/a.tar"]
    with pytest.raises(InputError, match="its braces do not match"):
        expanded("s3://b/{0..1.tar")


def test_braces_need_the_extra(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "braceexpand", None)
    assert expanded("s3://b/a.tar") == ["s3://b/a.tar"]
    with pytest.raises(MissingExtraError, match=r"crs_plugin\[shards\]"):
        expanded("s3://b/{0..1}.tar")


def test_stores_need_their_packages(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(MissingExtraError, match=r"^s3:// needs an extra.*crs_plugin\[shards\]"):
        small_file("s3://bucket/a.json")
    with pytest.raises(UnreachableError, match=r"^gs://bucket/a\.json: Please install gcsfs"):
        small_file("gs://bucket/a.json")
