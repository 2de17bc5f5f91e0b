import subprocess
import sys


def test_losses_and_miners_import_no_other_toolkit() -> None:
    """Toolkits take seconds to import, and whoever wants the loss alone may not have them."""
    heavy = {"pytorch_metric_learning", "lightly", "pytorch_lightning", "kornia", "torchvision"}
    code = (
        "import sys, crs_plugin.losses, crs_plugin.miners;"
        f"print(*sorted({heavy!r} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""
