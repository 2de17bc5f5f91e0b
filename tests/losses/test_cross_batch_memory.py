import pytest
import torch
from pytorch_metric_learning.losses import ContrastiveLoss, CrossBatchMemory
from pytorch_metric_learning.miners import MultiSimilarityMiner, TripletMarginMiner
from pytorch_metric_learning.utils import loss_and_miner_utils as lmu
from pytorch_metric_learning.utils.distributed import DistributedLossWrapper
from torch import Tensor

from crs_plugin.losses import CRSContLoss, CRSCrossBatchMemory
from crs_plugin.miners import CoarseLabelMiner

WIDTH = 6
WEIGHTS = {"negative": 0.5}


def batches(number: int, rows: int) -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(rows)
    return [
        (
            torch.randn(rows, WIDTH, generator=generator).requires_grad_(),
            torch.randint(0, 4, (rows,), generator=generator),
        )
        for _ in range(number)
    ]


def memory(size: int, **options: object) -> CRSCrossBatchMemory:
    inner = CRSContLoss(class_weights=WEIGHTS)
    return CRSCrossBatchMemory(inner, embedding_size=WIDTH, memory_size=size, **options)


def gradient(loss: Tensor, z: Tensor) -> Tensor:
    (found,) = torch.autograd.grad(loss, z)
    return found


@pytest.mark.parametrize("miner", [None, TripletMarginMiner(0.1), CoarseLabelMiner()])
def test_a_memory_of_one_batch_changes_nothing_but_the_gradient_of_the_partners(
    miner: torch.nn.Module | None,
) -> None:
    loss_fn = memory(20, miner=miner)
    for z, y in batches(3, 20):
        pairs = None if miner is None else miner(z, y)
        loss = loss_fn(z, y)
        torch.testing.assert_close(loss, loss_fn.loss(z, y, pairs))
        # The memory has no graph: what remains is the gradient with respect to the anchors.
        a1, p, a2, n = lmu.convert_to_pairs(pairs, y)
        anchors_only = loss_fn.loss(z, y, (a1, p, a2, n), z.detach().clone(), y)
        torch.testing.assert_close(gradient(loss, z), gradient(anchors_only, z))


def test_the_queue_holds_the_last_embeddings_and_labels() -> None:
    loss_fn = memory(20)
    seen = batches(6, 8)
    for number, (z, y) in enumerate(seen):
        assert loss_fn.queue_idx == number * 8 % 20
        loss_fn(z, y)
        rows = torch.arange(number * 8, number * 8 + 8) % 20
        assert torch.equal(loss_fn.embedding_memory[rows], z)
        assert torch.equal(loss_fn.label_memory[rows], y)
    assert {"embedding_memory", "label_memory"} <= set(loss_fn.state_dict())


@pytest.mark.parametrize("miner", [None, MultiSimilarityMiner(0.3), CoarseLabelMiner()])
@pytest.mark.parametrize("given", [False, True])
def test_anchors_are_compared_with_all_that_was_seen(
    miner: torch.nn.Module | None, given: bool
) -> None:
    loss_fn = memory(64, miner=miner)
    outer = CoarseLabelMiner(negatives="hardest")
    seen_z, seen_y = torch.empty(0, WIDTH), torch.empty(0, dtype=torch.long)
    for z, y in batches(4, 8):
        seen_z, seen_y = torch.cat([seen_z, z.detach()]), torch.cat([seen_y, y])
        extra = outer(z, y) if given else None
        if miner is None:
            pairs = lmu.get_all_pairs_indices(y, seen_y)
        else:
            pairs = miner(z, y, seen_z, seen_y)
        pairs = lmu.remove_self_comparisons(pairs, last_rows(seen_y, y), 64)
        if extra is not None:
            pairs = tuple(map(torch.cat, zip(pairs, extra, strict=True)))
        expected = loss_fn.loss(z, y, pairs, seen_z, seen_y)
        loss = loss_fn(z, y, extra)
        torch.testing.assert_close(loss, expected)
        assert gradient(loss, z).any()


def last_rows(seen: Tensor, y: Tensor) -> Tensor:
    return torch.arange(len(seen) - len(y), len(seen))


def test_rows_without_a_label_are_left_out_now_and_later() -> None:
    with_some, without = memory(64), memory(64)
    for z, y in batches(3, 10):
        y[[2, 7]] = -1
        kept = y != -1
        torch.testing.assert_close(with_some(z, y), without(z[kept], y[kept]))


def test_rows_can_be_put_in_the_queue_without_being_anchors() -> None:
    loss_fn = memory(64)
    (z, y), *_ = batches(1, 12)
    queued = torch.arange(12) >= 6
    loss = loss_fn(z, y, enqueue_mask=queued)
    assert loss_fn.queue_idx == 6
    torch.testing.assert_close(loss, loss_fn.loss(z[:6], y[:6], None, z[6:], y[6:]))


def test_reset() -> None:
    loss_fn, new = memory(20), memory(20)
    for z, y in batches(4, 8):
        loss_fn(z, y)
    loss_fn.reset_queue()
    assert loss_fn.queue_idx == 0
    assert not loss_fn.has_been_filled
    for z, y in batches(4, 8):
        assert torch.equal(loss_fn(z, y), new(z, y))


def test_takes_what_the_original_takes() -> None:
    (z, y), *_ = batches(1, 8)
    ours = CRSCrossBatchMemory(ContrastiveLoss(), embedding_size=WIDTH)
    theirs = CrossBatchMemory(ContrastiveLoss(), embedding_size=WIDTH)
    assert torch.equal(ours(z, y), theirs(z, y))
    with pytest.raises(Exception, match="not supported for Linear"):
        CRSCrossBatchMemory(torch.nn.Linear(2, 2), embedding_size=WIDTH)


def test_the_distributed_wrapper_takes_it() -> None:
    assert isinstance(DistributedLossWrapper(memory(20)).loss, CrossBatchMemory)


def test_gather_is_refused() -> None:
    inner = CRSContLoss(gather=True)
    (z, y), *_ = batches(1, 8)
    with pytest.raises(ValueError, match="not pairs or ref_emb"):
        CRSCrossBatchMemory(inner, embedding_size=WIDTH)(z, y)
