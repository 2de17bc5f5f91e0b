"""The command ``crs``, which is ``python -m crs_plugin`` as well."""

import sys


def main() -> None:
    """Run the command; Ctrl-C ends it with code 130 even while it is still being imported."""
    try:
        from crs_plugin.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
