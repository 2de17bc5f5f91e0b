"""Docstrings as they are read on a terminal."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

_ENTRIES = {"Args:", "Arguments:", "Parameters:", "Attributes:", "Raises:", "Shape:"}
_ITEM = re.compile(r"([-*+•]|\d+[.)]|:\w[^:]*:)(\s|$)")
_RULE = re.compile(r"[-=~^]+$")  # below a heading


@dataclass
class _Paragraph:
    """Lines that belong together; those after the first may stand deeper (``hanging``)."""

    indent: int
    text: str
    hanging: int

    def wrapped(self, width: int) -> list[str]:
        return wrap(
            self.text.replace("``", ""),
            width,
            initial_indent=" " * self.indent,
            subsequent_indent=" " * (self.indent + self.hanging),
            break_long_words=False,
            break_on_hyphens=False,
        )


def docstring_lines(docstring: str, width: int) -> Iterator[str]:
    """Yield the lines of a docstring, its paragraphs wrapped anew and without double backticks.

    Items of lists and entries of sections begin lines of their own; code stays as it is.

    Args:
        docstring: The docstring, without indentation of its own.
        width: Columns of a line.
    """
    paragraph: _Paragraph | None = None
    section, code = -1, -1  # what stands deeper belongs to a section of entries, or is code
    entries = -1  # how deep the entries stand
    example = False  # up to an empty line
    for line in docstring.splitlines():
        text, indent = line.strip(), len(line) - len(line.lstrip())
        if text:
            code = -1 if indent <= code else code
            section, entries = (-1, -1) if indent <= section else (section, entries)
            entries = indent if section >= 0 and entries < 0 else entries
        example = bool(text) and (example or text.startswith(">>>"))
        verbatim = not text or code >= 0 or example or bool(_RULE.match(text))
        if paragraph and not verbatim and _goes_on(paragraph, text, indent):
            paragraph.text += f" {text}"
        else:
            if paragraph:
                yield from paragraph.wrapped(width)
            item = _ITEM.match(text)
            hanging = len(item[1]) + 1 if item else 4 if indent == entries else 0
            paragraph = None if verbatim else _Paragraph(indent, text, hanging)
        if verbatim:
            yield line.rstrip()
        elif text.endswith("::") or text.startswith(".. "):
            code = indent
        elif text in _ENTRIES:
            section = indent
    if paragraph:
        yield from paragraph.wrapped(width)


def _goes_on(paragraph: _Paragraph, text: str, indent: int) -> bool:
    if _ITEM.match(text) or paragraph.text.endswith(":") or text in _ENTRIES:
        return False
    if paragraph.hanging:
        return indent > paragraph.indent
    return indent == paragraph.indent
