"""The rooms of the package and the one-way arrows between them."""

import ast
import importlib
from pathlib import Path

import pytest

import crs_plugin

PACKAGE = Path(crs_plugin.__file__).parent

GROUND = {
    *("registry", "toolkits", "expressions", "errors", "files", "image_file", "compiling"),
    *("normalisation", "did_you_mean", "output_place"),
}
CORE = {"losses", "miners", "augmentations"}
MAY_IMPORT = {
    "errors": set(),
    "compiling": set(),
    "normalisation": set(),
    "did_you_mean": set(),
    "registry": {"did_you_mean"},
    "toolkits": {"registry"},
    "expressions": {"did_you_mean"},
    "files": set(),
    "output_place": {"errors"},
    "image_file": set(),
    "verbosity": set(),
    "table_widths": set(),
    "losses": GROUND,
    "miners": GROUND | {"losses"},
    "augmentations": GROUND,
    "models": GROUND,
    "testing": {"data", "expressions"},
    "data": GROUND,
    "pretraining": GROUND | CORE | {"data", "models", "verbosity"},
    "evaluation": GROUND | CORE | {"data", "models", "table_widths"},
    "progress": {"verbosity"},
    "recipe": GROUND
    | CORE
    | {"data", "models", "pretraining", "evaluation", "progress"}
    | {"verbosity"},
    "runs": GROUND
    | CORE
    | {"data", "models", "pretraining", "evaluation", "progress", "recipe"}
    | {"verbosity"},
    "cli": GROUND
    | CORE
    | {"data", "models", "pretraining", "evaluation", "progress", "recipe"}
    | {"runs", "verbosity", "table_widths"},
}
FORBIDDEN_LIBRARIES = {
    "expressions": {"torch"},
    "losses": {"pytorch_lightning"},
    "miners": {"pytorch_lightning"},
    "augmentations": {"pytorch_lightning"},
    "testing": {"pytorch_lightning", "pytest"},
    "models": {"pytorch_lightning"},
    "data": {"pytorch_lightning"},
}


def imported_modules(source: str) -> set[str]:
    """Every absolute module name that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def rooms_of(modules: set[str]) -> set[str]:
    inside = (module.split(".") for module in modules if module.startswith("crs_plugin."))
    return {parts[1] for parts in inside} & set(MAY_IMPORT)


def files_of(room: str) -> list[Path]:
    single = PACKAGE / f"{room}.py"
    return [single] if single.exists() else sorted((PACKAGE / room).rglob("*.py"))


def test_every_room_is_in_the_plan():
    rooms = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert rooms - {"__init__", "__main__"} == set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_arrows_point_one_way(room):
    files = files_of(room)
    assert files
    wrong = {
        str(file.relative_to(PACKAGE)): sorted(rooms - MAY_IMPORT[room] - {room})
        for file in files
        if (rooms := rooms_of(imported_modules(file.read_text()))) - MAY_IMPORT[room] - {room}
    }
    assert not wrong


@pytest.mark.parametrize(("room", "libraries"), FORBIDDEN_LIBRARIES.items())
def test_rooms_keep_heavy_libraries_out(room, libraries):
    for file in files_of(room):
        tops = {module.partition(".")[0] for module in imported_modules(file.read_text())}
        assert not tops & libraries, file


def test_no_file_imports_the_lightning_distribution():
    for file in PACKAGE.rglob("*.py"):
        tops = {module.partition(".")[0] for module in imported_modules(file.read_text())}
        assert "lightning" not in tops, file


def test_no_file_breaks_off_at_the_home_of_a_user_that_there_is_not():
    expanding = [file for file in PACKAGE.rglob("*.py") if "expanduser" in file.read_text()]
    assert len(expanding) >= 15
    for file in expanding:  # Path.expanduser raises a RuntimeError, os.path.expanduser nothing
        assert ".expanduser()" not in file.read_text(), file


def test_the_check_sees_an_import_inside_a_function():
    source = "def f():\n    from crs_plugin.cli import main\n"
    assert rooms_of(imported_modules(source)) == {"cli"}


LAZY = [
    ".".join(file.parent.relative_to(PACKAGE.parent).parts)
    for file in sorted(PACKAGE.rglob("__init__.py"))
    if "def __getattr__" in file.read_text()
]


def test_names_that_load_on_first_use_are_found():
    assert len(LAZY) >= 6
    for package in map(importlib.import_module, LAZY):
        for name in package.__all__:
            assert getattr(package, name) is not None, f"{package.__name__}.{name}"
        with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
            package.nothing  # noqa: B018
