import csv
import io
import os
from pathlib import Path

import torch
from copies_of_faces import dataset_of, nobody, part_of, versions

from crs_plugin.data.leakage.copies import find_copies
from crs_plugin.data.leakage.overlap import overlap
from crs_plugin.data.leakage.pair_list import as_csv


def lines(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode("utf-8", "surrogateescape"))))


def test_pairs_and_persons_are_listed(faces, tmp_path):
    file = Path(os.fsdecode(b'odd, "name" \xff'))
    pixels = torch.cat([faces[:2], faces[:1], versions(faces[1:2], "mirrored"), faces[9:10]])
    dataset = dataset_of(pixels, file, subject=[0, 1, 0, 1, 1])
    parts = part_of("a, b", dataset, [0, 1]), part_of("c", dataset, [2, 3, 4])
    copies = find_copies(parts, nobody)
    listed = lines(as_csv([overlap(parts, copies, 0, 1)]))
    assert [line["kind"] for line in listed] == ["exact", "near", "person", "person"]
    assert [line["similarity"] for line in listed][::2] == ["1.000", ""]
    assert [line["mirrored"] for line in listed] == ["false", "true", "", ""]
    assert listed[0]["first_image"] == f"{file}:0"
    assert listed[0]["second_image"] == f"{file}:2"
    assert listed[1]["second_image"] == f"{file}:3"
    assert {line["first_part"] for line in listed} == {"a, b"}
    known = lines(as_csv([overlap(parts, copies, 0, 1, strangers=False)]))
    assert [line["kind"] for line in known] == ["exact", "near"]


def test_a_list_of_nothing_has_its_header():
    assert as_csv([]).startswith(b"first_part,second_part,kind,")
