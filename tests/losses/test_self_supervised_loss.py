import pytest
import torch
import torch.distributed as dist
from lightly.loss import NTXentLoss
from pytorch_metric_learning.losses import ContrastiveLoss, SelfSupervisedLoss
from torch import Tensor

from crs_plugin.losses import CRSContLoss, CRSSelfSupervisedLoss


@pytest.fixture
def views() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(8, 6, generator=generator), torch.randn(8, 6, generator=generator)


def test_symmetric_it_is_ntxent(views: tuple[Tensor, Tensor]) -> None:
    loss = CRSSelfSupervisedLoss(CRSContLoss(temperature=0.2))(*views)
    torch.testing.assert_close(loss, NTXentLoss(temperature=0.2)(*views))


def test_otherwise_the_first_view_alone_has_the_anchors(views: tuple[Tensor, Tensor]) -> None:
    loss = CRSSelfSupervisedLoss(CRSContLoss(temperature=0.2), symmetric=False)(*views)
    first, second = (torch.nn.functional.normalize(view) for view in views)
    s = first @ second.T / 0.2
    torch.testing.assert_close(loss, torch.nn.functional.cross_entropy(s, torch.arange(8)))


@pytest.mark.parametrize("symmetric", [False, True])
def test_takes_what_the_original_takes(symmetric: bool, views: tuple[Tensor, Tensor]) -> None:
    ours = CRSSelfSupervisedLoss(ContrastiveLoss(), symmetric=symmetric)
    theirs = SelfSupervisedLoss(ContrastiveLoss(), symmetric=symmetric)
    assert torch.equal(ours(*views), theirs(*views))
    with pytest.raises(Exception, match="not supported for Linear"):
        CRSSelfSupervisedLoss(torch.nn.Linear(2, 2))


def test_images_of_different_processes_have_different_numbers(
    views: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Tensor] = []

    class Recording(CRSContLoss):
        def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:  # type: ignore[override]
            seen.append(labels)
            return embeddings.sum()

    Recording.__name__ = "CRSContLoss"
    loss_fn = CRSSelfSupervisedLoss(Recording())
    monkeypatch.setattr(dist, "is_initialized", lambda: True)
    for rank in range(2):
        monkeypatch.setattr(dist, "get_rank", lambda rank=rank: rank)
        loss_fn(*views)
    assert torch.equal(seen[0][:8], seen[0][8:])
    assert len(torch.cat(seen).unique()) == 16
