import subprocess
import sys

CODE = """
import sys
from crs_plugin.registry import registry
import crs_plugin.augmentations, crs_plugin.models
registry.get("augmentation", "fer_two_views")
registry.get("head", "mlp")
heavy = {"kornia", "torchvision", "timm", "lightly", "pytorch_lightning"}
print(sorted(heavy & sys.modules.keys()))
"""


def test_components_are_found_without_importing_the_toolkits():
    """But Kornia, a fifth of a second, whose augmentations ours derive from."""
    command = [sys.executable, "-c", CODE]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
