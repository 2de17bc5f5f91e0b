"""Names of coarse classes in options."""

from collections.abc import Sequence
from difflib import get_close_matches


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
    near = get_close_matches(str(name), class_names, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    raise ValueError(
        f"{option} names {name!r}{hint}, which is no coarse class;"
        f" the classes are {', '.join(class_names)}"
    )
