import pytest
import torch
from small_run import (
    CoarseCrossEntropy,
    SupervisedContrast,
    small_data,
    small_module,
    small_run,
    small_settings,
    weighted_module,
)
from torch import nn

from crs_plugin.errors import InputError
from crs_plugin.losses import ClassWeights, FixedClassWeights, ScheduledClassWeights
from crs_plugin.pretraining.batches import Batch
from crs_plugin.pretraining.callbacks.metrics_file import read_metrics
from crs_plugin.pretraining.objective import Objective, Term


def objective(*losses: nn.Module) -> Objective:
    return Objective([Term(type(loss).__name__, 1.0, loss) for loss in losses])


class FineCrossEntropy(nn.Module):
    def forward(self, fine_logits, fine_labels):
        return nn.functional.cross_entropy(fine_logits, fine_labels)


class WithPairs(nn.Module):
    def forward(self, embeddings, indices_tuple):
        return embeddings[indices_tuple[0]].sum()


class FirstPairs(nn.Module):
    def forward(self, embeddings, labels):
        assert not embeddings.requires_grad
        return tuple(torch.arange(2) for _ in range(4))


def batch() -> Batch:
    data = small_data(8)
    return Batch(data["images"], data["fine"], data["coarse"])


def test_outputs_are_view_after_view():
    outputs = small_module(
        fine=nn.Linear(12, 6), objective=objective(FineCrossEntropy(), CoarseCrossEntropy())
    ).outputs(batch())
    assert outputs.views == 2
    assert outputs.features.shape == (16, 12)
    assert outputs.projections.shape == outputs.embeddings.shape == (16, 5)
    assert torch.allclose(outputs.embeddings.norm(dim=1), torch.ones(16))
    assert outputs.coarse_logits.shape == (16, 4)
    assert outputs.fine_logits.shape == (16, 6)
    assert outputs.image_ids.tolist() == [*range(8), *range(8)]
    assert outputs.labels.tolist() == batch().coarse.tolist() * 2
    assert outputs.fine_labels.tolist() == batch().fine.tolist() * 2


def test_coarse_head_sees_normalised_embeddings():
    seen = []
    module = small_module()
    module.coarse.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    outputs = module.outputs(batch())
    assert torch.equal(seen[0], outputs.embeddings)


def test_coarse_head_without_a_projection_sees_features():
    module = small_module(
        projection=None, coarse=nn.Linear(12, 4), objective=objective(CoarseCrossEntropy())
    )
    outputs = module.outputs(batch())
    assert outputs.embeddings is None
    assert outputs.coarse_logits.shape == (16, 4)


def test_the_miner_finds_pairs_without_gradient():
    module = small_module(
        miner=FirstPairs(), objective=objective(WithPairs(), CoarseCrossEntropy())
    )
    outputs = module.outputs(batch())
    assert [indices.tolist() for indices in outputs.indices_tuple] == [[0, 1]] * 4


@pytest.mark.parametrize(
    ("losses", "parts", "message"),
    [
        ([SupervisedContrast()], {"projection": None, "coarse": None}, "add heads.projection"),
        ([CoarseCrossEntropy()], {"coarse": None}, "add heads.coarse"),
        ([FineCrossEntropy()], {"coarse": None}, "add heads.fine"),
        ([WithPairs()], {"coarse": None}, "add miner"),
        ([SupervisedContrast()], {}, "heads.coarse is given, but no term"),
        ([SupervisedContrast()], {"coarse": None, "fine": nn.Linear(12, 4)}, "heads.fine is given"),
        ([SupervisedContrast()], {"coarse": None, "miner": FirstPairs()}, "miner is given"),
        ([FineCrossEntropy()], {"coarse": None, "fine": nn.Linear(12, 4)}, "heads.projection is"),
    ],
)
def test_parts_that_lack_or_are_of_no_use(losses, parts, message):
    with pytest.raises(InputError, match=message):
        small_module(objective=objective(*losses), **parts)


@pytest.mark.parametrize("channels_last", [False, True])
def test_views_follow_the_backbones_memory_format(channels_last):
    module = small_module()
    backbone = module.backbone
    if channels_last:
        backbone = backbone.to(memory_format=torch.channels_last)
    seen = []
    backbone[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    small_module(backbone=backbone).outputs(batch())
    assert seen[0].is_contiguous(memory_format=torch.channels_last) is channels_last


class Noting(ClassWeights):
    """Remembers the epochs that it was told."""

    def __init__(self) -> None:
        super().__init__(torch.ones(4))
        self.told: list[int] = []

    def at_epoch(self, epoch: int) -> None:
        self.told.append(epoch)


def test_class_weights_are_told_the_epoch_of_every_step(tmp_path):
    weights = Noting()
    small_run(tmp_path, weighted_module(weights))
    assert list(dict.fromkeys(weights.told)) == [0, 1]
    assert len(weights.told) >= 12  # and again wherever a run may be resumed


def test_rows_have_the_class_weights_in_use(tmp_path):
    settings = small_settings(epochs=4, log_every=100)
    weights = ScheduledClassWeights({}, {"negative": 0.5}, from_epoch=1, to_epoch=3)
    small_run(tmp_path, weighted_module(weights), settings=settings)
    rows = read_metrics(tmp_path / "metrics.jsonl")
    # The first step, the last one, and the first of each epoch with new weights
    assert [
        (row["step"], row["epoch"], row["class_weights"]["crs_cont"]["negative"]) for row in rows
    ] == [(1, 1, 1.0), (13, 3, 0.75), (19, 4, 0.5), (24, 4, 0.5)]
    assert weights.by_name() == {"positive": 1, "negative": 0.5, "neutral": 1, "surprise": 1}


def test_weights_that_stay_add_no_rows(tmp_path):
    settings = small_settings(epochs=4, log_every=100)
    small_run(tmp_path, weighted_module(FixedClassWeights({"negative": 0.5})), settings=settings)
    rows = read_metrics(tmp_path / "metrics.jsonl")
    assert [row["step"] for row in rows] == [1, 24]
    assert rows[0]["class_weights"] == rows[1]["class_weights"]


class KeepsItsWeights(nn.Module):
    """Needs its weights unchanged in the backward pass."""

    def __init__(self, class_weights: ClassWeights) -> None:
        super().__init__()
        self.class_weights = class_weights

    def forward(self, embeddings, labels):
        return (embeddings[:4, 0] * self.class_weights.weights).sum()


def test_weights_stay_between_forward_and_backward_pass(tmp_path):
    weights = ScheduledClassWeights({}, {"negative": 0.5}, to_epoch=1)
    term = Term("kept", 1.0, KeepsItsWeights(weights))
    outcome, _ = small_run(tmp_path, small_module(coarse=None, objective=Objective([term])))
    assert outcome.steps == 12
