"""A finished run or evaluation, as its folder tells it."""

import csv
import json
from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

from crs_plugin.errors import InputError
from crs_plugin.evaluation.report.document import VERSION
from crs_plugin.evaluation.result import TRAINED

Key = tuple[str, str, str, int]
"""What makes targets (or measures) of several runs the same: title, protocol, place, number."""


@dataclass(frozen=True)
class TestImages:
    """What was predicted for the test images of one target.

    Attributes:
        images: Names of the N images.
        truth: Names of their classes ``[N]``.
        predicted: Names of the classes that the evaluated encoder led to ``[N]``.
        subject: Ids ``[N]`` of the persons; -1 where unknown.
    """

    __test__ = False  # no test class, whatever pytest takes its name for

    images: tuple[str, ...]
    truth: tuple[str, ...]
    predicted: tuple[str, ...]
    subject: NDArray[np.int32]


@dataclass(frozen=True)
class TargetOfRun:
    """A target of one run.

    Attributes:
        title: Its name.
        protocol: How it was measured.
        test_data: What it was tested on.
        headline: Whether it counts in the verdict; only then are there predictions.
        class_names: The classes.
        scores: Encoder → its scores, as ``report.json`` has them.
        predictions: File of the predictions; None where there is none.
    """

    title: str
    protocol: str
    test_data: str
    headline: bool
    class_names: tuple[str, ...]
    scores: Mapping[str, Mapping[str, Any]]
    predictions: Path | None

    def test_images(self) -> TestImages:
        """Read the predictions.

        Raises:
            InputError: If the file is missing or damaged, or has classes that the report lacks.
        """
        assert self.predictions is not None
        try:
            with self.predictions.open(encoding="utf-8", newline="") as handle:
                rows = list(csv.DictReader(handle))
            found = TestImages(
                tuple(row["image"] for row in rows),
                tuple(row["truth"] for row in rows),
                tuple(row[TRAINED] for row in rows),
                np.array(array("i", (int(row["subject"] or -1) for row in rows)), dtype=np.int32),
            )
        except OSError as error:
            raise InputError(
                f"cannot read the predictions {self.predictions}: {error.strerror}; evaluate that"
                " encoder again"
            ) from error
        except (KeyError, ValueError, OverflowError, csv.Error) as error:
            raise InputError(f"{self.predictions} is no file of predictions ({error})") from error
        strange = {*found.truth, *found.predicted} - {*self.class_names}
        if strange:
            raise InputError(
                f"{self.predictions} does not belong to its report: it has the class"
                f" {min(strange, key=str)!r}, and the classes are {', '.join(self.class_names)}"
            )
        return found


@dataclass(frozen=True)
class FinishedReport:
    """A folder with a report.

    Attributes:
        folder: The folder of a run or of an evaluation.
        document: What its ``report.json`` holds.
    """

    folder: Path
    document: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> "FinishedReport":
        """Read a folder.

        Raises:
            InputError: If it holds no finished run or evaluation, or one of another version.
        """
        file = folder / "report.json"
        if not file.is_file():
            unfinished = (folder / "recipe.yaml").is_file()
            raise InputError(
                f"{folder} holds a run that is not finished; continue it with crs recipe run"
                f" {folder / 'recipe.yaml'} --output {folder} --resume"
                if unfinished
                else f"{folder} holds no run and no evaluation (there is no report.json)"
            )
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            version = document["version"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{file} is no report, or it is damaged ({error})") from error
        if version != VERSION:
            remedy = (
                "update crs_plugin"
                if version > VERSION
                else f"evaluate its encoder again: crs evaluate {folder} --recipe"
                f" {folder / 'recipe.yaml'}, and compare the folder that this writes"
            )
            raise InputError(
                f"{file} has layout {version}, and this version compares layout {VERSION}, which"
                f" comes with the predictions that differences need; {remedy}"
            )
        return cls(folder, document)

    @property
    def trained_on(self) -> tuple[str, ...]:
        """Names of what is tested though the encoder was pre-trained on it."""
        return tuple((self.document.get("leaks") or {}).get("trained_on", ()))

    @cached_property
    def asked(self) -> Mapping[str, Any]:
        """What was asked for: the resolved recipe, or the plan of an evaluation."""
        values: Mapping[str, Any] = YAML(typ="safe", pure=True).load(self.document["recipe"]) or {}
        return values

    @property
    def seed(self) -> int:
        """Seed of the training."""
        trained_by = self.asked.get("trained_by", self.asked)
        return int(trained_by.get("seed", 0))

    @property
    def name(self) -> str:
        """Name of the recipe that trained the encoder, or else of the evaluation."""
        if "encoder" in self.asked and "trained_by" not in self.asked:
            return str(self.document["name"])
        return str(self.asked.get("trained_by", self.asked).get("name", self.document["name"]))

    @cached_property
    def but_for_the_seed(self) -> Mapping[str, Any]:
        """All that decides the figures, without the seed of the training and without names."""
        values = {key: value for key, value in self.asked.items() if key != "name"}
        if "trained_by" in values:
            trained_by = values["trained_by"]
            del values["encoder"]
            values["trained_by"] = {
                key: value for key, value in trained_by.items() if key not in ("name", "seed")
            }
        elif "encoder" not in values:
            values.pop("seed", None)
        return values

    @cached_property
    def targets(self) -> dict[Key, TargetOfRun]:
        """The targets of all evaluations; the predictions are numbered as the report has them."""
        found: dict[Key, TargetOfRun] = {}
        seen: Counter[tuple[str, str, str]] = Counter()
        number = 0
        for result in self.document["results"]:
            for target in result["targets"]:
                number += bool(result["headline"])
                title = (target["title"], result["protocol"], _at(target["at"]))
                found[(*title, seen[title])] = TargetOfRun(
                    title=target["title"],
                    protocol=result["protocol"],
                    test_data=target["test_data"],
                    headline=result["headline"],
                    class_names=tuple(target["class_names"]),
                    scores=target["scores"],
                    predictions=self.folder / "predictions" / f"{number}.csv"
                    if result["headline"]
                    else None,
                )
                seen[title] += 1
        return found

    @cached_property
    def measures(self) -> dict[Key, Mapping[str, Any]]:
        """The measures of all evaluations, as ``report.json`` has them."""
        found: dict[Key, Mapping[str, Any]] = {}
        seen: Counter[tuple[str, str, str]] = Counter()
        for result in self.document["results"]:
            for measure in result["measures"]:
                name = f"{result['title']}: {measure['name']}"
                title = (name, result["protocol"], _at(measure["at"]))
                found[(*title, seen[title])] = measure
                seen[title] += 1
        return found


def _at(place: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in place.items())
