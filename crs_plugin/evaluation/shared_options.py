"""Options that several protocols have, checked for those who build a protocol in Python."""

from collections.abc import Sequence

from crs_plugin.errors import InputError


def check_validation_fraction(protocol: str, fraction: float) -> None:
    """Check the share of the training images that chooses a hyper-parameter.

    Raises:
        InputError: If it is none or all of them.
    """
    if not 0 < fraction < 1:
        raise InputError(
            f"{protocol}: validation_fraction must lie between 0 and 1, exclusive, not {fraction:g}"
        )


def check_regularisation(protocol: str, regularisation: Sequence[float]) -> None:
    """Check the inverse strengths C that are tried.

    Raises:
        InputError: If there is none.
    """
    if not regularisation:
        raise InputError(f"{protocol}: regularisation needs at least one value, such as [0.1]")
