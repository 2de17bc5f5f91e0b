"""Contracts that components keep, as checks that others can run on theirs in any test framework."""

from crs_plugin.testing.augmentation_contract import AUGMENTATION_CLAUSES, check_augmentation
from crs_plugin.testing.contract import Clause, ContractError
from crs_plugin.testing.dataset_contract import DATASET_CLAUSES, check_dataset
from crs_plugin.testing.two_views_contract import TWO_VIEWS_CLAUSES, check_two_views

__all__ = [
    "AUGMENTATION_CLAUSES",
    "DATASET_CLAUSES",
    "TWO_VIEWS_CLAUSES",
    "Clause",
    "ContractError",
    "check_augmentation",
    "check_dataset",
    "check_two_views",
]
