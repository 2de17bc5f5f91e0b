"""A difference, said as one would say it."""

from crs_plugin.evaluation.comparison.differences import Difference, Differences


def in_words(ours: str, theirs: str, target: str, made: Differences | None, why: str = "") -> str:
    """Say how an experiment differs from another on a target.

    Args:
        ours: Name of the one.
        theirs: Name of the other.
        target: Name of the target.
        made: The one minus the other; None where that could not be computed.
        why: Why it could not.
    """
    if made is None:
        return f"No difference of {ours} and {theirs} on {target} can be computed: {why}."
    accuracy = f"accuracy {signed(made.accuracy)}"
    if made.uar.shown == "none":
        told = f"No difference is shown between {ours} and {theirs} on {target}:"
        return f"{told} {signed(made.uar)} points of UAR; {accuracy}."
    size = f"{100 * abs(made.uar.value):.1f}"
    low, high = sorted(100 * abs(end) for end in made.uar.interval)
    return (
        f"{ours} is {made.uar.shown} than {theirs} on {target} by {size} points of UAR"
        f" ({low:.1f}–{high:.1f}); {accuracy}."
    )


def signed(difference: Difference) -> str:
    """Return a difference in points with its interval: ``+4.1 (+1.2 to +6.9)``."""
    low, high = difference.interval
    return f"{100 * difference.value:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
