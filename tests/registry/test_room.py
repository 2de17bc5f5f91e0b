import importlib
import pkgutil
import subprocess
import sys

import pytest

from crs_plugin.registry import KINDS, registry
from crs_plugin.registry.kinds import ROOMS
from crs_plugin.registry.room import components_in, families_in


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_room_registers_is_found_in_its_text(kind):
    room = ROOMS[kind]
    listed = {name for k, name in components_in(room) if k == kind}
    for module in pkgutil.iter_modules(importlib.import_module(room).__path__, prefix=f"{room}."):
        importlib.import_module(module.name)
    registered = {
        name for (k, name), c in registry._components.items() if k == kind and _is_ours(c)
    }
    assert listed == registered
    families = {f.prefix for f in registry._families.get(kind, ()) if _is_ours(f.family)}
    assert {prefix for k, prefix in families_in(room) if k == kind} == families


def _is_ours(part: object) -> bool:
    return getattr(part, "origin", type(part).__module__).startswith("crs_plugin")


def test_a_component_of_a_room_is_imported_when_it_is_asked_for():
    code = (
        "import sys; from crs_plugin.registry import registry; registry.names('evaluation');"
        "print('crs_plugin.evaluation.protocols' in sys.modules);"
        "registry.get('evaluation', 'by_subject');"
        "print('crs_plugin.evaluation.protocols.by_subject' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
