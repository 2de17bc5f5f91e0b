"""ExpW: faces found in pictures of the web."""

from pathlib import Path

from crs_plugin.data.about import About
from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.layouts.finite_numbers import finite_numbers
from crs_plugin.data.layouts.label_lines import read_lines
from crs_plugin.data.layouts.label_names import PublishedLabels
from crs_plugin.data.layouts.records import Records
from crs_plugin.data.layouts.roots import entry_in, inside, set_folder, unpacked
from crs_plugin.registry import NonNegativeFloat, register

ABOUT = About(
    title="ExpW",
    setting="wild",
    images="91,793 faces without splits",
    labels={
        "0": "anger",
        "1": "disgust",
        "2": "fear",
        "3": "happiness",
        "4": "sadness",
        "5": "surprise",
        "6": "neutral",
    },
    layout=(
        "label/label.lst (image face_id top left right bottom confidence class) and image/origin/,"
        " also below data/, or label.lst beside the images or their folder",
    ),
    how_to_get=(
        "ExpW is for non-commercial research: page 'From Facial Expression Recognition to"
        " Interpersonal Relation Prediction' of the Multimedia Laboratory, CUHK,"
        " http://mmlab.ie.cuhk.edu.hk/projects/socialrelation/index.html"
    ),
)

_LISTS = ("label.lst", "label/label.lst", "data/label/label.lst")
_IMAGE_FOLDERS = ("image/origin", "data/image/origin", "origin", "images", "image")
_LINE = "image.jpg face_id top left right bottom confidence class"


@register("dataset", "expw")
def expw(*, root: Path | None = None, margin: NonNegativeFloat = 0.0) -> FaceDataset:
    """ExpW: faces in pictures of the web, seven expressions, cut out by the boxes of its list.

    Args:
        root: Folder with ``label/label.lst`` and ``image/origin/``, or with ``label.lst`` beside
            the images. Default ``$CRS_DATA/expw``.
        margin: What is added on each side of a box, as a share of its width and height, up to the
            edge of the image.

    Raises:
        DataError: If files are missing or a line of the list is wrong.
    """
    folder = set_folder(root, "expw", _LISTS, ABOUT.how_to_get)
    file = next(found for found in (entry_in(folder, each) for each in _LISTS) if found)
    images = _images(folder, file)
    labels = PublishedLabels(ABOUT.labels)
    records = Records("expw", images, margin)
    for where, line in read_lines(file):
        # A picture's name may have blanks.
        words = line.rsplit(maxsplit=7)
        if len(words) != 8:
            raise DataError(f"{where}: a line must be like {_LINE!r}, not {line!r}")
        image, _, *edges, _, label = words
        path, fine = inside(images, image, where), labels.fine_id(label, where)
        assert fine is not None  # its table leaves nothing out
        box = _box(edges, where)
        if min(box[2:]) <= 0:
            records.leave_out(path, "face box without a pixel")
        else:
            records.add(path, fine, "all", box=box)
    records.skip_unnamed()
    return records.dataset()


def _images(folder: Path, file: Path) -> Path:
    found = (entry_in(folder, each) for each in _IMAGE_FOLDERS)
    return unpacked(next((path for path in found if path), file.parent))


def _box(edges: list[str], where: str) -> list[float]:
    """Return x, y, width and height of a box given as top, left, right and bottom."""
    numbers = finite_numbers(edges)
    if numbers is None:
        raise DataError(f"{where}: top, left, right, bottom must be numbers, not {edges}")
    top, left, right, bottom = numbers
    return [left, top, right - left, bottom - top]
