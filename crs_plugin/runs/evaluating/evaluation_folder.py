"""The folder of an evaluation: what may happen to one that exists, and what it holds."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from crs_plugin.errors import InputError
from crs_plugin.files import write_atomically
from crs_plugin.output_place import check_output_folder
from crs_plugin.runs.run_environment import environment


@dataclass(frozen=True)
class EvaluationFolder:
    """Paths of what an evaluation leaves behind, besides what the report writes.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def plan(self) -> Path:
        """What was asked for."""
        return self.path / "evaluation.yaml"

    @property
    def environment(self) -> Path:
        """Versions and machine."""
        return self.path / "environment.json"

    @property
    def log(self) -> Path:
        """What was printed, as plain lines."""
        return self.path / "evaluation.log"

    @property
    def left_out(self) -> Path:
        """All images that were left out, as they cannot be read."""
        return self.path / "left_out.tsv"

    @property
    def leaks(self) -> Path:
        """All pairs of images that leak."""
        return self.path / "leaks.csv"

    @property
    def report(self) -> Path:
        """The report for people."""
        return self.path / "report.html"

    def check(self, overwrite: bool) -> None:
        """Refuse what would lose anything; changes nothing.

        An evaluation that came to no report, as it was interrupted or nothing in it could be made,
        has nothing to lose.

        Raises:
            InputError: If the folder cannot be used; the message says what can.
        """
        if self.path.exists() and not self.path.is_dir():
            raise InputError(
                f"{self.path} is a file; an evaluation needs a folder: name one with --output"
            )
        check_output_folder(self.path, "the evaluation")
        if not self.path.is_dir() or not any(self.path.iterdir()):
            return
        if not self.plan.is_file():
            raise InputError(
                f"{self.path} is not empty and holds no evaluation (there is no evaluation.yaml),"
                " so it is left alone; name another folder with --output"
            )
        if self.report.is_file() and not overwrite:
            raise InputError(
                f"{self.path} holds an evaluation; nothing was touched. Did you mean --overwrite,"
                " to remove it and evaluate anew, or another --output?"
            )

    def open(self, plan: str) -> None:
        """Make the folder, without what was in it, and write what is known beforehand.

        Args:
            plan: What was asked for, as YAML.

        Raises:
            InputError: If it cannot be written.
        """
        try:
            if self.plan.is_file():
                shutil.rmtree(self.path)
            self.path.mkdir(parents=True, exist_ok=True)
            write_atomically(self.plan, plan)
            write_atomically(self.environment, json.dumps(environment(), indent=2) + "\n")
        except OSError as error:
            raise InputError(
                f"the evaluation cannot be written to {self.path}: {error.strerror};"
                " name another folder with --output"
            ) from error
