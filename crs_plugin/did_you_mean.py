"""The word that somebody may have meant, for messages."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that ``word`` is most like, or None if it is like none."""
    near = get_close_matches(word, list(known), n=1)
    return near[0] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the known word nearest to ``word``, or nothing."""
    near = nearest(word, known)
    return "" if near is None else f" (did you mean {near!r}?)"


def did_you_mean_clause(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return ``; did you mean 'x'?`` for the known word nearest to ``word``, or ``otherwise``."""
    near = nearest(word, known)
    return otherwise if near is None else f"; did you mean {near!r}?"
