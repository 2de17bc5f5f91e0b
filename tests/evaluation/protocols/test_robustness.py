from dataclasses import dataclass

import numpy as np
import pytest
import torch

from crs_plugin.data.dataset import SPLITS, FaceDataset
from crs_plugin.data.images import ArrayImages
from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.graded_changes import GradedChange
from crs_plugin.evaluation.protocols import robustness as module
from crs_plugin.evaluation.protocols.robustness import Robustness

SIZE = 24


@dataclass
class Pixels:
    """An encoder whose features are the pixels, or what is left of them."""

    blind: bool = False

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        features = images[:, :1].flatten(1).float()
        return torch.zeros(len(images), 3) if self.blind else features


def stripes(number: int, wrong: float = 0) -> FaceDataset:
    """Two classes, stripes down and across, with some noise; a share of the labels is wrong."""
    generator = np.random.default_rng(0)
    fine = np.arange(number) % 2
    wave = 60 * np.sign(np.sin(np.arange(SIZE) * np.pi / 2 + 0.1))
    down = np.broadcast_to(wave, (SIZE, SIZE))
    pictures = np.where(fine[:, None, None] == 0, down, down.T) + 128
    pictures = pictures + generator.normal(0, 25, pictures.shape)
    labels = np.where(generator.random(number) < wrong, 1 - fine, fine)
    return FaceDataset(
        "stripes",
        ArrayImages(pictures.clip(0, 255).astype(np.uint8)[:, None], np.arange(number), "x.csv"),
        labels.astype(np.int16),
        np.where(np.arange(number) < number / 2, *map(SPLITS.index, ("train", "test"))).astype(
            np.int8
        ),
        np.full(number, -1, np.int32),
    )


def context(dataset: FaceDataset) -> EvaluationContext:
    encoders = Pixels(), {"random": Pixels(blind=True)}
    return EvaluationContext(lambda: dataset, SIZE).with_encoders(*encoders)


@pytest.fixture(scope="module")
def result():
    return Robustness()(context(stripes(160)))


def test_clean_pictures_and_five_severities_of_every_change_are_tested(result) -> None:
    places = [(target.at["change"], target.at["severity"]) for target in result.targets]
    assert places[0] == ("clean", 0)
    assert len(places) == len(set(places)) == 26
    assert not result.headline
    assert {target.trained.n for target in result.targets} == {80}
    assert result.targets[0].trained.accuracy > 0.95
    assert result.targets[0].scores["random"].accuracy == 0.5


def test_what_erases_the_stripes_is_measured(result) -> None:
    by_place = {(t.at["change"], t.at["severity"]): t.trained.uar for t in result.targets}
    assert by_place["low resolution", 1] == by_place["clean", 0]
    assert by_place["low resolution", 5] < 0.75


def test_measures_are_means_over_the_severities(result) -> None:
    figures = {measure.name: measure.values["trained"] for measure in result.measures}
    assert list(figures)[:4] == ["UAR, clean", "Accuracy, clean", "UAR, blur", "Accuracy, blur"]
    assert list(figures)[-1] == "Accuracy, all changes"
    of_blur = [t.trained.uar for t in result.targets if t.at["change"] == "blur"]
    assert figures["UAR, blur"].value == pytest.approx(np.mean(of_blur))
    everything = np.mean([t.trained.uar for t in result.targets[1:]])
    assert figures["UAR, all changes"].value == pytest.approx(everything)


def test_an_image_is_drawn_with_all_that_was_done_to_it(monkeypatch) -> None:
    """Five times the same pictures are no more to go by than once."""
    nothing = GradedChange(lambda images, _: images, (1, 2, 3, 4, 5), "times nothing")
    monkeypatch.setattr(module, "CHANGES", {**module.CHANGES, "blur": nothing})
    result = module.Robustness(changes=["blur"])(context(stripes(240, wrong=0.2)))
    widths = {
        measure.name: np.diff(measure.values["trained"].interval)[0] for measure in result.measures
    }
    assert widths["UAR, clean"] > 0.08
    assert widths["UAR, blur"] == pytest.approx(widths["UAR, clean"], rel=0.15)


def test_the_figures_show_the_pictures_and_a_curve_for_each_change(result) -> None:
    names = [drawing.name for drawing in result.drawings]
    assert names[0] == "stripes_robustness_pictures"
    assert names[-1] == "stripes_robustness_low_resolution"
    assert len(names) == 6
    rows = result.drawings[1].csv.splitlines()
    assert rows[0] == "severity,strength,encoder,accuracy,uar,uar_low,uar_high"
    assert len(rows) == 1 + 6 * 2
    assert "<image" in result.drawings[0].svg


def test_the_same_seed_gives_the_same_figures() -> None:
    one, two = (Robustness(changes=["noise"])(context(stripes(40))) for _ in range(2))
    assert one.measures == two.measures


def test_only_what_was_asked_for_is_done_to_as_many_images() -> None:
    result = Robustness(changes=["darkness"], images=20)(context(stripes(160)))
    assert [target.trained.n for target in result.targets] == [20] * 6
    assert "20 of 80 test images were drawn for it." in result.notes
    assert not any("all changes" in measure.name for measure in result.measures)


def test_it_is_checked_before_training() -> None:
    Robustness().check(EvaluationContext(lambda: stripes(40), SIZE))
    trained = stripes(40).take(np.arange(20))
    with pytest.raises(InputError, match="split 'test'"):
        Robustness().check(EvaluationContext(lambda: trained, SIZE))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"changes": ["rain"]}, "must be some of blur, noise"),
        ({"changes": ()}, "must be some of"),
        ({"validation_fraction": 0.0}, "between 0 and 1"),
        ({"regularisation": ()}, "at least one"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message) -> None:
    with pytest.raises(InputError, match=message):
        Robustness(**options)
