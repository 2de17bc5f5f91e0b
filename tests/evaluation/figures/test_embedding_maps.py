import csv
import io
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes

from crs_plugin.evaluation.features.embedding_sample import EmbeddingSample
from crs_plugin.evaluation.figures.embedding_maps import embedding_maps

FEATURES, OTHERS = np.random.default_rng(0).normal(size=(2, 12, 8)).astype(np.float32)
SAMPLE = EmbeddingSample(
    "test images of faces",
    ("fear", "anger", "happiness") * 4,
    ("negative", "negative", "positive") * 4,
    {"trained": FEATURES, "random": OTHERS},
)


def test_there_is_a_map_of_every_encoder_and_one_by_coarse_class() -> None:
    maps = embedding_maps(SAMPLE, "pca", name="here")
    assert [drawing.name for drawing in maps] == ["here_trained", "here_coarse", "here_random"]
    assert maps[0].title == "Trained encoder, by expression"
    assert maps[1].alt == (
        "PCA map of 12 test images of faces, trained encoder, by coarse class; classes: negative,"
        " positive."
    )
    for words in ("fear", "anger", "happiness"):
        assert words in maps[2].svg


def test_the_numbers_are_there_as_well() -> None:
    trained, coarse, random = (
        list(csv.DictReader(io.StringIO(drawing.csv))) for drawing in embedding_maps(SAMPLE, "pca")
    )
    assert [row["label"] for row in trained] == list(SAMPLE.fine)
    assert [row["label"] for row in coarse] == list(SAMPLE.coarse)
    assert [row["x"] for row in trained] == [row["x"] for row in coarse]
    assert [row["x"] for row in trained] != [row["x"] for row in random]


def test_the_same_seed_gives_the_same_map() -> None:
    assert embedding_maps(SAMPLE, seed=3) == embedding_maps(SAMPLE, seed=3)


def test_a_class_that_is_one_expression_looks_the_same_in_both_maps(monkeypatch) -> None:
    looks: list[tuple[str, str, str]] = []
    plot = Axes.plot

    def noted(axes, x, y, marker, **given):
        looks.append((given["label"], given["color"], marker))
        return plot(axes, x, y, marker, **given)

    monkeypatch.setattr(Axes, "plot", noted)
    of = {"neutral": "neutral", "happiness": "positive", "fear": "negative", "anger": "negative"}
    fine = tuple(of) * 3
    coarse = tuple(of[name] for name in fine)
    embedding_maps(replace(SAMPLE, fine=fine, coarse=coarse, features={"trained": FEATURES}), "pca")
    by_name = {label: look for label, *look in looks}
    assert len(looks) == 4 + 3
    assert [look for label, *look in looks if label == "neutral"] == [by_name["neutral"]] * 2
    assert by_name["positive"] == by_name["happiness"]
    assert by_name["negative"] == by_name["anger"]
    assert len({tuple(by_name[label]) for label in of}) == 4
