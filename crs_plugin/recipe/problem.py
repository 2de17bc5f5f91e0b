"""What is wrong with a recipe, and where: problems are collected, then all shown at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crs_plugin.did_you_mean import did_you_mean_clause
from crs_plugin.errors import InputError
from crs_plugin.recipe.shipped import shipped_name


@dataclass(frozen=True)
class Place:
    """Where a value was written.

    Attributes:
        source: The file as the user named it, ``--set KEY=VALUE`` (``override KEY=VALUE`` from
            Python), or ``default``.
        folder: What a relative path in the value starts from: the file's folder, or the current
            one for ``--set``.
        line: Line in the file, from 1; 0 where there is none.
        column: Column of the key (of the item, in a list), from 1; 0 where there is none.
        inherited_by: The recipe that has the value through ``extends``; empty for its own.
    """

    source: str
    folder: Path
    line: int = 0
    column: int = 0
    inherited_by: str = ""

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source

    @property
    def origin(self) -> str:
        """Where the value came from, for people: ``recipes/x.yaml:12``, ``--set``, ``default``."""
        if not self.line:
            return self.source.partition(" ")[0]
        return f"{self.source}:{self.line}" + (" (inherited)" if self.inherited_by else "")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        place: ``file:line:column``, or ``--set KEY=VALUE``.
        key: Dotted key, as in ``objective.0.temperature``; empty for the whole file.
        message: What is wrong, what was found, what would be right.
    """

    place: str
    key: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.key, self.message) if part)


class RecipeError(InputError):
    """A recipe has problems; the message lists all of them, one a line.

    Files of shipped recipes are not to be edited, so a last line says what to do instead.

    Attributes:
        problems: The problems, in the order of the recipe.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        files = dict.fromkeys(Path(p.place.rsplit(":", 2)[0]) for p in self.problems)
        shipped = list(filter(None, map(shipped_name, files)))
        super().__init__("\n".join([*map(str, self.problems), *map(_instead, shipped)]))


@dataclass
class Findings:
    """The problems found so far.

    Attributes:
        problems: In the order in which they were found.
    """

    problems: list[Problem] = field(default_factory=list)
    _places: dict[str, Place] = field(default_factory=dict)
    _settled: set[str] = field(default_factory=set)

    def add(self, place: Place, key: str, message: str, *, settles: bool = False) -> None:
        """Note a problem.

        Args:
            place: Where the value was written.
            key: Its dotted key.
            message: What is wrong.
            settles: Whether nothing else is to be said about this place: its value is unknown, so
                that a complaint about its type would only confuse.
        """
        if str(place) in self._settled:
            return
        if settles:
            self._settled.add(str(place))
        if place.inherited_by:
            message += f" (inherited by {place.inherited_by})"
        problem = Problem(str(place), key, message)
        self._places[problem.place] = place
        if problem not in self.problems:
            self.problems.append(problem)

    def raise_if_any(self) -> None:
        """Raise what was found, file by file in the order of the lines, ``--set`` last.

        Raises:
            RecipeError: If there are problems.
        """
        if not self.problems:
            return
        sources = list(dict.fromkeys(self._places[p.place].source for p in self.problems))

        def order(problem: Problem) -> tuple[bool, int, int, int]:
            place = self._places[problem.place]
            return not place.line, sources.index(place.source), place.line, place.column

        raise RecipeError(sorted(self.problems, key=order))


def _instead(shipped: str) -> str:
    return (
        f"{shipped} comes with the package; leave its file as it is, and change values with --set"
        f" KEY=VALUE, in a recipe that extends it, or in a copy: crs recipe copy {shipped} FILE"
    )


def cause(error: Exception) -> str:
    """Return type and first line of a stranger's exception."""
    return f"{type(error).__name__}: {error}".strip().partition("\n")[0]


def listed(words: Sequence[str]) -> str:
    """Return the words with commas between them, or ``none``."""
    return ", ".join(words) or "none"


def unknown_word(what: str, word: str, known: Iterable[str]) -> str:
    """Say that a word is none of those that are known, and which was probably meant."""
    words = list(known)
    return (
        f"unknown {what} {word!r}{did_you_mean_clause(word, words, '.')} Known are {listed(words)}"
    )
