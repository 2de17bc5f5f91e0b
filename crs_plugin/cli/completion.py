"""What a shell offers after Tab: recipes, components and data sets by name."""

import click
from click.shell_completion import CompletionItem

from crs_plugin.recipe.shipped import shipped_recipes
from crs_plugin.registry import registry


def recipes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the shipped recipes, and files."""
    names = [name for name in shipped_recipes() if name.startswith(incomplete)]
    return [*map(CompletionItem, names), CompletionItem(incomplete, type="file")]


def components(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the components of the kind that stands before."""
    kind = ctx.params.get("kind")
    return _of_kind(kind, incomplete) if kind else []


def datasets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the data sets."""
    return _of_kind("dataset", incomplete)


def datasets_and_recipes(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the data sets, the shipped recipes, and files."""
    return [*datasets(ctx, param, incomplete), *recipes(ctx, param, incomplete)]


def _of_kind(kind: str, incomplete: str) -> list[CompletionItem]:
    # Naming the parts of other toolkits imports these: only for whoever has begun one (pml/…).
    names = registry.names(kind, families="/" in incomplete)
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
