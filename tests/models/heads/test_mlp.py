from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from crs_plugin.models.heads.mlp import MLP
from crs_plugin.registry import registry


def kinds(head: nn.Module) -> list[str]:
    leaves = [m for m in head.modules() if not list(m.children())]
    return [type(m).__name__.replace("BatchNorm1d", "BN") for m in leaves]


@pytest.mark.parametrize(
    ("norm", "expected"),
    [
        ("none", ["Linear", "ReLU", "Linear"]),
        ("hidden", ["Linear", "BN", "ReLU", "Linear"]),
        ("last", ["Linear", "ReLU", "Linear", "BN"]),
        ("all", ["Linear", "BN", "ReLU", "Linear", "BN"]),
    ],
)
def test_layers(norm, expected):
    head = registry.get("head", "mlp").target(input_dim=32, norm=norm)
    assert kinds(head) == expected
    assert head(torch.rand(4, 32)).shape == (4, head.output_dim) == (4, 128)


@pytest.mark.parametrize("layers", [1, 2, 4])
def test_number_of_layers_and_widths(layers):
    head = MLP(input_dim=10, hidden_dim=20, output_dim=5, layers=layers, norm="none")
    shapes = [(m.in_features, m.out_features) for m in head.modules() if isinstance(m, nn.Linear)]
    widths = [10, *[20] * (layers - 1), 5]
    assert shapes == list(pairwise(widths))


def test_the_last_norm_has_no_scale_or_shift():
    norms = [m for m in MLP(input_dim=8).modules() if isinstance(m, nn.BatchNorm1d)]
    assert [m.affine for m in norms] == [True, False]


def test_the_released_head_has_biases():
    linears = [m for m in MLP(input_dim=8, norm="none").modules() if isinstance(m, nn.Linear)]
    assert all(m.bias is not None for m in linears)


def test_the_norm_at_the_end_spreads_what_the_released_head_leaves_collapsed():
    torch.manual_seed(0)
    features = 1 + 0.01 * torch.randn(64, 32)
    spread = {
        norm: F.normalize(MLP(input_dim=32, norm=norm)(features)).std(dim=0).mean() * 128**0.5
        for norm in ("all", "none")
    }
    assert spread["all"] > 0.9
    assert spread["none"] < 0.1
