"""The report as a file for programs."""

from dataclasses import asdict
from typing import Any

from crs_plugin.evaluation.report.run_report import RunReport
from crs_plugin.evaluation.report.verdict import verdict
from crs_plugin.evaluation.report.weights_in_use import weights_in_use

VERSION = 2
"""Raised when a key changes its meaning or goes away; new keys may come without."""


def document(report: RunReport) -> dict[str, Any]:
    """Return what ``report.json`` holds.

    Layout, version 2 (rates between 0 and 1; intervals are ``[low, high]`` of 95 %)::

        version            2
        name               name of the recipe, or of the evaluation
        recipe             the resolved recipe, YAML text
        finished           date and time
        verdict            {level: good | mixed | bad | none, headline, detail}
        encoder            {source, backbone: name | null, input_size, known: {name: text}} of an
                            encoder that was evaluated after the fact, null for that of a run
        missing            [why an evaluation was not made]
        seen               {data: [names], images: different ones that it saw, images_in_data,
                            labels, views: n | null, weights_before: name | null,
                            excluded: {expression: n}, images kept from it by the recipe}, or null
                            where that is not known
        data               [{name, role, counts: {split: {expression: n}}, subjects: n | null,
                             skipped: {reason: n}}]
        leaks              {on_leak: warn | error | drop_from_train, dropped: images left out of
                            pre-training, not_checked: [names of evaluations],
                            unknown: why the pre-training data were not compared | null,
                            trained_on: [names of what is tested though it was trained on],
                            compared: [{first, second, images: of second, exact, near,
                            subjects: n | null, leak: whether it is one, pretraining: whether first
                            is the pre-training data}]}, or null
        parameters         {part: n}
        outcome            {steps, batch_size, epochs, seconds, warnings: [text]}, or null where
                            nothing was trained
        spread_reference   spread of evenly spread embeddings
        class_weights      {term: {first: {class: weight}, last: {class: weight}}}, of the terms
                            that weight classes, at the first and the last step
        last_metrics       last row of metrics.jsonl, or null
        results            [{title, protocol, headline, notes: [text],
                             targets: [{title, train_data, test_data, class_names: [C],
                                        scores: {encoder: scores}, at: {name: value},
                                        gains: {reference: {accuracy, uar, accuracy_interval,
                                                            uar_interval}},
                                        chosen: {encoder: text}}],
                             measures: [{name, better, rate, at: {name: value},
                                         values: {encoder: {value, interval | null}}}]}]
        environment        {name: text}

    Encoders are ``trained`` and the references by name.
    ``scores`` are ``{accuracy, uar, macro_f1, per_class_recall: [C] with null for a class that the
    test set lacks, confusion: [C][C] with rows = truth, accuracy_interval, uar_interval, n}``.
    """
    return {
        "version": VERSION,
        "name": report.name,
        "recipe": report.recipe,
        "finished": report.finished,
        "verdict": asdict(verdict(report)),
        "encoder": asdict(report.encoder) if report.encoder else None,
        "missing": list(report.missing),
        "seen": asdict(report.seen) if report.seen else None,
        "data": [
            {
                "name": data.name,
                "role": data.role,
                "counts": {split: dict(row) for split, row in data.counts.items()},
                "subjects": data.subjects,
                "skipped": dict(data.skipped),
            }
            for data in report.data
        ],
        "leaks": None if report.leaks is None else report.leaks.to_json(),
        "parameters": dict(report.parameters),
        "outcome": asdict(report.outcome) if report.outcome else None,
        "spread_reference": report.spread_reference,
        "class_weights": {
            term: {"first": dict(weights.first), "last": dict(weights.last)}
            for term, weights in weights_in_use(report.metrics).items()
        },
        "last_metrics": dict(report.metrics[-1]) if report.metrics else None,
        "results": [result.to_json() for result in report.results],
        "environment": dict(report.environment),
    }
