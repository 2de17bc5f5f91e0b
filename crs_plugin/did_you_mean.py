"""The word that somebody may have meant, for messages."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the known word that ``word`` is most like, or None if it is like none.

    Args:
        word: The word.
        known: Words that are right.
        likeness: How like it has to be, from 0 to 1; at 0.6 some of the letters agree, above 0.75
            almost all.
    """
    near = get_close_matches(word, list(known), n=1, cutoff=likeness)
    return near[0] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the known word nearest to ``word``, or nothing."""
    near = nearest(word, known)
    return "" if near is None else f" (did you mean {near!r}?)"


def did_you_mean_clause(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return ``; did you mean 'x'?`` for the known word nearest to ``word``, or ``otherwise``."""
    near = nearest(word, known)
    return otherwise if near is None else f"; did you mean {near!r}?"
