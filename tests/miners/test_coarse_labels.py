import pytest
import torch
from pytorch_metric_learning.losses import ContrastiveLoss, SupConLoss, TripletMarginLoss
from pytorch_metric_learning.miners import BaseMiner
from pytorch_metric_learning.trainers import MetricLossOnly

from crs_plugin.miners import CoarseLabelMiner
from crs_plugin.registry import registry

LABELS = torch.tensor([0, 1, -1, 1, 0, 3])


def pairs_of(anchors: torch.Tensor, others: torch.Tensor) -> set[tuple[int, int]]:
    found = list(zip(anchors.tolist(), others.tolist(), strict=True))
    assert len(set(found)) == len(found)
    return set(found)


def test_pairs_by_coarse_label() -> None:
    a1, p, a2, n = CoarseLabelMiner()(torch.randn(6, 3), LABELS)
    labelled = [i for i, label in enumerate(LABELS.tolist()) if label != -1]
    pairs = [(i, j) for i in labelled for j in labelled if i != j]
    assert pairs_of(a1, p) == {(i, j) for i, j in pairs if LABELS[i] == LABELS[j]}
    assert pairs_of(a2, n) == {(i, j) for i, j in pairs if LABELS[i] != LABELS[j]}


def test_another_label_can_be_ignored() -> None:
    a1, p, a2, n = CoarseLabelMiner(ignore_label=1)(torch.randn(6, 3), LABELS)
    assert not {1, 3} & set(torch.cat([a1, p, a2, n]).tolist())
    assert 2 in a2


@pytest.mark.parametrize("labels", [torch.empty(0), torch.full((3,), -1), torch.zeros(1)])
def test_no_pairs(labels: torch.Tensor) -> None:
    mined = CoarseLabelMiner()(torch.randn(len(labels), 3), labels.long())
    assert [len(index) for index in mined] == [0, 0, 0, 0]


def test_reference_batch() -> None:
    reference = torch.tensor([1, -1, 0])
    a1, p, a2, n = CoarseLabelMiner()(torch.randn(6, 3), LABELS, torch.randn(3, 3), reference)
    assert pairs_of(a1, p) == {(1, 0), (3, 0), (0, 2), (4, 2)}
    assert pairs_of(a2, n) == {(0, 0), (4, 0), (5, 0), (1, 2), (3, 2), (5, 2)}


@pytest.mark.parametrize("loss_fn", [SupConLoss(), ContrastiveLoss(), TripletMarginLoss()])
def test_pml_losses_take_its_pairs(loss_fn: torch.nn.Module) -> None:
    z = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    kept = LABELS != -1
    pairs = CoarseLabelMiner()(z, LABELS)
    assert torch.allclose(loss_fn(z, LABELS, pairs), loss_fn(z[kept], LABELS[kept]))


def test_is_a_component_and_counts_on_request() -> None:
    component = registry.get("miner", "coarse_labels")
    assert component.target is CoarseLabelMiner
    assert set(component.options()) == {"ignore_label", "collect_stats"}
    miner = CoarseLabelMiner(collect_stats=True)
    assert isinstance(miner, BaseMiner)
    miner(torch.randn(6, 3), LABELS)
    assert (miner.num_pos_pairs, miner.num_neg_pairs) == (4, 16)


def test_floating_labels() -> None:
    with pytest.raises(TypeError, match=r"integer ids, not torch\.float32"):
        CoarseLabelMiner()(torch.randn(6, 3), LABELS.float())


@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad")
def test_works_in_a_trainer_of_pml() -> None:
    torch.manual_seed(0)
    trunk = torch.nn.Linear(5, 3)
    before = trunk.weight.detach().clone()
    trainer = MetricLossOnly(
        models={"trunk": trunk},
        optimizers={"trunk_optimizer": torch.optim.SGD(trunk.parameters(), lr=0.1)},
        batch_size=6,
        loss_funcs={"metric_loss": SupConLoss()},
        mining_funcs={"tuple_miner": CoarseLabelMiner()},
        dataset=torch.utils.data.TensorDataset(torch.randn(12, 5), LABELS.repeat(2)),
        dataloader_num_workers=0,
    )
    trainer.train(num_epochs=1)
    assert not torch.equal(trunk.weight, before)
