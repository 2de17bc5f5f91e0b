"""The encoder card of a run: beside the encoder, and in its file."""

from collections.abc import Sequence
from dataclasses import replace

from crs_plugin.evaluation.report.leaks import Leaks
from crs_plugin.evaluation.result import EvaluationResult, Target, headline_targets
from crs_plugin.files import write_atomically
from crs_plugin.models.encoder import Encoder
from crs_plugin.models.encoder_card import encoder_card
from crs_plugin.recipe.recipe import Recipe
from crs_plugin.runs.run_folder import RunFolder


def write_card(
    recipe: Recipe,
    folder: RunFolder,
    encoder: Encoder,
    results: Sequence[EvaluationResult],
    leaks: Leaks,
) -> None:
    """Write the card, and the encoder again with the card in its description."""
    card = encoder_card(
        encoder.info,
        encoder.digest(),
        [_row(target) for target in headline_targets(results)],
        recipe=recipe.to_yaml(),
        limits=(*leaks.warnings, *_limits(results)),
    )
    write_atomically(folder.card, card)
    Encoder(encoder.backbone, replace(encoder.info, card=card)).save(folder.encoder)


def _limits(results: Sequence[EvaluationResult]) -> list[str]:
    """The notes of the evaluations, each once, with the names of those that have it."""
    having: dict[str, list[str]] = {}
    for result in results:
        for note in result.notes:
            having.setdefault(note, []).append(result.title)
    return [f"{', '.join(dict.fromkeys(titles))}: {note}" for note, titles in having.items()]


def _row(target: Target) -> dict[str, object]:
    low, high = (100 * end for end in target.trained.uar_interval)
    references = {name: s for name, s in target.scores.items() if name in target.gains}
    return {
        "target": target.title,
        "tested on": target.test_data,
        "accuracy, %": target.trained.accuracy,
        **{f"accuracy of {name}": scores.accuracy for name, scores in references.items()},
        "UAR, % (95 % interval)": f"{100 * target.trained.uar:.1f} ({low:.1f}–{high:.1f})",
        **{f"UAR of {name}": scores.uar for name, scores in references.items()},
    }
