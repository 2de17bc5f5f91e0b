"""Finding faces and their five landmarks in a photo: YuNet, run by OpenCV (extra ``crop``)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from crs_plugin.errors import InputError
from crs_plugin.registry import MissingExtraError

HOW_TO_GET = (
    "It is the file face_detection_yunet_….onnx of OpenCV's model zoo"
    " (github.com/opencv/opencv_zoo, models/face_detection_yunet, MIT licence); nothing is"
    " downloaded here"
)

_SIDES = (320, 640, 1280)
"""Longer sides in pixels at which faces are looked for, until one is found: YuNet is trained on
faces of 10 to 300 px, so a face that fills a photo is found at the first, a small one later."""

_LEAST_SCORE = 0.6
_OVERLAP = 0.3  # of two boxes, beyond which they are one face; OpenCV's own default
_MOST_FACES = 5000  # OpenCV's own default
_SILENT = 0  # of OpenCV's levels of logging
_BOX, _LANDMARKS, _SCORE = slice(0, 4), slice(4, 14), 14


@dataclass(frozen=True)
class DetectedFace:
    """A face that was found.

    Attributes:
        box: float32 ``[4]``: x, y, width and height in pixels of the photo; may lead out of it.
        landmarks: float32 ``[5, 2]``: x and y of ``alignment.LANDMARKS`` in pixels of the photo,
            the centre of its first pixel being 0, 0.
        score: How sure the detector is, from 0 to 1.
    """

    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    score: float


class FaceDetector:
    """YuNet (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023), run by OpenCV.

    A detector is for one thread at a time.

    Args:
        weights: Its ONNX file.

    Raises:
        InputError: If there is no such file, or it is no such detector.
        MissingExtraError: Without the extra ``crop``.
    """

    def __init__(self, weights: Path) -> None:
        self._weights = weights
        self._cv2 = _opencv()
        if not weights.is_file():
            raise InputError(f"{weights}: there is no such file of a face detector. {HOW_TO_GET}")
        with self._refused():
            self._net = self._cv2.FaceDetectorYN.create(
                str(weights), "", (_SIDES[0], _SIDES[0]), _LEAST_SCORE, _OVERLAP, _MOST_FACES
            )
        self.faces(Image.new("RGB", (_SIDES[0], _SIDES[0])))  # other networks fail only now

    def faces(self, photo: Image.Image) -> list[DetectedFace]:
        """Return the faces in a photo, the largest first.

        A photo is looked at with a longer side of 320 px first, to which a smaller one is enlarged,
        and if no face is found, at 640 and 1280 px, if it is larger than that before.

        Args:
            photo: In mode ``L`` or ``RGB``.
        """
        longer = max(photo.size)
        for before, side in zip((0, *_SIDES), _SIDES, strict=False):
            if before and longer <= before:
                break
            found = self._at(photo, side / longer)
            if found:
                return sorted(found, key=lambda face: -float(face.box[2] * face.box[3]))
        return []

    def _at(self, photo: Image.Image, scale: float) -> list[DetectedFace]:
        size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
        rgb = np.asarray(photo.convert("RGB").resize(size, Image.Resampling.BILINEAR))
        with self._refused():
            self._net.setInputSize(size)
            _, rows = self._net.detect(np.ascontiguousarray(rgb[:, :, ::-1]))
        back = np.array([photo.width / size[0], photo.height / size[1]], np.float32)
        return [
            DetectedFace(
                box=(row[_BOX] * np.tile(back, 2)).astype(np.float32),
                landmarks=((row[_LANDMARKS].reshape(5, 2) + 0.5) * back - 0.5).astype(np.float32),
                score=float(row[_SCORE]),
            )
            for row in (() if rows is None else rows)
        ]

    @contextmanager
    def _refused(self) -> Iterator[None]:
        try:
            yield
        except self._cv2.error as error:
            cause = str(error.err or error).strip().partition("\n")[0]
            raise InputError(
                f"{self._weights}: OpenCV cannot use it as YuNet ({cause}). {HOW_TO_GET}"
            ) from error


def _opencv() -> Any:
    try:
        import cv2
    except ImportError as error:
        raise MissingExtraError("finding faces", "crop") from error
    # It speaks of its back ends; errors are raised. OpenCV 5 has moved the function.
    silence = cv2.setLogLevel if hasattr(cv2, "setLogLevel") else cv2.utils.logging.setLogLevel
    silence(_SILENT)
    return cv2
