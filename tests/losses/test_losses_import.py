import subprocess
import sys


def test_losses_and_miners_import_no_other_toolkit() -> None:
    """Toolkits take seconds to import; loss and miner are PML's, and need no other."""
    heavy = {"lightly", "pytorch_lightning", "kornia", "torchvision"}
    code = (
        "import sys, crs_plugin.losses, crs_plugin.miners;"
        f"print(*sorted({heavy!r} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""
