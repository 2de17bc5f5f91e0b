"""Weights that a toolkit downloads: what can go wrong, as one message."""

from collections.abc import Iterator
from contextlib import contextmanager

from crs_plugin.errors import InputError


@contextmanager
def told_downloads(weights: str) -> Iterator[None]:
    """Tell in one message that weights could not be downloaded.

    Args:
        weights: What is downloaded, in words.

    Raises:
        InputError: If they cannot be had: no network, no room on the disk, a damaged file.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:  # torch.hub and Hugging Face raise one or the other
        cause = str(error).strip().partition("\n")[0] or type(error).__name__
        raise InputError(
            f"{weights} cannot be downloaded: {cause}. Where there is no network, download them"
            " elsewhere and give the file"
        ) from error
