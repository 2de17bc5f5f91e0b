import pytest
import torch
from pytorch_metric_learning.miners import MultiSimilarityMiner

from crs_plugin.registry import RefusedComponentError, registry

NAMES = [name for name in registry.names("miner") if name.startswith("pml/")]
LABELS = torch.tensor([-1, 0, 1, 2, 0, 1, -1, 2]).repeat(2)


def test_many_are_found() -> None:
    assert {"pml/MultiSimilarityMiner", "pml/BatchHardMiner", "pml/TripletMarginMiner"} <= set(
        NAMES
    )


@pytest.mark.parametrize("name", NAMES)
def test_builds_and_mines_labelled_rows_only(name: str) -> None:
    torch.manual_seed(0)
    z = torch.randn(16, 4)
    mined = registry.get("miner", name).target()(z, LABELS)
    assert len(mined) in (3, 4)
    a, p = mined[:2]
    assert len(a) > 0
    assert (LABELS[a] == LABELS[p]).all()
    assert (LABELS[torch.cat(mined)] != -1).all()


def test_mines_what_the_miner_finds_among_the_labelled_rows() -> None:
    z = torch.randn(16, 4, generator=torch.Generator().manual_seed(0))
    kept = (LABELS != -1).nonzero()[:, 0]
    expected = MultiSimilarityMiner(epsilon=0.3)(z[kept], LABELS[kept])
    mined = registry.get("miner", "pml/MultiSimilarityMiner").target(epsilon=0.3)(z, LABELS)
    for got, wanted in zip(mined, expected, strict=True):
        assert torch.equal(got, kept[wanted])


@pytest.mark.parametrize("name", NAMES)
def test_every_option_can_be_given(name: str) -> None:
    component = registry.get("miner", name)
    component.target(**{o.name: o.default for o in component.options().values()})


@pytest.mark.parametrize("name", ["EmbeddingsAlreadyPackagedAsTriplets", "BaseMiner"])
def test_what_does_not_fit_is_refused(name: str) -> None:
    with pytest.raises(RefusedComponentError, match=f"{name} cannot be used here"):
        registry.get("miner", f"pml/{name}")
