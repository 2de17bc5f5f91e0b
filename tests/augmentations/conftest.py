import pytest

from crs_plugin.augmentations import fer_color_jitter, random_resized_crop_flip, two_views


@pytest.fixture(params=[False, True], ids=["as on a CPU", "as on a GPU"])
def both_ways(request, monkeypatch):
    """Run a test in the way of either device, on the CPU; say whether it is the GPU's."""
    for module in (fer_color_jitter, random_resized_crop_flip, two_views):
        monkeypatch.setattr(module, "in_few_operations", lambda device: request.param)
    return request.param
