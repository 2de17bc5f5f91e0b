"""The command ``crs``: parses, calls, prints; every other module does the work."""

import signal
import sys
import traceback

import click

from crs_plugin import verbosity
from crs_plugin.cli.interrupting import interrupt
from crs_plugin.cli.lazy_group import LazyGroup
from crs_plugin.cli.standard_output import is_unwritable
from crs_plugin.errors import InputError
from crs_plugin.registry import RegistryError
from crs_plugin.verbosity import Verbosity

EXIT_OK, EXIT_FAILURE, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 0, 1, 2, 130


@click.group(
    cls=LazyGroup,
    subcommands={
        "recipe": ("crs_plugin.cli.recipe", "Run, check, list and copy recipes."),
        "embed": ("crs_plugin.cli.embed", "Write the features of images to a file."),
        "predict": ("crs_plugin.cli.predict", "Say which expression faces show."),
        "export": ("crs_plugin.cli.export", "Write an encoder as safetensors, pt2 or ONNX."),
        "import": ("crs_plugin.cli.import_checkpoint", "Make an encoder of a checkpoint."),
        "evaluate": ("crs_plugin.cli.evaluate", "Evaluate any encoder after the fact."),
        "compare": ("crs_plugin.cli.compare", "Set runs side by side, with their differences."),
        "components": ("crs_plugin.cli.components", "List what recipes are assembled from."),
        "data": ("crs_plugin.cli.data", "List, look at and crop data sets."),
        "doctor": ("crs_plugin.cli.doctor", "Look at this machine, and how fast it trains."),
        "cache": ("crs_plugin.cli.cache", "Look at and clear the cache of decoded images."),
    },
    epilog="Example: crs recipe run crs_cont_resnet18",
)
@click.version_option(package_name="crs_plugin", prog_name="crs")
def crs() -> None:
    """Pre-train, evaluate and use a general facial-expression encoder.

    Exit codes: 0 done; 2 bad input (the message says what and where); 130 interrupted by Ctrl-C or
    SIGTERM (what was done is saved); 1 anything else.
    """


def main() -> None:
    """Run the command line and exit with its code; SIGTERM is handled like Ctrl-C."""
    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # it may be ignored
        signal.signal(signal.SIGINT, interrupt)
    sys.exit(_run())


def _run() -> int:
    chosen_before = verbosity.chosen.set(Verbosity.NORMAL)
    try:
        return _code()
    except OSError as error:
        if error.filename is None and not is_unwritable():
            raise
        _tell(f"{error.filename or 'standard output cannot be written to'}: {error.strerror}")
        return EXIT_BAD_INPUT
    finally:
        verbosity.chosen.reset(chosen_before)


def _code() -> int:
    try:
        code = crs.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else str(error))
        return EXIT_OK
    except click.ClickException as error:
        error.show()
        return EXIT_BAD_INPUT
    except (InputError, RegistryError) as error:
        _tell(str(error))
        return EXIT_BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return EXIT_INTERRUPTED
    return code if isinstance(code, int) else EXIT_OK


def _tell(error: str) -> None:
    """Print what is wrong; where it came from only if that was asked for."""
    if verbosity.chosen.get() is Verbosity.VERBOSE:
        traceback.print_exc()
    click.echo(f"Error: {error}", err=True)
