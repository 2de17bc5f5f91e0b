import numpy as np
import pytest
import torch
from copies_of_faces import dataset_of, part_of

from crs_plugin.data.decoded_images import DecodedImages
from crs_plugin.data.leakage.part import Part, splits_of


def test_the_splits_of_a_data_set_are_its_parts(faces, tmp_path):
    dataset = dataset_of(faces[:6], tmp_path, split=[2, 0, 0, 2, 3, 0], subject=range(6))
    train, test = splits_of(dataset, DecodedImages(faces[:6], ""))
    assert (train.name, test.name) == ("faces: train", "faces: test")
    assert train.rows.tolist() == [1, 2, 5]
    assert len(test) == 2
    assert test.subject.tolist() == [0, 3]
    assert train.dataset is test.dataset is dataset
    assert (train.images[torch.arange(3)] == faces[[1, 2, 5]]).all()


def test_a_set_without_splits_has_none(faces, tmp_path):
    dataset = dataset_of(faces[:3], tmp_path, split=[3, 3, 3])
    assert splits_of(dataset, DecodedImages(faces[:3], "")) == []


def test_rows_and_images_are_as_many(faces, tmp_path):
    part = part_of("a", dataset_of(faces[:3], tmp_path))
    with pytest.raises(ValueError, match="2 rows of 3 images"):
        Part("a", part.dataset, np.arange(2), part.images)
