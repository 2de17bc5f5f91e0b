"""``--json``: what a command prints for programs, on stdout alone.

It is one object. ``version`` is that of its layout: 1, raised when an entry changes its meaning or
is taken away; entries may be added without notice. Paths are as in the tables (absolute in
recipes), bytes are whole numbers, what is not known is null::

    crs recipe list        {recipes: [{name, file, description}]}
    crs recipe show        {name, values: the recipe, from: {key: file:line | default | …}}
    crs recipe validate    {recipes: [{recipe, valid, problems: [{place, key, message}]}]}
    crs components list    {components: {kind: [{name, origin, summary}]},
                            families: {kind: [{prefix, origin, names}]}}
    crs components show    {kind, name, origin, place, documentation, snippet,
                            options: [{name, type, default: text, required}]}
    crs cache list         {folder, bytes, limit, entries: [{key, data, images, size, bytes, used:
                            seconds since 1970, finished, in_use}],
                            shards: fetched ones, {folder, bytes: [of each]}}
    crs cache verify       {entries: [{key, whole, problem}]}
    crs data list          {data_sets: [{name, title, setting, classes, images, needs_files, folder,
                            found}]}
    crs data inspect       {counts: {split: {expression: n}}, subjects, skipped: {reason: n},
                           missing: [path of an image file, the first few]}; of a recipe {name of
                           the set: that}, each with its ``version``
    crs data check         ``crs_plugin.evaluation.report.leaks.Leaks.to_json``, and
                           unreadable: [{name, reason}], images that were left out
    crs predict            {faces: [{image, name, probability, probabilities, box?}]}
    crs compare            ``crs_plugin.evaluation.comparison.Comparison.to_json``
    crs doctor             {environment, cores, threads, gpus, …, speed: [{precision,
                            images_per_second, minutes}], advice: [sentence]}

``crs recipe run``, ``crs evaluate`` and ``crs recipe sweep`` write ``report.json`` into the folders
of the runs (``crs_plugin.evaluation.report.document``).
"""

import json
from collections.abc import Mapping
from typing import Any

import click

VERSION = 1

json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")


def print_json(told: Mapping[str, Any]) -> None:
    """Print an object with the version of its layout."""
    click.echo(json.dumps({"version": VERSION, **told}, indent=2, ensure_ascii=False))
