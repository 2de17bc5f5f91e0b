import pytest
import torch
from copies_of_faces import SIZE

from crs_plugin.data.datasets.synthetic_faces import synthetic_faces
from crs_plugin.data.decoding import decode


@pytest.fixture(scope="session")
def faces() -> torch.Tensor:
    """Sixty different faces, uint8 ``[60, 3, 48, 48]``."""
    return decode(synthetic_faces(size=SIZE, train=60, test=0, images_per_subject=1), SIZE)
