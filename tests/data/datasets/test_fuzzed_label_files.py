"""Broken label files: a data set is opened, or one message says what is wrong and in which file."""

import random
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mutation import TRIED, flipped, opened_or_refused, scrambled

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.registry import registry

NUMBERS = range(1, 6)
VOTES = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
FACES = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression"
PIXELS = " ".join(["7"] * 48 * 48)


def lines(line: str, header: str = "") -> bytes:
    rows = [line.format(n) for n in NUMBERS]
    return "\n".join([*([header] if header else []), *rows, ""]).encode()


def npy(value: Any) -> bytes:
    from io import BytesIO

    file = BytesIO()
    np.save(file, np.array(value))
    return file.getvalue()


SETS: dict[str, tuple[str, dict[str, Any], str | None, str, bytes]] = {
    "raf_db": (
        *("raf_db", {}, "basic/Image/aligned/train_{}_aligned.jpg"),
        *("basic/EmoLabel/list_patition_label.txt", lines("train_{0}.jpg {0}")),
    ),
    "compound": (
        *("raf_db_compound", {}, "compound/Image/aligned/test_{}_aligned.jpg"),
        *("compound/EmoLabel/list_patition_label.txt", lines("test_{0}.jpg {0}")),
    ),
    "ferplus": (
        *("ferplus", {}, "FER2013Train/{}.png", "fer2013new.csv"),
        lines("Training,{}.png,0,8,0,0,0,0,0,1,0,0", VOTES),
    ),
    "votes of pixels": (
        *("ferplus", {}, None, "fer2013.csv"),
        lines("0," + PIXELS + ",Training", "emotion,pixels,Usage"),
    ),
    "fer2013": (
        *("fer2013", {}, None, "fer2013.csv"),
        lines("{}," + PIXELS + ",Training", "emotion,pixels,Usage"),
    ),
    "expw": (
        *("expw", {}, "image/origin/{}.jpg", "label/label.lst"),
        lines("{0}.jpg 0 1 1 6 6 75 {0}"),
    ),
    "affectnet, table": (
        *("affectnet", {}, "Manually_Annotated_Images/1/{}.jpg", "training.csv"),
        lines("1/{0}.jpg,1,1,5,5,1;2,{0}", FACES),
    ),
    "affectnet, number": (
        *("affectnet", {}, "train_set/images/{}.jpg", "train_set/annotations/3_exp.npy"),
        npy("4"),
    ),
    "ck_plus": (
        *("ck_plus", {}, "cohn-kanade-images/S010/002/S010_002_0000000{}.png"),
        *("Emotion/S010/002/S010_002_00000005_emotion.txt", b"   3.0000000e+00\n"),
    ),
    "table": (
        *("table", {"file": "t.csv", "box_columns": list("xywh"), "split_column": "split"}),
        *(
            "faces/{}.png",
            "t.csv",
            lines("faces/{}.png,happy,train,0,1,5,6", "path,label,split,x,y,w,h"),
        ),
    ),
    "table by tabs": (
        *("table", {"file": "t.tsv", "subject_pattern": r"face_(\d+)"}, "face_{}.png", "t.tsv"),
        lines("face_{}.png\tanger", "path\tlabel"),
    ),
}
"""What → data set, options, image, label file and its content, which is then broken."""


@pytest.mark.parametrize("what", SETS)
def test_fuzzed_label_files(what: str, tmp_path: Path, write_image) -> None:
    name, options, image, labels, content = SETS[what]
    for number in NUMBERS if image else ():
        write_image(tmp_path / image.format(number), 8, "RGB", seed=number)
        if what == "affectnet, number":
            file = tmp_path / f"train_set/annotations/{number}_exp.npy"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(npy("1"))
    if what == "votes of pixels":
        (tmp_path / "fer2013new.csv").write_bytes(lines("Training,,0,8,0,0,0,0,0,1,0,0", VOTES))
    open_it = registry.get("dataset", name).target
    file = tmp_path / labels
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    assert len(open_it(root=tmp_path, **options)) >= 3
    draw, opened = random.Random(what), 0
    for _ in range(TRIED):
        broken = draw.choice([scrambled, scrambled, flipped])(content, draw)
        file.write_bytes(broken)
        found, message = opened_or_refused(lambda: open_it(root=tmp_path, **options))
        if found is None:
            assert message, broken
            assert "Traceback" not in message
            continue
        opened += 1
        assert isinstance(found, FaceDataset)
        assert len(found) > 0
        assert found.counts()
        for index in (0, len(found) - 1):
            image, message = opened_or_refused(partial(found.images.read, index))
            if image is None:  # its box may lie outside of it by now
                assert str(tmp_path) in message
            else:
                assert image.ndim == 3
    assert opened  # some mutations do no harm
