"""What an encoder is compared with: the references of a recipe, built for it."""

from collections.abc import Sequence

from crs_plugin.evaluation.context import Embedder
from crs_plugin.recipe.spec import Spec


def built_references(specs: Sequence[Spec], encoder: Embedder, seed: int) -> dict[str, Embedder]:
    """Return what an encoder is compared with, by name; what does not apply to it is left out.

    Args:
        specs: The references.
        encoder: The encoder.
        seed: Of whatever a reference draws.

    Raises:
        RecipeError: If a reference cannot be built.
    """
    references: dict[str, Embedder] = {}
    for spec in specs:
        with spec.blamed():
            reference = spec.build()
            embedder = reference(encoder, seed)
        if embedder is not None:
            references[getattr(reference, "title", spec.name)] = embedder
    return references
