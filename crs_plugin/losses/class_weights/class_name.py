"""Names of coarse classes in options."""

from collections.abc import Sequence

from crs_plugin.did_you_mean import did_you_mean


def check_class_name(name: str, class_names: Sequence[str], option: str) -> None:
    """Check that an option names a coarse class.

    Args:
        name: What it names.
        class_names: Names of the coarse classes.
        option: The option, for the message.

    Raises:
        ValueError: If there is no such class; the message suggests the nearest.
    """
    if name in class_names:
        return
    raise ValueError(
        f"{option} names {name!r}{did_you_mean(str(name), class_names)}, which is no coarse class;"
        f" the classes are {', '.join(class_names)}"
    )
