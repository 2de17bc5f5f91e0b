import os

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_encoder import random_images, tiny_encoder

from crs_plugin.evaluation.features import file_features
from crs_plugin.evaluation.features.file_features import features_of_files


class CountingEncoder:
    """Counts what it embeds, and is interrupted when that exceeds a number."""

    def __init__(self, most: int = 10**9) -> None:
        self.encoder, self.seen, self.most = tiny_encoder(), 0, most
        self.info, self.digest = self.encoder.info, self.encoder.digest

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        if self.seen + len(images) > self.most:
            raise KeyboardInterrupt
        self.seen += len(images)
        return self.encoder.embed(images)


@pytest.fixture
def paths(tmp_path, monkeypatch):
    monkeypatch.setattr(file_features, "_PART", 4)
    monkeypatch.setattr(file_features, "in_chunks", lambda rows, size: np.split(rows, len(rows)))
    found = []
    for index, image in enumerate(random_images(10, 16, 16)):
        found.append(str(tmp_path / f"{index}.png"))
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(found[-1])
    return found


def nobody(done: int, of: int) -> None:
    pass


def test_features_are_those_of_embed_in_order(paths, tmp_path):
    told: list[tuple[int, int]] = []
    found = features_of_files(
        CountingEncoder(), paths, tmp_path / "kept", lambda *step: told.append(step)
    )
    assert (found.paths, found.bad, found.continued) == (tuple(paths), (), 0)
    expected = tiny_encoder().embed(paths).numpy()
    np.testing.assert_allclose(found.features, expected, atol=1e-6)
    assert (told[0], told[-1]) == ((0, 10), (10, 10))


def test_an_interrupted_run_goes_on_where_it_was(paths, tmp_path):
    kept = tmp_path / "kept"
    with pytest.raises(KeyboardInterrupt):
        features_of_files(CountingEncoder(most=6), paths, kept, nobody)
    again = CountingEncoder()
    found = features_of_files(again, paths, kept, nobody)
    assert (again.seen, found.continued) == (4, 6)
    fresh = features_of_files(CountingEncoder(), paths, tmp_path / "other", nobody)
    np.testing.assert_array_equal(found.features, fresh.features)


def test_a_changed_file_and_another_encoder_are_done_again(paths, tmp_path):
    kept = tmp_path / "kept"
    features_of_files(CountingEncoder(), paths, kept, nobody)
    Image.new("RGB", (16, 16), "red").save(paths[3])
    os.utime(paths[3], ns=(1, 1))
    again = CountingEncoder()
    found = features_of_files(again, paths, kept, nobody)
    assert again.seen == 1
    np.testing.assert_allclose(found.features[3], tiny_encoder().embed(paths[3]).numpy()[0])
    other = tiny_encoder(seed=1)
    assert features_of_files(other, paths, kept, nobody).continued == 0


def test_a_damaged_part_is_as_if_it_had_not_been_done(paths, tmp_path):
    kept = tmp_path / "kept"
    features_of_files(CountingEncoder(), paths, kept, nobody)
    parts = sorted(kept.iterdir())
    assert len(parts) == 3
    parts[0].write_bytes(parts[0].read_bytes()[:50])
    again = CountingEncoder()
    assert len(features_of_files(again, paths, kept, nobody).paths) == 10
    assert again.seen == 4


def test_files_that_cannot_be_read_are_told_and_the_others_done(paths, tmp_path):
    (tmp_path / "1.png").write_bytes(b"no image")
    found = features_of_files(
        CountingEncoder(), [*paths, str(tmp_path / "none.png")], tmp_path / "kept", nobody
    )
    assert [bad.name for bad in found.bad] == [paths[1], str(tmp_path / "none.png")]
    assert found.paths == (paths[0], *paths[2:])
    assert found.features.shape == (9, 6)


def test_a_folder_that_cannot_be_written_is_named(paths, tmp_path):
    with pytest.raises(OSError, match="none") as raised:
        features_of_files(CountingEncoder(), paths, tmp_path / "none" / ".parts", nobody)
    assert raised.value.filename == str(tmp_path / "none")
