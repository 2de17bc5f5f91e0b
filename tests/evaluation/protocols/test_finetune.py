import pytest
import torch

from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.protocols.finetune import Finetune
from crs_plugin.evaluation.references.hog import HOG
from crs_plugin.models.build_backbone import build_backbone
from crs_plugin.models.encoder import Encoder, EncoderInfo
from crs_plugin.registry import registry


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    torch.manual_seed(0)
    info = EncoderInfo("resnet18", {}, 32, (0.5,) * 3, (0.2,) * 3, 512, {})
    return Encoder(build_backbone("resnet18"), info).eval()


def world(faces):
    return faces([0, 1] * 24, ["train"] * 32 + ["test"] * 16, shown=[10, 200] * 24)


def test_it_is_found_by_name() -> None:
    assert registry.get("evaluation", "finetune").target is Finetune


def test_networks_are_fine_tuned_and_what_is_none_is_left_out(faces, encoder) -> None:
    heard = []
    here = EvaluationContext(lambda: world(faces), 32).with_encoders(
        encoder, {"random": encoder.random_like(1), "hog": HOG()}, lambda *a: heard.append(a)
    )
    result = Finetune(epochs=1, batch_size=8)(here)
    (target,) = result.targets
    assert list(target.scores) == ["trained", "random"]
    assert target.trained.n == 16
    assert target.train_data == "faces: 25 images, 7 more chose the epoch"
    assert target.chosen["trained"] == "epoch 1 of 1, chosen on validation"
    assert not result.headline
    assert [measure.name for measure in result.measures] == ["Accuracy", "UAR"]
    told = " ".join(result.notes)
    assert "25 images forwards and backwards for each of 2 networks" in told
    assert "11,177,538 weights" in told
    assert "left out: hog" in told
    assert "from scratch" in told
    assert ("faces, fine-tuned (random)", 1, 1) in heard


def test_an_encoder_that_is_no_network_is_left_out_with_a_note(faces, context) -> None:
    result = Finetune()(context(world(faces)))
    assert result.targets == ()
    assert "no network" in result.notes[0]


def test_it_is_checked_before_training(faces) -> None:
    Finetune().check(EvaluationContext(lambda: world(faces), 4))
    with pytest.raises(InputError, match="split 'test'"):
        Finetune().check(EvaluationContext(lambda: faces([0, 1] * 9, "train"), 4))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"validation_fraction": 1.0}, "between 0 and 1"), ({"batch_size": 1}, "2 at least")],
)
def test_options_that_cannot_be_are_refused(options, message) -> None:
    with pytest.raises(InputError, match=message):
        Finetune(**options)
