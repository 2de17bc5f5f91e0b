"""What a report says about a run, in words."""

import pytest

from crs_plugin.expressions import EXPRESSIONS
from crs_plugin.recipe import load_recipe
from crs_plugin.recipe.building import build_module
from crs_plugin.recipe.pretraining_data import PretrainingData
from crs_plugin.runs.reporting import labels_used


@pytest.mark.parametrize(
    ("name", "overrides", "said"),
    [
        ("crs_cont_resnet18", (), "4 coarse classes: positive, negative, neutral, surprise"),
        ("simclr_resnet18", (), "none"),
        ("supervised_resnet18", (), f"8 expressions: {', '.join(EXPRESSIONS)}"),
        # Losses of pytorch-metric-learning take labels as an option
        ("supcon_resnet18", ("labels.coarse=default",), "4 coarse classes: positive, negative,"),
        # The miner reads the labels for a loss that does not
        (
            "simclr_resnet18",
            ("miner={name: pml/BatchHardMiner}", "objective=[{name: pml/TripletMarginLoss}]"),
            "4 coarse classes: positive, negative,",
        ),
        # The sampler reads them for losses that do not
        ("simclr_resnet18", ("sampler={name: balanced}",), "4 coarse classes: positive, negative,"),
        ("simclr_resnet18", ("sampler={name: balanced, classes: fine}",), "8 expressions: neutral"),
        ("simclr_resnet18", ("sampler={name: pml/MPerClassSampler, m: 2}",), "4 coarse classes"),
    ],
)
def test_the_labels_that_the_objective_used(name, overrides, said):
    recipe = load_recipe(name, overrides)
    data = PretrainingData(None, None, None, EXPRESSIONS)
    assert labels_used(recipe, data, build_module(recipe, EXPRESSIONS)).startswith(said)
