"""Names of facial expressions: canonical spelling, aliases, compounds, and the fine → coarse table.

Data sets number their classes differently, so everything here goes by name. The default table is
*inferred* from the released code of CRS-CONT (IEEE TIP 2022), which publishes no label files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from crs_plugin.did_you_mean import nearest

EXPRESSIONS = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
)
"""The eight basic expressions. Their order gives the fine ids 0-7."""

COMPOUND_EXPRESSIONS = (
    "happily surprised",
    "happily disgusted",
    "sadly fearful",
    "sadly angry",
    "sadly surprised",
    "sadly disgusted",
    "fearfully angry",
    "fearfully surprised",
    "angrily surprised",
    "angrily disgusted",
    "disgustedly surprised",
)
"""Compound expressions, in the order of RAF-DB. Their fine ids are 8-18."""

ALL_EXPRESSIONS = EXPRESSIONS + COMPOUND_EXPRESSIONS

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "happy": "happiness",
        "angry": "anger",
        "sad": "sadness",
        "surprised": "surprise",
        "suprise": "surprise",
        "disgusted": "disgust",
        "digust": "disgust",
        "afraid": "fear",
        "fearful": "fear",
        "neutrality": "neutral",
        "neural": "neutral",
        "contemptuous": "contempt",
    }
)
"""Spellings seen in the wild."""

KNOWN_EXPRESSIONS = (
    f"known are {', '.join(EXPRESSIONS)} and the compounds {', '.join(COMPOUND_EXPRESSIONS)}"
)
"""For messages about a label that is unknown."""

COARSE_CLASSES = ("positive", "negative", "neutral", "surprise")
"""The four coarse classes of the method. Their order gives the coarse ids 0-3."""

DEFAULT_COARSE: Mapping[str, str] = MappingProxyType(
    {
        "happiness": "positive",
        "anger": "negative",
        "disgust": "negative",
        "fear": "negative",
        "sadness": "negative",
        "contempt": "negative",
        "neutral": "neutral",
        "surprise": "surprise",
    }
)
"""Fine → coarse, as inferred from the released code. Compound expressions have no coarse class."""

UNLABELLED = -1
"""The id, fine or coarse, of an image without a label."""

_MISSPELT = 0.75  # likeness; ``fera`` and ``fear`` just have it


class UnknownExpressionError(ValueError):
    """A label is no known expression; the message suggests the nearest."""


def canonical_expression(label: str) -> str:
    """Return the canonical name of an expression, whatever its spelling.

    Case, surrounding blanks, and ``_``, ``-`` or ``/`` between the words of a compound do not
    matter.

    Raises:
        UnknownExpressionError: If the label is neither a name nor an alias.
    """
    plain = _spelt(label)
    name = ALIASES.get(plain, plain)
    if name in ALL_EXPRESSIONS:
        return name
    raise UnknownExpressionError(
        f"unknown expression {label!r}{expression_hint(label)}; {KNOWN_EXPRESSIONS}"
    )


def expression_hint(label: str) -> str:
    """Return `` (did you mean 'x'?)`` for the expression that a label misspells, or nothing.

    A word of another language or for another expression (``triste``, ``upset``, ``unhappy``) has
    letters in common with one that it does not mean; a misspelling has almost all, and the first.
    """
    plain = _spelt(label)
    alike = [name for name in (*ALL_EXPRESSIONS, *ALIASES) if name[:1] == plain[:1]]
    near = nearest(plain, alike, _MISSPELT)
    return "" if near is None else f" (did you mean {ALIASES.get(near, near)!r}?)"


def _spelt(label: str) -> str:
    return " ".join(label.replace("_", " ").replace("-", " ").replace("/", " ").lower().split())


def fine_id(expression: str) -> int:
    """Return the index of a canonical expression in ``ALL_EXPRESSIONS``."""
    return ALL_EXPRESSIONS.index(expression)


@dataclass(frozen=True)
class CoarseTable:
    """Which coarse class each expression belongs to.

    Attributes:
        classes: Names of the coarse classes; a class's place is its id.
        of: Canonical expression → name of its coarse class. An expression that is left out has
            none: its images carry the id ``UNLABELLED``.
    """

    classes: tuple[str, ...]
    of: Mapping[str, str]

    @classmethod
    def default(cls) -> "CoarseTable":
        """Return the method's table (inferred): happiness, the five negative ones, and so on."""
        return cls(COARSE_CLASSES, DEFAULT_COARSE)

    @classmethod
    def fine(cls) -> "CoarseTable":
        """Return the table that makes every basic expression a class of its own."""
        return cls(EXPRESSIONS, MappingProxyType({name: name for name in EXPRESSIONS}))

    @classmethod
    def from_mapping(cls, table: Mapping[str, str]) -> "CoarseTable":
        """Make a table from fine → coarse names.

        The method's classes keep their order at the front where they occur; others follow in order
        of appearance.

        Raises:
            UnknownExpressionError: If a key is no known expression.
            ValueError: If two keys are one expression, and their classes differ.
        """
        of: dict[str, str] = {}
        for fine, coarse in table.items():
            if of.setdefault(canonical_expression(fine), coarse) != coarse:
                raise ValueError(
                    f"{fine!r} cannot be of the coarse class {coarse!r}: the same expression is of"
                    f" {of[canonical_expression(fine)]!r} by another name"
                )
        used = dict.fromkeys(of.values())
        ordered = [name for name in COARSE_CLASSES if name in used]
        ordered += [name for name in used if name not in COARSE_CLASSES]
        return cls(tuple(ordered), MappingProxyType(of))

    def ids(self) -> tuple[int, ...]:
        """Return the coarse id of every expression in ``ALL_EXPRESSIONS``, by fine id."""
        return tuple(
            self.classes.index(self.of[name]) if name in self.of else UNLABELLED
            for name in ALL_EXPRESSIONS
        )
