"""``crs components show``."""

import click

from crs_plugin.cli.completion import components
from crs_plugin.cli.json_output import json_option, print_json
from crs_plugin.registry import KINDS, registry


@click.command("show", epilog="Example: crs components show loss crs_cont")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name", shell_complete=components)
@json_option
def command(kind: str, name: str, as_json: bool) -> None:
    """Print a component's options, types, defaults, docstring and a recipe snippet."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from crs_plugin.cli.components.docstring_lines import docstring_lines
    from crs_plugin.recipe.option_words import default_words, option_words
    from crs_plugin.recipe.snippet import snippet

    component = registry.get(kind, name)
    options = component.options().values()
    if as_json:
        told = {
            "kind": kind,
            "name": name,
            "origin": component.origin,
            "place": component.place,
            "documentation": component.docstring,
            "options": [
                {
                    "name": option.name,
                    "type": option_words(option),
                    "default": default_words(option),
                    "required": option.required,
                }
                for option in options
            ],
            "snippet": snippet(component),
        }
        print_json(told)
        return
    console = Console(highlight=False)
    origin = f", from {component.origin}, {component.place}\n"
    console.print(Text.assemble((f"{kind} {name}", "bold"), origin), soft_wrap=True)
    for line in docstring_lines(component.docstring or "(no docstring)", console.width):
        console.print(Text(line), soft_wrap=True)
    if options:
        table = Table("option", "type", "default", box=None, pad_edge=False, padding=(0, 2))
        for option in options:
            cells = (option.name, option_words(option), default_words(option))
            table.add_row(*map(Text, cells))
        console.print("\nOptions", style="bold")
        console.print(table)
    console.print("\nIn a recipe", style="bold")
    console.print(snippet(component), markup=False, soft_wrap=True)
