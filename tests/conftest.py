import os
from pathlib import Path

import pytest

REAL_FACES = Path(__file__).resolve().parents[2] / "shared" / "realdata"


@pytest.fixture(scope="session")
def real_faces() -> Path:
    """Folder of real face images, where a machine has one beside the project."""
    folder = Path(os.environ.get("CRS_REAL_FACES", REAL_FACES))
    if not folder.is_dir():
        pytest.skip(f"real faces are not on this machine (no folder {folder}; set CRS_REAL_FACES)")
    return folder
