import pytest
import torch
from pytorch_metric_learning.distances import DotProductSimilarity
from pytorch_metric_learning.losses import SupConLoss
from torch import Tensor

from crs_plugin.losses import CRSContLoss
from crs_plugin.losses.pml_losses import WITHOUT_PAIRS
from crs_plugin.miners import CoarseLabelMiner
from crs_plugin.registry import Part, RefusedComponentError, registry

NAMES = [name for name in registry.names("loss") if name.startswith("pml/")]
NEEDED = {"num_classes": 4, "embedding_size": 6, "descriptors_dim": 6, "margin": 0.4, "Tn": 1}
BY_NAME = {"pml/HistogramLoss": {"n_bins": 10}}
LABELS = torch.tensor([0, 1, 2, 3, 1, 0, 2, -1]).repeat(2)


@pytest.fixture
def z() -> Tensor:
    return torch.randn(16, 6, generator=torch.Generator().manual_seed(0)).requires_grad_()


def needed_options(name: str) -> dict[str, object]:
    options = registry.get("loss", name).options().values()
    return {o.name: NEEDED[o.name] for o in options if o.required} | BY_NAME.get(name, {})


def test_many_are_found() -> None:
    assert len(NAMES) >= 25
    assert {"pml/SupConLoss", "pml/ArcFaceLoss", "pml/TripletMarginLoss"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence", "ignore:__array_wrap__")
def test_builds_has_a_gradient_and_leaves_out_rows_without_label(name: str, z: Tensor) -> None:
    torch.manual_seed(0)
    loss = registry.get("loss", name).target(**needed_options(name))(z, LABELS)
    loss.backward()
    assert loss.isfinite()
    assert z.grad is not None
    assert z.grad.isfinite().all()
    assert z.grad.any()
    assert not z.grad[LABELS == -1].any()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:__array_wrap__")
def test_every_option_can_be_given(name: str) -> None:
    """None is fixed by a subclass, so that the constructor would get it twice."""
    component = registry.get("loss", name)
    given = {
        option.name: option.default
        for option in component.options().values()
        if not option.required
    }
    component.target(**given | needed_options(name))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("CrossBatchMemory", "wraps another loss"),
        ("SelfSupervisedLoss", "lightly/NTXentLoss"),
        ("MultipleLosses", "several terms"),
        ("VICRegLoss", "lightly/VICRegLoss"),
        ("GenericPairLoss", "base of other losses"),
        ("BaseMetricLossFunction", "no BaseMetricLossFunction that can be built"),
        ("WeightRegularizerMixin", "no BaseMetricLossFunction"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(name: str, reason: str) -> None:
    with pytest.raises(RefusedComponentError, match=f"{name} cannot be used here: .*{reason}"):
        registry.get("loss", f"pml/{name}")


def test_options_are_those_along_the_hierarchy() -> None:
    options = registry.get("loss", "pml/SupConLoss").options()
    assert {"temperature", "reducer", "distance", "embedding_regularizer"} <= set(options)
    assert "mat_based_loss" not in options
    assert options["reducer"].part == Part("reducer")
    with pytest.raises(TypeError, match="temprature"):
        registry.get("loss", "pml/SupConLoss").target(temprature=0.1)


def test_reducer_is_a_component_of_its_own(z: Tensor) -> None:
    """The recipe's way to the method's loss by way of pytorch-metric-learning."""
    reducer = registry.get("reducer", "pml/ClassWeightedReducer").target(weights=[1, 0.5, 1, 1])
    loss_fn = registry.get("loss", "pml/SupConLoss").target(temperature=0.07, reducer=reducer)
    assert isinstance(loss_fn, SupConLoss)
    ours = CRSContLoss(class_weights={"negative": 0.5})
    assert torch.allclose(loss_fn(z, LABELS), ours(z, LABELS))


def test_distance_is_given_by_name(z: Tensor) -> None:
    component = registry.get("loss", "pml/ContrastiveLoss")
    loss_fn = component.target(distance="DotProductSimilarity", pos_margin=1, neg_margin=0)
    assert isinstance(loss_fn.distance, DotProductSimilarity)
    named = str(component.options()["distance"].annotation)
    assert "CosineSimilarity" in named
    assert "BatchedDistance" not in named


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence", "ignore:__array_wrap__")
def test_pairs_are_refused_by_those_losses_that_are_known_to(name: str, z: Tensor) -> None:
    loss_fn = registry.get("loss", name).target(**needed_options(name))
    pairs = CoarseLabelMiner()(z, LABELS)
    if name in WITHOUT_PAIRS:
        with pytest.raises(ValueError, match="indices_tuple is not supported"):
            loss_fn(z, LABELS, indices_tuple=pairs)
        return
    loss = loss_fn(z, LABELS, indices_tuple=pairs)
    loss.backward()
    assert loss.isfinite()
    assert z.grad is None or not z.grad[LABELS == -1].any()


def test_labels_may_be_missing_where_there_are_pairs(z: Tensor) -> None:
    loss_fn = registry.get("loss", "pml/SupConLoss").target()
    pairs = CoarseLabelMiner()(z, LABELS)
    assert torch.equal(loss_fn(z, None, indices_tuple=pairs), SupConLoss()(z, None, pairs))


def test_a_reference_stays_where_rows_without_label_are_left_out(z: Tensor) -> None:
    kept = LABELS != -1
    reference, of_reference = z.detach().flip(0)[:5], torch.tensor([0, 1, 2, 3, 0])
    given = {"ref_emb": reference, "ref_labels": of_reference}
    loss = registry.get("loss", "pml/SupConLoss").target()(z, LABELS, **given)
    assert torch.allclose(loss, SupConLoss()(z[kept], LABELS[kept], **given))


def test_pairs_of_a_miner_are_used_as_they_are(z: Tensor) -> None:
    loss_fn = registry.get("loss", "pml/SupConLoss").target()
    pairs = CoarseLabelMiner()(z, LABELS)
    kept = LABELS != -1
    by_pairs = SupConLoss()(z[kept], LABELS[kept])
    assert torch.allclose(loss_fn(z, LABELS, indices_tuple=pairs), by_pairs)
