from collections.abc import Iterator

import pytest

from crs_plugin.losses import anchor_losses


@pytest.fixture(params=["at once", "in blocks"], scope="module")
def _each_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both ways to compute the loss of all pairs, whatever the size of the batch."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "in blocks":
            patch.setattr(anchor_losses, "MOST_ROWS", 0)
        yield
