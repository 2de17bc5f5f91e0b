import pytest

from crs_plugin.errors import InputError
from crs_plugin.evaluation.protocols.few_shot import FewShot
from crs_plugin.evaluation.protocols.knn import NearestNeighbours
from crs_plugin.evaluation.protocols.label_fraction import LabelFraction
from crs_plugin.evaluation.shared_options import check_regularisation, check_validation_fraction


def test_what_can_be_passes() -> None:
    check_validation_fraction("probe", 0.2)
    check_regularisation("probe", [0.1])


@pytest.mark.parametrize("fraction", [0, 1, 1.5])
def test_a_share_is_neither_none_nor_all(fraction) -> None:
    with pytest.raises(InputError, match=rf"probe: .* between 0 and 1, exclusive, not {fraction}"):
        check_validation_fraction("probe", fraction)


def test_at_least_one_strength_is_tried() -> None:
    with pytest.raises(InputError, match="probe: regularisation needs at least one value"):
        check_regularisation("probe", ())


@pytest.mark.parametrize("protocol", [FewShot, LabelFraction, NearestNeighbours])
def test_protocols_check_what_they_are_given(protocol) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        protocol(validation_fraction=1.0)
