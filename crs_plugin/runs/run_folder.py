"""The folder of a run: what may happen to one that exists, and what it holds."""

import json
import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from crs_plugin.errors import InputError
from crs_plugin.files import write_atomically
from crs_plugin.models.encoder_file import ENCODER_FILE
from crs_plugin.output_place import check_output_folder
from crs_plugin.pretraining.checkpoint_files import LAST_CHECKPOINT, PREVIOUS_CHECKPOINT
from crs_plugin.pretraining.metrics import METRICS_FILE
from crs_plugin.recipe.reading import read_resolved
from crs_plugin.recipe.recipe import Recipe
from crs_plugin.runs.run_environment import environment
from crs_plugin.runs.run_lock import LOCK_FILES, check_free, held

Mode = Literal["new", "resume", "overwrite"]

_PLACES = frozenset({"devices", "num_nodes"})
_ABSENT = "(not set)"


@dataclass(frozen=True)
class RunFolder:
    """Paths of everything that a run leaves behind.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def recipe(self) -> Path:
        """The resolved recipe; running it again gives the same numbers."""
        return self.path / "recipe.yaml"

    @property
    def environment(self) -> Path:
        """Versions and machine."""
        return self.path / "environment.json"

    @property
    def log(self) -> Path:
        """What was printed, as plain lines."""
        return self.path / "train.log"

    @property
    def left_out(self) -> Path:
        """All images that were left out, as they cannot be read."""
        return self.path / "left_out.tsv"

    @property
    def leaks(self) -> Path:
        """All pairs of images that leak from what is tested into what is trained on."""
        return self.path / "leaks.csv"

    @property
    def dropped(self) -> Path:
        """Names of the images that were left out of pre-training, as what is tested holds them."""
        return self.path / "dropped.json"

    @property
    def metrics(self) -> Path:
        """Figures of the training steps, one JSON object a line."""
        return self.path / METRICS_FILE

    @property
    def encoder(self) -> Path:
        """The trained encoder."""
        return self.path / ENCODER_FILE

    @property
    def card(self) -> Path:
        """The encoder card; the encoder's file has it too."""
        return self.path / "encoder.md"

    @property
    def report(self) -> Path:
        """The report for people; ``report.json`` beside it is for programs."""
        return self.path / "report.html"

    @property
    def exists(self) -> bool:
        """Whether there is anything in the folder."""
        return self.path.is_dir() and any(self._content())

    @property
    def can_resume(self) -> bool:
        """Whether there is a checkpoint to resume from."""
        places = (LAST_CHECKPOINT, PREVIOUS_CHECKPOINT)
        return any((self.path / place).is_file() for place in places)

    def read_dropped(self) -> frozenset[str]:
        """Return the names of the images that were left out of pre-training for leaking.

        Raises:
            InputError: If the file that lists them is damaged.
        """
        if not self.dropped.is_file():
            return frozenset()
        try:
            return frozenset(json.loads(self.dropped.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise InputError(f"{self.dropped} is no list of images ({error})") from error

    def changes(self, recipe: Recipe) -> list[str]:
        """Return in what a recipe differs from that of the run that is there, one line a value."""
        before, after = (
            _without_places(values) for values in (read_resolved(self.recipe), recipe.values)
        )
        return differences(before, after)

    def check(self, recipe: Recipe, mode: Mode) -> None:
        """Refuse what would lose a run or mix two of them; changes nothing.

        Raises:
            InputError: If the folder cannot be used in that mode; the message says what can.
        """
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path} is a file; a run needs a folder: name one with --output")
        check_free(self.path)
        if not (mode == "resume" and self.report.is_file()):  # then there is nothing left to do
            check_output_folder(self.path, "the run")
        if mode == "new" and self.exists:
            raise InputError(self._existing_run())
        if mode == "overwrite" and self.exists and not self.recipe.is_file():
            raise InputError(
                f"{self.path} holds no run (there is no recipe.yaml), so --overwrite leaves it"
                " alone; name another folder with --output"
            )
        if mode == "resume":
            self._check_resume(recipe)

    @contextmanager
    def open(self, recipe: Recipe, mode: Mode) -> Iterator[None]:
        """Make the folder, write what is known before training, and keep other processes out.

        Raises:
            InputError: If it cannot be written, or another process runs in it.
        """
        with ExitStack() as stack:
            try:
                self.path.mkdir(parents=True, exist_ok=True)
                stack.enter_context(held(self.path))
                if mode == "overwrite":
                    self._empty()
                write_atomically(self.recipe, recipe.to_yaml())
                write_atomically(self.environment, json.dumps(environment(), indent=2) + "\n")
            except OSError as error:
                raise InputError(
                    f"the run cannot be written to {self.path}: {error.strerror};"
                    " name another folder with --output"
                ) from error
            yield

    def _content(self) -> Iterator[Path]:
        return (path for path in self.path.iterdir() if path.name not in LOCK_FILES)

    def _empty(self) -> None:
        for path in list(self._content()):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _existing_run(self) -> str:
        state, resume = "a finished run", ""
        if not self.report.is_file():
            state = "a run that stopped"
            resume = (
                "  --resume                     to continue that run exactly where it stopped,\n"
            )
        if not self.recipe.is_file():
            return f"{self.path} is not empty and holds no run; name another folder with --output"
        weights = (
            f", or\n  --set {shlex.quote(f'backbone.weights={self.encoder}')}\n"
            "                               with another --output, to start from its weights?"
        )
        return (
            f"{self.path} holds {state}; nothing was touched. Did you mean\n"
            f"{resume}"
            "  --overwrite                  to remove it and start anew"
            f"{weights if self.encoder.is_file() else '?'}"
        )

    def _check_resume(self, recipe: Recipe) -> None:
        if not self.recipe.is_file():
            raise InputError(
                f"{self.path} holds no run to resume (there is no recipe.yaml);"
                " leave out --resume to start one"
            )
        changes = self.changes(recipe)
        if changes:
            listed = "\n".join(f"  {line}" for line in changes)
            raise InputError(
                f"{self.path} was started with another recipe, so it cannot be resumed"
                f" exactly:\n{listed}\nChange it back, or use --overwrite or another --output"
            )


def _without_places(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resolved recipe without what says by how many processes it is run."""
    training = values.get("training")
    if not isinstance(training, Mapping):
        return dict(values)
    kept = {name: value for name, value in training.items() if name not in _PLACES}
    return {**values, "training": kept}


def differences(before: Any, after: Any, key: str = "") -> list[str]:
    """Return one line per value that differs between two resolved recipes."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        lines = []
        for name in dict.fromkeys([*before, *after]):
            inner = f"{key}.{name}" if key else str(name)
            lines += differences(before.get(name, _ABSENT), after.get(name, _ABSENT), inner)
        return lines
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [line for i, (a, b) in pairs for line in differences(a, b, f"{key}.{i}")]
    return [] if before == after else [f"{key}: {before} in the run, {after} now"]
