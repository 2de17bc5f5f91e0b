import math

import pytest
import torch
import torch.nn.functional as F
from made_outputs import B, C, D, outputs, wanting
from torch import nn

from crs_plugin.errors import InputError
from crs_plugin.losses import CRSContLoss, ScheduledClassWeights
from crs_plugin.pretraining.objective import Objective, Term, collapsed_values


@pytest.mark.parametrize(("names", "message"), [((), "no term"), (("a", "b", "a"), "named a")])
def test_terms_need_names_of_their_own(names, message):
    with pytest.raises(InputError, match=message):
        Objective([Term(name, 1.0, wanting("labels")) for name in names])


class Constant(nn.Module):
    def __init__(self, value) -> None:
        super().__init__()
        self.value = value

    def forward(self, embeddings):
        return self.value


def test_total_is_the_weighted_sum_and_values_are_not_weighted():
    terms = [
        Term("a", 2.0, Constant(torch.tensor(3.0))),
        Term("b", 0.5, Constant(torch.tensor([4.0]))),
    ]
    total, values = Objective(terms)(outputs())
    assert total.item() == 8.0
    assert {name: value.item() for name, value in values.items()} == {"a": 3.0, "b": 4.0}


@pytest.mark.parametrize("value", [torch.ones(3), 1.0, None])
def test_a_term_must_be_a_scalar(value):
    with pytest.raises(InputError, match="'odd' must be a loss that returns a scalar"):
        Objective([Term("odd", 1.0, Constant(value))])(outputs())


def test_parameters_of_a_loss_belong_to_the_objective():
    loss = wanting("labels")
    loss.register_parameter("proxies", nn.Parameter(torch.ones(2)))
    assert len(list(Objective([Term("a", 1.0, loss)]).parameters())) == 1


# Collapse ---------------------------------------------------------------------------------------


class Contrast(nn.Module):
    def forward(self, embeddings, image_ids):
        own = torch.eye(len(image_ids), dtype=torch.bool)
        logits = (embeddings @ embeddings.T / 0.07).masked_fill(own, -math.inf)
        positive = (image_ids[:, None] == image_ids[None]) & ~own
        return -logits.log_softmax(1)[positive].mean()


class CrossEntropy(nn.Module):
    def forward(self, coarse_logits, labels):
        return F.cross_entropy(coarse_logits, labels, ignore_index=-1)


class Queue(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(()))

    def forward(self, embeddings):
        self.count += 1
        return self.count.clone()


class Refusing(nn.Module):
    def forward(self, embeddings):
        if embeddings.std(0).max() < 1e-6:
            raise ValueError("all embeddings are the same")
        return embeddings.sum()


def collapsed_value(loss, given=None):
    return collapsed_values(Objective([Term("a", 3.0, loss)]), given or outputs())["a"]


def test_collapsed_contrast_is_the_logarithm_of_the_others():
    assert collapsed_value(Contrast()) == pytest.approx(math.log(2 * B - 1), abs=1e-5)


def test_collapsed_cross_entropy_is_the_entropy_of_the_classes():
    shares = torch.tensor([1, 3, 1, 1]) / 6
    assert collapsed_value(CrossEntropy()) == pytest.approx(
        float(-(shares * shares.log()).sum()), abs=1e-5
    )


def test_collapsed_cross_entropy_leaves_out_unlabelled_images():
    labels = torch.tensor([0, 1, 1, -1, -1, -1]).repeat(2)
    expected = -(math.log(1 / 3) + 2 * math.log(2 / 3)) / 3
    value = collapsed_value(CrossEntropy(), outputs(labels=labels))
    assert value == pytest.approx(expected, abs=1e-5)


def test_collapse_needs_no_mean_direction():
    opposite = torch.eye(D)[0] * torch.tensor([1.0, -1.0]).repeat(B)[:, None]
    value = collapsed_value(Contrast(), outputs(embeddings=opposite))
    assert value == pytest.approx(math.log(2 * B - 1), abs=1e-5)


def test_collapsed_outputs_keep_shape_and_mean_length():
    before, after = outputs(), outputs().collapsed()
    for name in ("features", "projections", "embeddings", "coarse_logits", "fine_logits"):
        assert getattr(after, name).shape == getattr(before, name).shape
        assert getattr(after, name).std(0).max() < 1e-6
    lengths = before.projections.norm(dim=1)
    assert after.projections.norm(dim=1) == pytest.approx(lengths.mean().expand(2 * B))


def test_losses_with_a_memory_are_left_as_they_were():
    loss = Queue()
    assert collapsed_value(loss) == 1.0
    assert loss.count == 0


def test_a_loss_that_refuses_identical_inputs_has_no_collapsed_value():
    assert collapsed_value(Refusing()) is None


@pytest.mark.parametrize("family", ["lightly", "pml"])
def test_parts_of_the_host_toolkits_fit(family):
    if family == "lightly":
        from lightly.loss import BarlowTwinsLoss, NTXentLoss, VICRegLoss

        losses = [NTXentLoss(memory_bank_size=(16, D)), VICRegLoss(), BarlowTwinsLoss()]
    else:
        from pytorch_metric_learning.losses import ProxyAnchorLoss, SupConLoss, TripletMarginLoss

        losses = [SupConLoss(), ProxyAnchorLoss(C, D), TripletMarginLoss()]
    objective = Objective([Term(type(loss).__name__, 1.0, loss) for loss in losses])
    given = outputs(indices_tuple=None)
    total, values = objective(given)
    assert math.isfinite(total.item())
    collapsed = collapsed_values(objective, given)
    assert all(value is not None and math.isfinite(value) for value in collapsed.values())
    assert collapsed.keys() == values.keys()


def test_class_weights_are_found_in_the_terms_and_told_the_epoch():
    changing = ScheduledClassWeights(
        {}, ScheduledClassWeights({}, {"negative": 0}, to_epoch=1), to_epoch=2
    )
    loss = CRSContLoss(class_weights=changing)
    objective = Objective(
        [
            Term("plain", 1.0, CRSContLoss()),
            Term("weighted", 1.0, loss),
            Term("inside", 1.0, Wrapping(CRSContLoss(class_weights={"neutral": 3}))),
        ]
    )
    ones = {"positive": 1, "negative": 1, "neutral": 1, "surprise": 1}
    assert objective.class_weights() == {"weighted": ones, "inside": ones | {"neutral": 3}}
    objective.at_epoch(1)
    assert objective.class_weights()["weighted"] == ones | {"negative": 0.5}
    objective.at_epoch(0)
    assert objective.class_weights()["weighted"] == ones


def test_several_class_weights_of_one_term_are_numbered():
    losses = [CRSContLoss(class_weights={"negative": weight}) for weight in (0.5, 0.25)]
    found = Objective([Term("both", 1.0, Wrapping(*losses))]).class_weights()
    assert {name: weights["negative"] for name, weights in found.items()} == {
        "both (0)": 0.5,
        "both (1)": 0.25,
    }


class Wrapping(nn.Module):
    def __init__(self, *losses: nn.Module) -> None:
        super().__init__()
        self.losses = nn.ModuleList(losses)

    def forward(self, embeddings, labels):
        return sum(loss(embeddings, labels) for loss in self.losses)
