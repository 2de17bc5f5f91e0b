"""``python -m crs_plugin`` is the command ``crs``."""

from crs_plugin.cli.main import main

if __name__ == "__main__":
    main()
