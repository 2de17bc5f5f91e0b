import torch

from crs_plugin.registry import registry


def test_linear_head_maps_widths():
    head = registry.get("head", "linear").target(input_dim=6, output_dim=4)
    features = torch.rand(3, 6)
    torch.testing.assert_close(head(features), features @ head.weight.T + head.bias)
    assert (head.input_dim, head.output_dim) == (6, 4)


def test_linear_head_without_bias():
    assert registry.get("head", "linear").target(input_dim=6, output_dim=4, bias=False).bias is None
