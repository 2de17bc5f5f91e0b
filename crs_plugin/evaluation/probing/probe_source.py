"""Where a probe has its data from: opened and divided once, however often it asks for them."""

from dataclasses import dataclass

from crs_plugin.evaluation.context import EvaluationContext, Source
from crs_plugin.evaluation.probing.coarse_probe import coarse_probe_data
from crs_plugin.evaluation.probing.probe_data import ProbeData, probe_data
from crs_plugin.evaluation.shared_options import check_validation_fraction


@dataclass(frozen=True)
class ProbeSource:
    """What a protocol was told about its data.

    Attributes:
        protocol: Name of the protocol, for errors.
        data: Opens what the classifier is trained on; None for the recipe's data.
        test_data: Opens what it is tested on; None for the same.
        validation_fraction: Share of the training images that chooses the hyper-parameter.

    Raises:
        InputError: If the share is out of range.
    """

    protocol: str
    data: Source | None
    test_data: Source | None
    validation_fraction: float

    def __post_init__(self) -> None:
        check_validation_fraction(self.protocol, self.validation_fraction)

    def divided(self, context: EvaluationContext, *, coarse: bool = False) -> ProbeData:
        """Return the data in three parts, as ``probe_data`` divides them.

        Args:
            context: Opens the data, and remembers how they were divided; its seed divides them.
            coarse: Whether the classes are the coarse ones of the recipe.

        Raises:
            DataError: If these data cannot give a meaningful figure; the message says why.
        """
        data = context.open(self.data)
        test_data = context.open(self.test_data) if self.test_data else None
        if coarse:
            return context.once(
                coarse_probe_data,
                data,
                test_data,
                table=context.coarse_table,
                validation_fraction=self.validation_fraction,
                seed=context.seed,
            )
        return context.once(
            probe_data,
            data,
            test_data,
            validation_fraction=self.validation_fraction,
            seed=context.seed,
        )
