"""Tar files of small images for the tests, as anybody may write them."""

import json
import tarfile
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image


def png(seed: int, size: int = 8) -> bytes:
    """A small grey image of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def write_tar(path: Path, members: dict[str, bytes | dict | str], format: int = 1) -> Path:
    """Write members in order; a dict becomes JSON, a text a link to that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:", format=format) as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                tar.addfile(member)
                continue
            data = json.dumps(content).encode() if isinstance(content, dict) else content
            member.size = len(data)
            tar.addfile(member, BytesIO(data))
    return path


def records(labels: list[str], first: int = 0) -> dict[str, bytes | dict | str]:
    """Members of records with these labels."""
    return {
        name: content
        for number, label in enumerate(labels, start=first)
        for name, content in (
            (f"{number:04d}.png", png(number)),
            (f"{number:04d}.json", {"label": label}),
        )
    }
