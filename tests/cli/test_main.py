"""What every command has in common: help, exit codes, messages without traceback."""

import contextlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

import crs_plugin
from crs_plugin.cli import main as cli
from crs_plugin.errors import InputError


def all_commands(group: click.Command, path: tuple[str, ...] = ()):
    context = click.Context(group)
    if isinstance(group, click.Group):
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            yield (*path, name), command
            yield from all_commands(command, (*path, name))


COMMANDS = dict(all_commands(cli.crs))


def test_the_commands_are_those_documented():
    assert {" ".join(path) for path in COMMANDS if len(path) == 2} == {
        *(f"recipe {name}" for name in ("run", "list", "show", "copy", "validate", "schema")),
        *(f"cache {name}" for name in ("list", "verify", "clear")),
        "components list",
        "components show",
        *(f"data {name}" for name in ("augment", "check", "crop", "inspect", "list")),
        "data preview",
        "data shard",
        "recipe sweep",
    }
    assert {" ".join(path) for path in COMMANDS if len(path) == 1} == {
        *("recipe", "components", "data", "cache", "embed", "predict", "export", "import"),
        *("evaluate", "compare", "doctor"),
    }


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_help_text_ends_with_an_example(call, capsys, path):
    assert call(*path, "--help") == 0
    assert capsys.readouterr().out.strip().splitlines()[-1].strip().startswith("Example: crs ")


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_is_explained(path):
    options = [each for each in COMMANDS[path].params if isinstance(each, click.Option)]
    assert [each.name for each in options if not each.help] == []
    for option in options:
        if option.opts == ["--set"]:
            assert re.match(r"Set an? (value of the recipe|option of the data set)", option.help)
            assert "can be repeated" in option.help


def test_commands_that_texts_name_can_be_called_so():
    package = Path(crs_plugin.__file__).parent
    texts = "".join(file.read_text() for file in package.rglob("*.py"))
    named = {
        *re.findall(r"'crs ([a-z][^'\n]*)'", texts),
        *re.findall(r"Example: crs (.+)\"", texts),
    }
    assert len(named) > len(COMMANDS)
    for line in sorted(named):
        words = shlex.split(line.partition(" > ")[0])
        path = max((p for p in COMMANDS if list(p) == words[: len(p)]), key=len, default=None)
        assert path is not None, line
        with contextlib.suppress(click.MissingParameter):  # the text names the command alone
            COMMANDS[path].make_context(line, words[len(path) :])


def test_arguments_are_called_in_the_text_as_in_the_usage(call, capsys):
    assert call("recipe", "run", "--help") == 0
    assert "FILE_OR_NAME is a recipe file" in " ".join(capsys.readouterr().out.split())


def imported_by(*arguments: str) -> set[str]:
    """Return the packages that a command has imported when it is done."""
    code = (
        "import sys\n"
        f"sys.argv = ['crs', *{arguments!r}]\n"
        "from crs_plugin.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(*{m.partition('.')[0] for m in sys.modules}, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("path", [(), ("recipe",), ("components",), ("data",)], ids=" ".join)
def test_help_of_a_group_imports_nothing_heavy(path):
    heavy = {"torch", "numpy", "rich", "pydantic", "ruamel", "kornia", "matplotlib"}
    assert not heavy & imported_by(*path, "--help")


def test_listing_recipes_imports_nothing_heavy():
    assert not {"torch", "numpy", "pydantic"} & imported_by("recipe", "list")


def test_showing_a_recipe_imports_nothing_heavy():
    assert not {"torch", "numpy", "pytorch_metric_learning"} & imported_by(
        "recipe", "show", "crs_cont_resnet18"
    )


def test_checking_a_recipe_imports_pytorch_but_little_else():
    imported = imported_by("recipe", "validate", "crs_cont_resnet18")
    assert "torch" in imported
    heavy = {"torchvision", "kornia", "lightly", "pytorch_lightning", "sklearn", "matplotlib"}
    assert not heavy & imported


def test_an_interruption_while_the_command_is_imported_is_quiet(tmp_path):
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    command = [sys.executable, "-m", "crs_plugin", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_the_package_is_imported_in_an_instant():
    code = "import sys, crs_plugin; print('crs_plugin.registry' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["embd"], "No such command 'embd'; did you mean 'embed'?"),
        (["recipe", "sho"], "No such command 'sho'; did you mean 'show'?"),
        (["xyz"], "No such command 'xyz'.\n"),
    ],
)
def test_a_command_that_there_is_not_gets_the_nearest_suggested(words, told, call, capsys):
    assert call(*words) == 2
    assert told in capsys.readouterr().err


def test_without_a_command_the_help_is_shown(call, capsys):
    call()
    assert "Exit codes" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (InputError("the recipe is wrong"), 2, "Error: the recipe is wrong"),
        (KeyboardInterrupt(), 130, "Interrupted"),
        (PermissionError(13, "Permission denied", "/x/y"), 2, "/x/y: Permission denied"),
    ],
)
def test_errors_have_a_message_and_a_code(call, monkeypatch, capsys, error, code, shown):
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli.crs, "main", fail)
    assert call() == code
    captured = capsys.readouterr()
    assert shown in captured.err
    assert "Traceback" not in captured.err


def test_a_bug_is_not_hidden(monkeypatch):
    monkeypatch.setattr(cli.crs, "main", lambda **_: 1 / 0)
    monkeypatch.setattr(sys, "argv", ["crs"])
    with pytest.raises(ZeroDivisionError):
        cli.main()


@pytest.mark.parametrize(
    "arguments", [("recipes",), ("recipe", "start"), ("recipe", "run"), ("recipe", "list", "--no")]
)
def test_wrong_usage_ends_with_code_2(call, capsys, arguments):
    assert call(*arguments) == 2
    assert "Error: " in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "words", [(), ("--help",), ("recipe", "list"), ("recipe", "list", "--json")], ids=" ".join
)
def test_a_standard_output_that_is_full_is_told_in_one_line(words, unbuffered):
    command = [sys.executable, "-m", "crs_plugin", *words]
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment
        )
    assert done.returncode == 2
    assert done.stderr == ("Error: standard output cannot be written to: No space left on device\n")


def test_a_reader_that_has_gone_is_no_error():
    command = [sys.executable, "-m", "crs_plugin", "recipe", "schema"]
    done = subprocess.run(
        [*("bash", "-c", '"$@" | head -n 1', "bash"), *command], capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_an_error_of_the_system_that_names_no_file_is_not_blamed_on_the_output(monkeypatch):
    def fail(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli.crs, "main", fail)
    monkeypatch.setattr(sys, "argv", ["crs"])
    with pytest.raises(OSError, match="No space"):
        cli.main()
