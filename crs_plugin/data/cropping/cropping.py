"""Cutting the faces out of a data set's photos, into files that the data set ``table`` opens."""

import csv
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path, PurePath
from threading import local
from typing import Any, Protocol

import numpy as np
from PIL import Image

from crs_plugin.data.bad_images import BadImage, as_tsv
from crs_plugin.data.cropping.alignment import aligned
from crs_plugin.data.cropping.crop_log import Crop, CropLog
from crs_plugin.data.cropping.face_detector import DetectedFace
from crs_plugin.data.dataset import SPLITS, DataError, FaceDataset
from crs_plugin.data.dataset_digest import dataset_digest
from crs_plugin.data.decoding import Progress, usable_cores
from crs_plugin.data.images import FileImages, picture_of
from crs_plugin.expressions import ALL_EXPRESSIONS, UNLABELLED
from crs_plugin.files import atomic_path, write_atomically

TABLE, LEFT_OUT, IMAGES = "faces.csv", "left_out.tsv", "images"
"""What is written: the table, the list of images without a face, and the folder of the faces."""

NO_FACE = "no face is found"
"""Reason of images in which the detector finds nothing."""

COLUMNS = ("path", "label", "split", "subject", "source")
"""Columns of the table; ``source`` is the photo that a face is from, ``subject`` the person by the
name that the data set has, or else by number."""

_IN_A_BATCH = 32


class Detector(Protocol):
    """Finds faces in one photo after the other."""

    def faces(self, photo: Image.Image) -> list[DetectedFace]:
        """Return the faces in a photo, the largest first."""


@dataclass(frozen=True)
class Crops:
    """What came of it.

    Attributes:
        faces: Faces that are in the table.
        from_before: Images that an earlier, interrupted call had done.
        several: Images in which several faces were found; the largest was taken.
        left_out: Images without a face in the table, and why.
    """

    faces: int
    from_before: int
    several: int
    left_out: tuple[BadImage, ...] = field(default=())

    @property
    def reasons(self) -> Mapping[str, int]:
        """Reason, in short → how many images were left out for it, the most frequent first."""
        short = (image.reason.partition(":")[0] for image in self.left_out)
        return dict(Counter(short).most_common())


@dataclass(frozen=True)
class _Cropper:
    """Cuts the face out of single images, from several threads."""

    dataset: FaceDataset
    folder: Path
    files: Sequence[str]
    detector: Callable[[], Detector] | None
    margin: float
    own: local = field(default_factory=local)

    def __call__(self, index: int) -> Crop:
        detector = self._own_detector()
        try:
            photo = picture_of(self.dataset.images.read(index))
            crop, face = self._face(index, photo, detector)
        except ValueError as error:  # damaged files, or landmarks that are no face's
            return Crop(index, reason=BadImage.of(self.dataset.images.name(index), error).reason)
        if face is not None:
            path = self.folder / self.files[index]
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(path) as temporary:
                face.save(temporary)
        return crop

    def _own_detector(self) -> Detector | None:
        if self.detector is None:
            return None
        if not hasattr(self.own, "detector"):
            self.own.detector = self.detector()
        own: Detector = self.own.detector
        return own

    def _face(
        self, index: int, photo: Image.Image, detector: Detector | None
    ) -> tuple[Crop, Image.Image | None]:
        if detector is None:  # then reading has cut it out
            return Crop(index, self.files[index]), photo
        faces = detector.faces(photo)
        if not faces:
            return Crop(index, reason=NO_FACE, faces=0), None
        landmarks = faces[0].landmarks
        places = np.round(landmarks.astype(float), 2).tolist()
        crop = Crop(index, self.files[index], "", len(faces), round(faces[0].score, 4), places)
        return crop, aligned(photo, landmarks, self.margin)


def crop_faces(
    dataset: FaceDataset,
    folder: Path,
    *,
    detector: Callable[[], Detector] | None = None,
    made_by: Mapping[str, Any] | None = None,
    margin: float = 0.0,
    progress: Progress | None = None,
) -> Crops:
    """Cut the face out of every image of a data set, turned upright, into PNG files and a table.

    With a detector, the largest face of an image is aligned by its five landmarks (see
    ``alignment.aligned``). Without one, images are written as the data set reads them: cut out by
    its boxes, or aligned by its landmarks.

    Each face is written whole or not at all; the table when all are done. A call that was
    interrupted is gone on with by the same call.

    Args:
        dataset: The faces.
        folder: Gets ``faces.csv`` (path, label, split, subject, source), ``images/``,
            ``left_out.tsv``, and ``crops.jsonl``, which says how each face was made.
        detector: Makes a detector, once for each thread.
        made_by: What says which detector that is, as plain values, and how the data set was opened
            (``crop_log.OPTIONS``).
        margin: Share of the template's side that is added on each side of aligned faces.
        progress: Hears how many images are done, and of how many.

    Raises:
        DataError: If there is neither a detector nor a place of the faces, no face is found at all,
            or the folder has other files, or faces that were made otherwise.
    """
    if detector is None and not _has_places(dataset):
        raise DataError(
            f"data set {dataset.name} does not say where in its photos the faces are: name the"
            " weights of a detector (--detector FILE), or open it by a table with boxes"
            " ('box_columns') or landmarks ('landmark_columns')"
        )
    settings = {"data": dataset.name, "images": dataset_digest(dataset), "margin": margin}
    log = CropLog(folder, {**settings, **(made_by or {})})
    done = {i for i, crop in log.done.items() if not crop.file or (folder / crop.file).is_file()}
    cropper = _Cropper(dataset, folder, _files(dataset), detector, margin)
    left = [index for index in range(len(dataset)) if index not in done]
    with ThreadPoolExecutor(usable_cores()) as pool:
        for start in range(0, len(left), _IN_A_BATCH):
            batch = left[start : start + _IN_A_BATCH]
            log.add(pool.map(cropper, batch))
            if progress is not None:
                progress(len(done) + start + len(batch), len(dataset))
    return _finished(dataset, folder, [log.done[i] for i in range(len(dataset))], len(done))


def _finished(dataset: FaceDataset, folder: Path, crops: Sequence[Crop], from_before: int) -> Crops:
    names = dataset.images.name
    left_out = tuple(BadImage(names(crop.index), crop.reason) for crop in crops if not crop.file)
    found = Crops(
        faces=len(crops) - len(left_out),
        from_before=from_before,
        several=sum((crop.faces or 0) > 1 for crop in crops),
        left_out=left_out,
    )
    write_atomically(folder / LEFT_OUT, as_tsv(left_out))
    if found.faces == 0:
        raise DataError(
            f"data set {dataset.name}: there is a face in none of its {len(crops):,} images;"
            f" {folder / LEFT_OUT} says why"
        )
    kept = [(crop.index, crop.file) for crop in crops if crop.file]
    write_atomically(folder / TABLE, _table(dataset, kept))
    return found


def _table(dataset: FaceDataset, kept: Sequence[tuple[int, str]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for index, file in kept:
        fine = int(dataset.fine[index])
        label = "" if fine == UNLABELLED else ALL_EXPRESSIONS[fine]
        split = SPLITS[dataset.split[index]]
        subject = _subject(dataset, index)
        source = _text(os.fsencode(dataset.images.name(index)))
        writer.writerow((file, label, split, subject, source))
    return text.getvalue()


def _subject(dataset: FaceDataset, index: int) -> str:
    person = int(dataset.subject[index])
    if person < 0:
        return ""
    name = dataset.subject_names.get(person, str(person))
    return name.encode("utf-8", "backslashreplace").decode()  # which keeps persons apart


def _has_places(dataset: FaceDataset) -> bool:
    images = dataset.images
    return any(getattr(images, name, None) is not None for name in ("boxes", "landmarks"))


def _files(dataset: FaceDataset) -> list[str]:
    """Return a file name for each face: the photo's, with a number where that is not enough."""
    images = dataset.images
    if not isinstance(images, FileImages):
        return [f"{IMAGES}/{index:06d}.png" for index in range(len(dataset))]
    used: set[str] = set()
    files = []
    for path in images.paths.tolist():
        stem = PurePath(IMAGES, _text(path)).with_suffix("").as_posix()
        file, number = f"{stem}.png", 1
        while file.lower() in used:  # in lower case, as some disks do not tell cases apart
            number += 1
            file = f"{stem}.{number}.png"
        used.add(file.lower())
        files.append(file)
    return files


def _text(path: bytes) -> str:
    """Return a path as text that UTF-8 can hold, whatever the disk has."""
    return path.decode("utf-8", "replace")
