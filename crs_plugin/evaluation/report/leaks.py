"""What a report tells of images and persons that are trained on and tested."""

from dataclasses import asdict, dataclass
from typing import Any

from crs_plugin.data.leakage.overlap import Overlap


@dataclass(frozen=True)
class Comparison:
    """Two parts that were compared.

    Attributes:
        first: Name of the one that is trained on, or of the earlier split.
        second: Name of the one that is tested.
        images: Images of the second one.
        exact: Of these, the ones that are in the first one, pixel by pixel.
        near: Others of which the first one has a near copy.
        subjects: Persons who are on both sides; None where that is not known.
        leak: Whether there is anything on both sides that is not to be.
        pretraining: Whether the first one is the pre-training data.
    """

    first: str
    second: str
    images: int
    exact: int
    near: int
    subjects: int | None
    leak: bool
    pretraining: bool

    @property
    def shared(self) -> str:
        """What of the second one leaks into the first one, in words."""
        copies = self.exact + self.near
        if copies:
            return f"{copies:,} of the {self.images:,} images of {self.second}"
        persons = f"{self.subjects:,} person{'s' * (self.subjects != 1)}"
        return f"{persons} of {self.second}, who should be strangers there,"

    @classmethod
    def of(cls, found: Overlap, *, pretraining: bool) -> "Comparison":
        """Count what two parts share."""
        return cls(
            found.first.name,
            found.second.name,
            len(found.second),
            found.exact,
            found.near,
            found.subjects,
            found.is_leak,
            pretraining,
        )


@dataclass(frozen=True)
class Leaks:
    """What was looked for beforehand, and what was done about it.

    Attributes:
        on_leak: What the recipe wants.
        compared: The parts that were compared.
        dropped: Images that were left out of the pre-training data for it.
        not_checked: Names of evaluations that do not say what they test.
        unknown: Why the pre-training data are not among what was compared; empty where they are.
    """

    on_leak: str
    compared: tuple[Comparison, ...]
    dropped: int = 0
    not_checked: tuple[str, ...] = ()
    unknown: str = ""

    @property
    def found(self) -> tuple[Comparison, ...]:
        """Comparisons that show a leak."""
        return tuple(each for each in self.compared if each.leak)

    @property
    def trained_on(self) -> tuple[Comparison, ...]:
        """Leaks that pre-training took place with."""
        dropped = self.on_leak == "drop_from_train"
        return tuple(each for each in self.found if each.pretraining and not dropped)

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each part that is tested though it was trained on."""
        return tuple(
            f"What is tested was trained on: {each.shared} are in the pre-training data, so its"
            " figures are too good."
            for each in self.trained_on
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "on_leak": self.on_leak,
            "dropped": self.dropped,
            "not_checked": list(self.not_checked),
            "unknown": self.unknown or None,
            "trained_on": [each.second for each in self.trained_on],
            "compared": [asdict(each) for each in self.compared],
        }
