"""Whether the parts of a recipe fit one another, as far as can be told without building them."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from crs_plugin.errors import InputError
from crs_plugin.expressions import CoarseTable
from crs_plugin.recipe.layout import is_step
from crs_plugin.recipe.problem import Findings, listed
from crs_plugin.recipe.spec import Spec, TermSpec
from crs_plugin.recipe.tree import Node


def check_fit(
    tree: Node,
    heads: Mapping[str, Spec],
    terms: Sequence[TermSpec],
    augmentation: Spec | None,
    labels: CoarseTable,
    findings: Findings,
) -> None:
    """Note parts that do not fit one another, at the place of the one that is to be changed.

    Args:
        tree: The recipe, for the places.
        heads: The heads by role.
        terms: The terms of the objective.
        augmentation: What makes the views.
        labels: The coarse classes.
        findings: Gets the problems.
    """
    for term in terms:
        _check_term(tree, term.spec, augmentation, findings)
    _check_augmentation(tree, augmentation, findings)
    _check_heads(tree, heads, labels, findings)
    if len(terms) == len(at(tree, "objective").items):
        _check_use(tree, terms, findings)


def loss_inputs(spec: Spec) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of what a loss must receive, and of what it takes if there is any.

    Both are empty where that shows only once the loss is built.

    Raises:
        InputError: If it must receive something that no term does.
    """
    from crs_plugin.pretraining.loss_inputs import term_inputs

    target = _made_by(spec)
    return term_inputs(target) if hasattr(target, "forward") else ((), ())


def _check_term(tree: Node, spec: Spec, augmentation: Spec | None, findings: Findings) -> None:
    from crs_plugin.losses.pml_losses import WITHOUT_PAIRS
    from crs_plugin.pretraining.loss_inputs import OF_ONE_VIEW, PART_OF, TERM_INPUTS

    place = at(tree, spec.key).place
    try:
        required, _ = loss_inputs(spec)
    except InputError as error:
        findings.add(place, spec.key, str(error))
        return
    parts = dict.fromkeys(PART_OF[name] for name in required if name in PART_OF)
    for part in parts:
        if at(tree, part).value is None:
            wanted = [name for name in required if PART_OF.get(name) == part]
            what = ", ".join(f"{name!r} ({TERM_INPUTS[name]})" for name in wanted)
            message = f"{spec.kind} {spec.name!r} receives {what}, but there is no {part}; add it"
            findings.add(place, spec.key, message)
    if spec.name in WITHOUT_PAIRS and at(tree, "miner").value is not None:
        message = f"{spec.kind} {spec.name!r} cannot take pairs; remove the miner, or take another"
        findings.add(place, spec.key, f"{message} loss")
    views = _views(augmentation)
    if views is not None and views < 2 and OF_ONE_VIEW & set(required) and augmentation:
        findings.add(
            place,
            spec.key,
            f"{spec.kind} {spec.name!r} compares two views of an image, but augmentation"
            f" {augmentation.name!r} makes {views}; take one that makes two, such as fer_two_views",
        )


def _check_use(tree: Node, terms: Sequence[TermSpec], findings: Findings) -> None:
    """Note heads and a miner that no term uses; a loss that does not say may use any."""
    from crs_plugin.pretraining.loss_inputs import PART_OF

    try:
        inputs = [loss_inputs(term.spec) for term in terms]
    except InputError:
        return
    if not all(required or optional for required, optional in inputs):
        return
    used = {PART_OF.get(name) for names in inputs for name in (*names[0], *names[1])}
    if "heads.coarse" in used:  # it stands on the projection head
        used.add("heads.projection")
    for part in dict.fromkeys(PART_OF.values()):
        node = at(tree, part)
        if node.value is not None and part not in used:
            message = "no term of the objective uses it; remove it, or add a term that does"
            findings.add(node.place, part, message)


def _check_augmentation(tree: Node, augmentation: Spec | None, findings: Findings) -> None:
    if augmentation and is_step(augmentation.component):
        findings.add(
            at(tree, "augmentation").place,
            "augmentation.name",
            f"{augmentation.name!r} is one step and makes no views; list it under 'then' of a whole"
            " augmentation: {name: fer_two_views, …, then: [{name: " + augmentation.name + "}]}",
        )


def _check_heads(
    tree: Node, heads: Mapping[str, Spec], labels: CoarseTable, findings: Findings
) -> None:
    if "coarse" not in heads:
        return
    coarse = heads["coarse"].options
    classes = len(labels.classes)
    if coarse.get("output_dim", classes) != classes:
        _wrong_width(
            tree,
            "heads.coarse.output_dim",
            f"{coarse['output_dim']} outputs for {classes} coarse classes"
            f" ({listed(labels.classes)}); leave it out, it follows from the labels",
            findings,
        )
    flows_in = _width(heads["projection"]) if "projection" in heads else None
    if flows_in is not None and coarse.get("input_dim", flows_in) != flows_in:
        _wrong_width(
            tree,
            "heads.coarse.input_dim",
            f"{coarse['input_dim']} inputs, but heads.projection gives {flows_in};"
            " leave it out, it follows from the projection head",
            findings,
        )


def _wrong_width(tree: Node, key: str, message: str, findings: Findings) -> None:
    findings.add(at(tree, key).place, key, message)


def _width(head: Spec) -> int | None:
    """Output width of a projection head: as given, or the component's default."""
    given = head.options.get("output_dim")
    option = head.component.options().get("output_dim")
    width = option.default if given is None and option else given
    return width if isinstance(width, int) else None


def _made_by(spec: Spec) -> Any:
    """The class of what a component makes, as far as it says so; else its function."""
    target = spec.component.target
    if isinstance(target, type):
        return target
    made = inspect.signature(target).return_annotation
    return made if isinstance(made, type) else target


def _views(augmentation: Spec | None) -> int | None:
    views = getattr(_made_by(augmentation), "views", None) if augmentation else None
    return views if isinstance(views, int) else None


def at(tree: Node, key: str) -> Node:
    """Return the node of a dotted key, or the nearest one above it with an empty value."""
    node = tree
    for step in key.split("."):
        items = dict(enumerate(node.items))
        child = items.get(int(step)) if step.isdigit() else node.mapping.get(step)
        if child is None:
            return Node(None, node.place)
        node = child
    return node
