"""Label files without a header: one record a line, its parts between blanks."""

from collections.abc import Iterator
from pathlib import Path

from crs_plugin.data.dataset import DataError
from crs_plugin.data.layouts.label_tables import text_encoding


def read_lines(file: Path) -> Iterator[tuple[str, str]]:
    """Yield ``file:line`` and the text of every line that is not blank.

    Text is UTF-8, or UTF-16 with its mark; line ends do not matter, nor do blanks at the ends.

    Raises:
        DataError: If the file cannot be read.
    """
    try:
        with file.open(encoding=text_encoding(file)) as text:
            for number, line in enumerate(text, start=1):
                if line.strip():
                    yield f"{file}:{number}", line.strip()
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeError as error:
        raise DataError(f"{file}: is not UTF-8 text ({error}); save it as UTF-8") from error
