import pytest

from crs_plugin.registry import Registry


@pytest.fixture
def empty() -> Registry:
    return Registry(rooms={})
