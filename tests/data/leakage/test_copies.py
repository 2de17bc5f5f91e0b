from pathlib import Path

import numpy as np
from copies_of_faces import SIZE, dataset_of, nobody, part_of, versions
from PIL import Image

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.data.images import FileImages
from crs_plugin.data.leakage.copies import find_copies


def files(folder: Path, pixels) -> FaceDataset:
    folder.mkdir()
    for number, face in enumerate(pixels):
        Image.fromarray(face.permute(1, 2, 0).numpy()).save(folder / f"{number}.png")
    n = len(pixels)
    names = [f"{number}.png" for number in range(n)]
    none = np.full(n, -1, np.int32)
    images = FileImages.of(folder, names)
    return FaceDataset(folder.name, images, np.zeros(n, np.int16), np.zeros(n, np.int8), none)


def test_an_image_in_two_parts_is_looked_at_once(faces, tmp_path):
    dataset = dataset_of(faces[:9], tmp_path)
    told = []
    parts = [part_of("a", dataset, [5, 6, 7, 8]), part_of("b", dataset, [8, 0, 5])]
    copies = find_copies(parts, lambda *done: told.append(done))
    assert copies.row.tolist() == [0, 5, 6, 7, 8]
    assert [places.tolist() for places in copies.places] == [[1, 2, 3, 4], [4, 0, 1]]
    assert ("looking at images of a", 4, 4) in told
    assert ("looking at images of b", 1, 1) in told
    assert told[-1][0] == "looking for copies of images"


def test_images_of_equal_pixels_are_a_group(faces, tmp_path):
    one = dataset_of(faces[:4], tmp_path)
    other = dataset_of(faces[[9, 2, 2]], tmp_path)
    copies = find_copies([part_of("a", one), part_of("b", other)], nobody)
    assert copies.dataset.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert copies.group[2] == copies.group[5] == copies.group[6]
    assert len(set(copies.group.tolist())) == 5


def test_two_sizes_of_decoding_do_not_hide_that_an_image_is_the_same(faces, tmp_path):
    one, other = files(tmp_path / "one", faces[:5]), files(tmp_path / "other", faces[3:8])
    changed = files(tmp_path / "changed", versions(faces[:3], "JPEG 30"))
    parts = [part_of("a", one, size=60), part_of("b", other, size=SIZE), part_of("c", changed)]
    copies = find_copies(parts, nobody)
    assert copies.group[3] == copies.group[5]
    assert copies.group[4] == copies.group[6]
    assert len(set(copies.group.tolist())) == 11
    near = set(zip(copies.near.first.tolist(), copies.near.second.tolist(), strict=True))
    for number in range(3):
        pair = copies.group[number], copies.group[10 + number]
        assert pair in near or pair[::-1] in near


def test_the_same_files_are_not_read_again(faces, tmp_path, monkeypatch):
    dataset = files(tmp_path / "one", faces[:5])
    twice = FaceDataset(**(vars(dataset) | {"name": "opened again"}))
    parts = [part_of("a", dataset, size=60), part_of("b", twice)]
    monkeypatch.setattr(FileImages, "read", None)
    copies = find_copies(parts, nobody)
    assert np.array_equal(copies.group[:5], copies.group[5:])


def test_persons_of_two_sets_are_the_same_if_they_share_an_image(faces, tmp_path):
    one = dataset_of(faces[:6], tmp_path, subject=[0, 0, 1, 1, 2, -1])
    other = dataset_of(faces[[0, 20, 21, 22, 5]], tmp_path, subject=[7, 7, 0, -1, 3])
    copies = find_copies([part_of("a", one), part_of("b", other)], nobody)
    person = copies.person.tolist()
    assert person[:6] == [0, 0, 1, 1, 2, -1]
    assert person[6:8] == [0, 0]  # an image of theirs is there, so the other is theirs as well
    assert person[8] not in (0, 1, 2, -1)
    assert person[9] == -1
    assert person[10] not in (0, 1, 2, -1)


def test_persons_are_the_same_by_way_of_a_third_set(faces, tmp_path):
    one = dataset_of(faces[[0, 1]], tmp_path, subject=[0, 1])
    other = dataset_of(faces[[2, 3]], tmp_path, subject=[4, 5])
    third = dataset_of(faces[[0, 2]], tmp_path, subject=[8, 8])  # one's first is other's first
    parts = [part_of("a", one), part_of("b", other), part_of("c", third)]
    copies = find_copies(parts, nobody)
    assert copies.person[[0, 2, 4, 5]].tolist() == [0, 0, 0, 0]
    assert len(set(copies.person[[0, 1, 3]].tolist())) == 3
