"""A finished figure, and its files."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image


@dataclass(frozen=True)
class Drawing:
    """A figure as files.

    Attributes:
        name: File name without suffix.
        title: Heading.
        alt: What the figure shows, in words.
        svg: The figure as vector graphics, without background; or None.
        png: The figure as pixels; or None.
        csv: Its numbers as a table; or None.
    """

    name: str
    title: str
    alt: str
    svg: str | None = None
    png: bytes | None = None
    csv: str | None = None


def as_svg(figure: "Figure", name: str) -> str:
    """Return the figure as an ``<svg>`` element that names no address on the network."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):  # ids stay apart on one page
        figure.savefig(buffer, format="svg", transparent=True, dpi=200, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg).strip()


def as_png(picture: "Image") -> bytes:
    """Return a picture as the content of a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def as_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as text with comma-separated values."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()
