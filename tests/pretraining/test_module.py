import pytest
import torch
from small_run import CoarseCrossEntropy, SupervisedContrast, small_data, small_module
from torch import nn

from crs_plugin.errors import InputError
from crs_plugin.pretraining.batches import Batch
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
