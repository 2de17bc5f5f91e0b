"""The encoder card: what an encoder is, saw and can do, in Markdown for people."""

from collections.abc import Mapping, Sequence

from crs_plugin.models.encoder_info import EncoderInfo

LICENCE = (
    "crs_plugin is under the Apache License 2.0. The weights were learnt from the data named above,"
    " and what their owners ask for (often: research only, no redistribution of models for other"
    " uses) holds for the weights too."
)

_WARNING = """\
**What this cannot tell.** The classes are what people called the expression of a face in a
picture. They are not what somebody feels, thinks or intends: people smile when they are not happy
and are angry without a scowl, and how a face is read depends on situation and culture. Do not use
it to judge a person: not in hiring, policing, schooling, insurance, medicine or lie detection. The
European Union prohibits inferring emotions at work and in education, but for medical or safety
reasons (Regulation (EU) 2024/1689, article 5). Look at errors by age, sex and skin colour on data
of your own before anybody is affected; the figures above do not show them."""

_LABELS = {
    "recipe": "Recipe",
    "data": "Data",
    "images": "Images",
    "images_in_data": "Images in the data",
    "expressions": "Expressions in the data",
    "labels": "Labels used",
    "images_without_label": "Images without a label",
    "excluded_expressions": "Expressions kept from it, with their images",
    "objective": "Objective",
    "epochs": "Epochs",
    "steps": "Steps",
    "batch_size": "Batch size",
    "precision": "Precision",
    "weights_before": "Weights before",
    "imported_from": "Imported from",
    "channels_before": "Order of channels before the import",
}


def encoder_card(
    info: EncoderInfo,
    digest: str,
    figures: Sequence[Mapping[str, object]] = (),
    *,
    recipe: str = "",
    limits: Sequence[str] = (),
    licence: str = LICENCE,
) -> str:
    """Return the card of an encoder in Markdown.

    Args:
        info: Its description; what it saw is in ``info.seen``.
        digest: Its digest.
        figures: Rows of the table of results, each heading → cell, with those of a random encoder
            and of HOG beside. Floats between 0 and 1 are shown in per cent, None as a dash. The
            headings are those of all rows, in the order in which they come.
        recipe: The whole recipe as YAML.
        limits: What else a reader must know, such as the notes of the evaluations; a line each.
        licence: Under what terms the weights may be used.
    """
    size = info.input_size
    parts = [
        f"# Encoder card: {info.seen.get('recipe') or info.seen.get('imported_from') or 'encoder'}",
        f"A frozen encoder of faces: {info.backbone}, {info.channels} images of {size} × {size} px"
        f" → {info.feature_dim} features. Digest `{digest[:16]}`, written by crs_plugin"
        f" {info.crs_plugin_version}.",
        "## What it saw",
        _seen(info.seen),
        "## Figures",
        _table(figures) or "None: it was not evaluated.",
        "## Limits",
        _limits(info, limits),
        _WARNING,
        "## Licence",
        licence,
    ]
    if recipe:
        fence = "````"
        parts += ["## Recipe", f"{fence}yaml\n{recipe.strip()}\n{fence}"]
    return "\n\n".join(parts) + "\n"


def _seen(seen: Mapping[str, object]) -> str:
    lines = [f"- {_LABELS.get(key, key)}: {_words(value)}" for key, value in seen.items()]
    return "\n".join(lines) or "Not known."


def _words(value: object) -> str:
    if value is None or value in ("None", {}, []):
        return "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(inner)}" for name, inner in value.items())
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def _limits(info: EncoderInfo, limits: Sequence[str]) -> str:
    size = info.input_size
    general = [
        f"It expects one face, cropped as in its training data; it sees {size} × {size} px,"
        " whatever the size of the image.",
        "Other cameras, poses, ages and cultures than those of its data were not tested, unless the"
        " figures name them.",
        "The labels of its data are opinions; expressions that look alike (fear and surprise, anger"
        " and disgust) are mixed up by people too.",
    ]
    return "\n".join(f"- {line}" for line in (*general, *limits))


def _table(rows: Sequence[Mapping[str, object]]) -> str:
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    if not headings:
        return ""
    lines = [headings, ["---"] * len(headings)]
    lines += [[_cell(row.get(heading)) for heading in headings] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    text = f"{100 * value:.1f}" if isinstance(value, float) else _words(value)
    return text.replace("|", "\\|").replace("\n", " ")
