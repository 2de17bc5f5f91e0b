"""The sections of a recipe: its top-level keys, and what each holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from crs_plugin.registry import Component

Form = Literal["one", "one or more", "list", "terms", "heads"]


@dataclass(frozen=True)
class Section:
    """A top-level key that holds components.

    Attributes:
        kind: Kind of the components.
        form: ``one`` component; ``one or more`` (a mapping or a list of them); a ``list``; the
            ``terms`` of the objective (a list, each with its ``weight``); the ``heads`` by role.
        required: Whether a recipe must have it.
        meaning: What it is, for editors.
    """

    kind: str
    form: Form
    required: bool
    meaning: str


SECTIONS: Mapping[str, Section] = {
    "data": Section("dataset", "one or more", True, "What is pre-trained on."),
    "augmentation": Section("augmentation", "one", True, "Makes the views of an image."),
    "backbone": Section("backbone", "one", True, "The encoder."),
    "heads": Section("head", "heads", False, "Networks on top of the encoder, by role."),
    "objective": Section("loss", "terms", True, "The loss: a weighted sum of terms."),
    "miner": Section("miner", "one", False, "Chooses the pairs that the losses see."),
    "sampler": Section("sampler", "one", False, "Order of the images in an epoch."),
    "optimizer": Section("optimizer", "one", True, "How the weights are moved."),
    "schedule": Section("schedule", "one", False, "Learning rate over the steps."),
    "evaluation": Section("evaluation", "list", False, "What the frozen encoder is tested on."),
    "references": Section(
        "reference",
        "list",
        False,
        "What every evaluation sets beside the encoder; by default random and hog.",
    ),
    "loggers": Section("logger", "list", False, "Where figures go besides metrics.jsonl."),
}

PLAIN_KEYS: Mapping[str, str] = {
    "name": "Name of the recipe; the default output folder is runs/<name>.",
    "seed": "Seed of everything that is drawn.",
    "extends": "Another recipe (a file, or the name of a shipped one) that this one changes.",
    "plugins": "Modules or .py files of your own whose components the recipe uses.",
    "labels": "The coarse classes: {coarse: default}, {coarse: fine}, or {coarse: {…}}.",
    "exclude_expressions": (
        "Expressions whose images pre-training never sees, such as [fear]; evaluations do."
    ),
    "on_bad_image": (
        "What happens to images of any data set that cannot be read: error (the default) lists them"
        " and trains nothing; skip lists them and leaves them out of everything."
    ),
    "on_leak": (
        "What happens if the pre-training data hold images that an evaluation tests, or persons"
        " whom it tests as strangers: warn (the default) tells so; error trains nothing;"
        " drop_from_train leaves them out of pre-training. Copies between splits of one set are"
        " told in any case."
    ),
    "training": "Epochs, batch size and the like.",
}

ON_BAD_IMAGE = ("error", "skip")
"""What may happen to images that cannot be read."""

ON_LEAK = ("warn", "error", "drop_from_train")
"""What may happen if the pre-training data hold what is tested."""

KEYS: tuple[str, ...] = (
    *("name", "seed", "plugins", "labels", "exclude_expressions"),
    *(*SECTIONS, "on_bad_image", "on_leak", "training"),
)
"""The keys in the order in which a recipe is written; ``extends`` is gone once it is read."""

ROLES: Mapping[str, str] = {
    "projection": "Encoder output h → z, on which embeddings are compared.",
    "coarse": "Normalised z → one logit for each coarse class.",
    "fine": "Encoder output h → one logit for each expression.",
}
"""The roles of heads."""

COARSE_TABLES = ("default", "fine")
"""Coarse tables that go by name: the method's, and every basic expression a class of its own."""

DEFAULTS: Mapping[str, Any] = {
    "seed": 0,
    "labels": {"coarse": "default"},
    "sampler": {"name": "uniform"},
    "references": [{"name": "random"}, {"name": "hog"}],
}

FILLED_IN = frozenset({"input_dim", "output_dim", "class_names", "num_classes", "class_counts"})
"""Options that follow from the rest of the recipe when they are left out."""


def filled_in(kind: str, role: str = "") -> frozenset[str]:
    """Return the options of a component that need not be given, for they are filled in."""
    chosen_by_user = kind == "head" and role in ("", "projection")
    return FILLED_IN - {"output_dim"} if chosen_by_user else FILLED_IN


def is_step(augmentation: Component) -> bool:
    """Whether an augmentation makes no views, but is a step that others list under ``then``.

    Those of Kornia are, and all that follow its contract.
    """
    return hasattr(augmentation.target, "apply_transform")


def training_settings() -> Component:
    """Return the training settings in the form of a component, so that they are checked alike."""
    from crs_plugin.pretraining.settings import TrainingSettings

    return Component("training", "training", TrainingSettings, "crs_plugin", "")
