"""Running a recipe from Python: ``crs_plugin.run``."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crs_plugin.errors import InputError
from crs_plugin.recipe.recipe import load_recipe
from crs_plugin.recipe.tree import joined
from crs_plugin.recipe.writing import on_one_line
from crs_plugin.runs.run_folder import Mode, RunFolder
from crs_plugin.runs.running import run_recipe

if TYPE_CHECKING:
    from crs_plugin.models.encoder import Encoder

_SCALARS = (bool, int, float, str, type(None))


@dataclass(frozen=True)
class RunResult:
    """What a run has left behind.

    Attributes:
        folder: The run's folder; its paths are ``folder.encoder``, ``folder.report``,
            ``folder.metrics`` …
        finished: Whether the run is finished; otherwise it was interrupted, and ``run`` with
            ``resume=True`` continues it. An unfinished run has no encoder and no figures.
    """

    folder: RunFolder
    finished: bool

    @cached_property
    def report(self) -> dict[str, Any]:
        """The content of ``report.json``: everything that the report shows."""
        content: dict[str, Any] = json.loads(
            (self.folder.path / "report.json").read_text(encoding="utf-8")
        )
        return content

    @property
    def scores(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Figures of the evaluations that predict classes: target → encoder → figure.

        The encoder is ``trained`` or a reference (``random``, ``hog``); figures are shares:
        ``accuracy``, ``uar``, ``macro_f1``, ``per_class_recall`` …
        """
        return {
            target["title"]: target["scores"]
            for result in self.report["results"]
            for target in result["targets"]
        }

    def encoder(self) -> "Encoder":
        """Load the trained encoder."""
        from crs_plugin.models.encoder import Encoder

        return Encoder.load(self.folder.encoder)


def run(
    recipe: str | Path,
    /,
    *,
    output: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    **overrides: Any,
) -> RunResult:
    """Pre-train an encoder by a recipe, evaluate it and write a report, as ``crs recipe run`` does.

    Shows its progress, also in a notebook. Ctrl-C saves and returns; nothing global (random state,
    threads, warnings, logging) is changed afterwards.

    Args:
        recipe: A recipe file, or the name of a shipped recipe.
        output: Folder of the run; ``runs/NAME`` when left out.
        resume: Continue a stopped run exactly where it stopped.
        overwrite: Remove the run that is there, and start anew.
        **overrides: Values that replace those of the recipe, by key. A mapping changes only the
            keys that it has, unless it names a component: ``training={"epochs": 2}`` leaves the
            batch size, ``optimizer={"name": "adamw", "lr": 1e-3}`` is another optimizer.

    Returns:
        Paths and figures.

    Raises:
        InputError: If anything does not fit, and nothing has been changed then; or if training
            diverges, loses a process or runs out of memory or disk: what was saved stays.

    Example:
        >>> import crs_plugin
        >>> result = crs_plugin.run("crs_cont_resnet18", seed=1)  # doctest: +SKIP
        >>> result.scores["wild"]["trained"]["uar"]  # doctest: +SKIP
    """
    if resume and overwrite:
        raise InputError("resume continues a run, overwrite removes it: give one of them")
    changes = [f"{key}={on_one_line(value)}" for key, value in _leaves(overrides)]
    loaded = load_recipe(recipe, changes, set_by="override")
    folder = RunFolder(Path(output) if output is not None else Path("runs") / loaded.name)
    mode: Mode = "resume" if resume else "overwrite" if overwrite else "new"
    again = "crs_plugin.run(…, resume=True) with the same arguments"
    return RunResult(folder, run_recipe(loaded, folder, mode=mode, continue_with=again))


def _leaves(values: Mapping[str, Any], key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted keys and values; mappings that name a component are values."""
    for name, value in values.items():
        inner = joined(key, name)
        if isinstance(value, Mapping) and "name" not in value:
            yield from _leaves(value, inner)
        else:
            yield inner, _plain(value, inner)


def _plain(value: Any, key: str) -> Any:
    """Return a value that YAML can hold: paths as text, all mappings and sequences alike."""
    if isinstance(value, Path):
        return str(value.absolute())
    if isinstance(value, Mapping):
        return {str(name): _plain(inner, joined(key, str(name))) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, joined(key, index)) for index, inner in enumerate(value)]
    if type(value) not in _SCALARS:
        raise InputError(
            f"{key}: found {value!r} of type {type(value).__name__}, expected what a recipe can"
            " hold: a number of Python's own, a text, a path, true or false, None, or lists and"
            " mappings of these"
        )
    return value
