"""Folders as finished runs leave them, with made-up predictions."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

from crs_plugin.evaluation.metrics import compare
from crs_plugin.evaluation.report.document import VERSION

CLASSES = ("happiness", "sadness", "fear")


def write_run(
    folder: Path,
    predicted: np.ndarray,
    truth: np.ndarray,
    *,
    recipe: dict,
    subject: np.ndarray | None = None,
    images: Sequence[str] | None = None,
    title: str = "CK+",
    version: int = VERSION,
    missing: Sequence[str] = (),
) -> Path:
    """Write ``report.json`` and ``predictions/2.csv``: the first headline target is another."""
    (folder / "predictions").mkdir(parents=True)
    names = images or [f"{i}.png" for i in range(len(truth))]
    persons = np.full(len(truth), -1) if subject is None else subject
    scores = compare(truth, {"trained": predicted, "random": truth[::-1]}, len(CLASSES)).scores
    rows = [
        f"{name},{'' if person < 0 else person},{CLASSES[true]},{CLASSES[guess]}"
        for name, person, true, guess in zip(names, persons, truth, predicted, strict=True)
    ]
    (folder / "predictions" / "2.csv").write_text(
        "\n".join(["image,subject,truth,trained", *rows]) + "\n"
    )
    target = {
        "title": title,
        "train_data": "",
        "test_data": f"ck_plus: {len(truth)} images",
        "class_names": list(CLASSES),
        "scores": {name: vars(of_one) for name, of_one in scores.items()},
        "gains": {},
        "chosen": {},
        "at": {},
    }
    curve = {**target, "at": {"images a class": 5}}
    measure = {
        "name": "mAP",
        "values": {"trained": {"value": float((predicted == truth).mean()), "interval": [0, 1]}},
        "better": "higher",
        "rate": True,
        "at": {"k": 10},
    }
    results = [
        _result("few-shot", [curve], headline=False),
        _result("other", [{**target, "title": "only here"}] if title == "CK+" else [target]),
        _result(title, [target]),
        {**_result("retrieval", []), "measures": [measure]},
    ]
    document = {
        "version": version,
        "name": recipe.get("name", "?"),
        "recipe": _as_yaml(recipe),
        "missing": list(missing),
        "results": results,
    }
    (folder / "predictions" / "1.csv").write_bytes((folder / "predictions" / "2.csv").read_bytes())
    (folder / "report.json").write_text(json.dumps(document))
    return folder


def _result(title: str, targets: list, *, headline: bool = True) -> dict:
    return {
        "title": title,
        "protocol": "linear probe",
        "headline": headline,
        "targets": targets,
        "measures": [],
        "notes": [],
    }


def _as_yaml(values: dict) -> str:
    from io import StringIO

    text = StringIO()
    YAML(typ="safe", pure=True).dump(values, text)
    return text.getvalue()
