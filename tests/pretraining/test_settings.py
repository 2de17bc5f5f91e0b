import pytest
from small_run import small_settings

from crs_plugin.errors import InputError


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"batch_size": 9, "devices": 2}, "batch_size is 9, which 2 devices .* cannot share"),
        ({"batch_size": 6, "devices": 2, "num_nodes": 2}, "which 4 devices .* cannot share"),
        ({"strategy": "fsdp"}, r"fsdp, which shares .* devices is 1; ask for more"),
        (
            {"strategy": "fsdp", "devices": 2, "compile": True},
            "compile is true, which does not go with strategy fsdp",
        ),
    ],
)
def test_settings_that_contradict_one_another(changed, message):
    with pytest.raises(InputError, match=message):
        small_settings(**changed)
