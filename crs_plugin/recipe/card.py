"""The encoder card of a run: beside the encoder, and in its file."""

from collections.abc import Sequence
from dataclasses import replace

from crs_plugin.evaluation.result import EvaluationResult
from crs_plugin.files import write_atomically
from crs_plugin.models.encoder import Encoder
from crs_plugin.models.encoder_card import encoder_card
from crs_plugin.recipe.recipe import Recipe
from crs_plugin.recipe.run_folder import RunFolder


def write_card(
    recipe: Recipe, folder: RunFolder, encoder: Encoder, results: Sequence[EvaluationResult]
) -> None:
    """Write the card, and the encoder again with the card in its description."""
    notes = dict.fromkeys(note for result in results for note in result.notes)
    card = encoder_card(
        encoder.info,
        encoder.digest(),
        [_row(result) for result in results],
        recipe=recipe.to_yaml(),
        limits=tuple(notes),
    )
    write_atomically(folder.card, card)
    Encoder(encoder.backbone, replace(encoder.info, card=card)).save(folder.encoder)


def _row(result: EvaluationResult) -> dict[str, object]:
    low, high = (100 * end for end in result.trained.uar_interval)
    return {
        "target": result.title,
        "tested on": result.test_data,
        "accuracy, %": result.trained.accuracy,
        "random": result.random.accuracy,
        "UAR, % (95 % interval)": f"{100 * result.trained.uar:.1f} ({low:.1f}–{high:.1f})",
        "random UAR": result.random.uar,
    }
