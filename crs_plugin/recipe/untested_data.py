"""Pre-training data that no evaluation tests on: so it is after a change of ``data`` alone."""

from crs_plugin.recipe.recipe import Recipe
from crs_plugin.recipe.spec import Spec, nested


def untested_data(recipe: Recipe) -> str:
    """Say so if all evaluations use other data sets than the pre-training; empty if not.

    Sets are the same by name: another folder, or other options, may well be meant for the test.
    """
    own = dict.fromkeys(spec.name for spec in recipe.data)
    used = [_named(spec) for spec in recipe.evaluation]
    if not used or any(not names or not own.keys().isdisjoint(names) for names in used):
        return ""
    others = dict.fromkeys(name for names in used for name in names)
    return (
        f"note: no evaluation uses the data of pre-training ({', '.join(own)}), all use"
        f" {', '.join(others)}; evaluation.N.data says what an evaluation uses"
    )


def _named(evaluation: Spec) -> list[str]:
    """The data sets that an evaluation names; none where it uses those of the recipe as well."""
    if "data" not in evaluation.options:
        return []
    return [spec.name for spec in nested(evaluation) if spec.kind == "dataset"]
