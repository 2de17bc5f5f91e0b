"""Data of a linear probe on the coarse classes of the expressions."""

from dataclasses import dataclass, field

import numpy as np

from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.evaluation.probing.linear_classifier import Ids
from crs_plugin.evaluation.probing.probe_data import ProbeData, probe_data
from crs_plugin.expressions import UNLABELLED, CoarseTable


@dataclass(frozen=True)
class CoarseProbe(ProbeData):
    """Data of a probe whose classes are coarse.

    Attributes:
        coarse_names: Names of the coarse classes that occur.
        coarse_of: Index ``[C]`` of the coarse class of each of ``classes``.
    """

    coarse_names: tuple[str, ...] = ()
    coarse_of: Ids = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes that the classifier tells apart."""
        return self.coarse_names

    def labels(self, part: FaceDataset) -> Ids:
        """Return the indices ``[N]`` of a part's coarse classes in ``class_names``."""
        return self.coarse_of[super().labels(part)]


def coarse_probe_data(
    data: FaceDataset,
    test_data: FaceDataset | None,
    *,
    table: CoarseTable,
    validation_fraction: float,
    seed: int,
) -> CoarseProbe:
    """Divide data as ``probe_data`` does, and give them coarse labels.

    Images whose expression has no coarse class are left out, which the notes say.

    Args:
        data: What the classifier is trained on; traced by the evaluation's context.
        test_data: What it is tested on; None for the same.
        table: The coarse classes.
        validation_fraction: Share of the training images that chooses the hyper-parameter.
        seed: Of the division.

    Raises:
        DataError: If these data cannot give a meaningful figure; the message says why.
    """
    notes: list[str] = []
    data = _with_coarse_class(data, table, notes)
    test_data = test_data and _with_coarse_class(test_data, table, notes)
    probe = probe_data(data, test_data, validation_fraction=validation_fraction, seed=seed)
    coarse = np.array(table.ids())[probe.classes]
    present, coarse_of = np.unique(coarse, return_inverse=True)
    names = tuple(table.classes[i] for i in present)
    of_coarse = CoarseProbe(
        **(vars(probe) | {"notes": (*notes, *probe.notes)}),
        coarse_names=names,
        coarse_of=coarse_of,
    )
    if len(np.unique(of_coarse.labels(probe.train))) < 2:
        raise DataError(
            f"data set {probe.train.name}: linear_probe on coarse labels needs images of at least"
            f" two coarse classes to learn from; found: {', '.join(names)}"
        )
    return of_coarse


def _with_coarse_class(dataset: FaceDataset, table: CoarseTable, notes: list[str]) -> FaceDataset:
    """Return the images that have a coarse class, and those without any label."""
    coarse = np.array([*table.ids(), UNLABELLED])[dataset.fine]
    left_out = (coarse == UNLABELLED) & (dataset.fine != UNLABELLED)
    if (coarse == UNLABELLED).all():
        raise DataError(
            f"data set {dataset.name}: linear_probe on coarse labels needs expressions that have a"
            f" coarse class; found: {', '.join(dataset.expressions) or 'no label'}"
        )
    if left_out.any():
        notes.append(
            f"{int(left_out.sum()):,} images of {dataset.name}, of expressions without a coarse"
            " class, were left out."
        )
    return dataset.take(np.flatnonzero(~left_out))
