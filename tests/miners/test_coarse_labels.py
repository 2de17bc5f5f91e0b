from typing import Any

import pytest
import torch
from pytorch_metric_learning.losses import ContrastiveLoss, SupConLoss, TripletMarginLoss
from pytorch_metric_learning.miners import BaseMiner
from pytorch_metric_learning.trainers import MetricLossOnly

from crs_plugin.expressions import COARSE_CLASSES, DEFAULT_COARSE, fine_id
from crs_plugin.losses.label_pairs import LabelPairs
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


def test_is_a_component() -> None:
    component = registry.get("miner", "coarse_labels")
    assert component.target is CoarseLabelMiner
    assert set(component.options()) == {
        *("table", "class_names", "negatives", "max_negatives"),
        *("ignore_label", "collect_stats"),
    }
    assert isinstance(CoarseLabelMiner(), BaseMiner)


@pytest.mark.parametrize("labels", [LABELS.float(), LABELS > 0, LABELS * 1j])
def test_labels_that_are_no_ids(labels: torch.Tensor) -> None:
    with pytest.raises(TypeError, match=f"integer ids, not {labels.dtype}"):
        CoarseLabelMiner()(torch.randn(6, 3), labels)


# ── all pairs ──────────────────────────────────────────────────────────────────────────────────


def test_all_pairs_of_a_large_batch_cost_nothing() -> None:
    miner = CoarseLabelMiner(collect_stats=True)
    pairs = miner(torch.empty(200_000, 0), torch.arange(200_000) % 4)
    assert isinstance(pairs, LabelPairs)
    assert miner.num_pos_pairs == 4 * 50_000 * 49_999


def test_pairs_of_a_batch_know_that_they_are() -> None:
    z = torch.randn(6, 3)
    assert CoarseLabelMiner()(z, LABELS).ref_labels is None
    assert CoarseLabelMiner()(z, LABELS, z, LABELS).ref_labels is None
    assert CoarseLabelMiner()(z, LABELS, z.clone(), LABELS.clone()).ref_labels is not None


# ── fine labels ────────────────────────────────────────────────────────────────────────────────

FINE = torch.tensor([fine_id(name) for name in ("happiness", "fear", "anger", "surprise")])


def test_with_a_table_labels_are_fine_ids() -> None:
    labels = torch.cat([FINE, torch.tensor([-1, fine_id("happily surprised")])])
    pairs = CoarseLabelMiner(table=DEFAULT_COARSE)(torch.randn(6, 3), labels)
    expected = CoarseLabelMiner()(torch.randn(6, 3), torch.tensor([0, 1, 1, 3, -1, -1]))
    assert all(map(torch.equal, pairs, expected))


def test_a_table_of_ones_own() -> None:
    miner = CoarseLabelMiner(table={"happy": "up", "fear": "down", "surprised": "up"})
    a1, p, a2, n = miner(torch.randn(4, 3), FINE)  # anger has no coarse class
    assert pairs_of(a1, p) == {(0, 3), (3, 0)}
    assert pairs_of(a2, n) == {(0, 1), (1, 0), (1, 3), (3, 1)}


def test_with_a_table_the_label_to_be_ignored_is_a_fine_id() -> None:
    ignored = fine_id("surprise")  # 2, which is the coarse id of neutral
    miner = CoarseLabelMiner(table=DEFAULT_COARSE, ignore_label=ignored)
    labels = torch.tensor([fine_id(name) for name in ("neutral", "neutral", "surprise", "anger")])
    a1, p, a2, _ = miner(torch.randn(4, 3), labels)
    assert pairs_of(a1, p) == {(0, 1), (1, 0)}
    assert set(a2.tolist()) == {0, 1, 3}


def test_fine_labels_in_an_order_of_ones_own() -> None:
    names = ("fear", "happy", "angry")
    miner = CoarseLabelMiner(table=DEFAULT_COARSE, class_names=names)
    a1, p, _, _ = miner(torch.randn(3, 3), torch.tensor([0, 1, 2]))
    assert pairs_of(a1, p) == {(0, 2), (2, 0)}


# ── a few negatives ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("options", [{"max_negatives": 1}, {"negatives": "hardest"}])
@pytest.mark.parametrize("reference", [None, torch.tensor([1, -1, 0])])
def test_positives_are_always_all(options: dict[str, Any], reference: torch.Tensor | None) -> None:
    torch.manual_seed(0)
    given = [torch.randn(6, 3), LABELS]
    if reference is not None:
        given += [torch.randn(3, 3), reference]
    every = CoarseLabelMiner()(*given)
    a1, p, a2, n = CoarseLabelMiner(**options)(*given)
    assert torch.equal(a1, every[0])
    assert torch.equal(p, every[1])
    assert pairs_of(a2, n) < pairs_of(every[2], every[3])


# ── statistics ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "options", [{}, {"max_negatives": 1}, {"negatives": "hardest"}, {"negatives": "semihard"}]
)
def test_statistics_are_those_of_the_pairs(options: dict[str, Any]) -> None:
    torch.manual_seed(0)
    miner = CoarseLabelMiner(collect_stats=True, **options)
    a1, _, a2, _ = miner(torch.randn(6, 3), LABELS)
    assert (miner.num_pos_pairs, miner.num_neg_pairs) == (len(a1), len(a2))
    for number, name in enumerate(COARSE_CLASSES):
        assert getattr(miner, f"num_pos_pairs_{name}") == (LABELS[a1] == number).sum()
        assert getattr(miner, f"num_neg_pairs_{name}") == (LABELS[a2] == number).sum()


def test_statistics_go_by_coarse_class_and_are_those_of_the_last_batch() -> None:
    miner = CoarseLabelMiner(table={"fear": "down", "anger": "down"}, collect_stats=True)
    miner(torch.randn(4, 3), FINE)
    assert miner.num_pos_pairs_down == 2
    assert "num_neg_pairs_down" in miner._record_these_stats  # what PML's record keepers read
    miner(torch.randn(4, 3), FINE - FINE)
    assert miner.num_pos_pairs_down == 0


def test_statistics_of_classes_without_a_name_are_in_the_totals() -> None:
    miner = CoarseLabelMiner(class_names=("only",), collect_stats=True)
    miner(torch.randn(6, 3), LABELS)
    assert (miner.num_pos_pairs_only, miner.num_pos_pairs) == (2, 4)


def test_without_statistics_nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LabelPairs, "numbers", None)
    CoarseLabelMiner()(torch.randn(6, 3), LABELS)


# ── bad options ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"negatives": "hard"}, "'all', 'hardest' or 'semihard', not 'hard'"),
        ({"max_negatives": 0}, "at least 1"),
        ({"max_negatives": 2, "negatives": "hardest"}, "2 with 'hardest'"),
        ({"table": {"hapiness": "up"}}, "did you mean 'happiness'"),
        (
            {"table": DEFAULT_COARSE, "class_names": COARSE_CLASSES},
            "table maps expressions .* the labels are ids of positive, negative",
        ),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CoarseLabelMiner(**options)


@pytest.mark.parametrize(("label", "shown"), [(19, "19"), (-2, "-2")])
def test_fine_ids_that_there_are_none_of(label: int, shown: str) -> None:
    labels = torch.tensor([0, 1, label])
    message = rf"label {shown} \(row 2\) is none of the 19 classes"
    with pytest.raises(ValueError, match=message):
        CoarseLabelMiner(table=DEFAULT_COARSE)(torch.randn(3, 3), labels)


# ── trainers ───────────────────────────────────────────────────────────────────────────────────


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
        data_device=torch.device("cpu"),
        dataloader_num_workers=0,
    )
    trainer.train(num_epochs=1)
    assert not torch.equal(trunk.weight, before)
