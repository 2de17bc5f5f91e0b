import pytest
import torch
from torch import nn

from crs_plugin.errors import InputError
from crs_plugin.evaluation import EvaluationContext
from crs_plugin.evaluation.probing import fine_tuning as module
from crs_plugin.evaluation.probing.fine_tuning import FineTuning, fine_tuned
from crs_plugin.evaluation.probing.probe_data import probe_data
from crs_plugin.models.encoder import Encoder, EncoderInfo

SIZE = 4


def small() -> Encoder:
    """A network that sees little of a picture before it is trained."""
    torch.manual_seed(0)
    backbone = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )
    info = EncoderInfo("small", {}, SIZE, (0.1,) * 3, (0.2,) * 3, 8, {})
    return Encoder(backbone, info).eval()


@pytest.fixture
def tune(faces):
    context = EvaluationContext(
        lambda: faces([0, 1] * 60, ["train"] * 80 + ["test"] * 40, shown=[0, 255] * 60), SIZE
    )
    probe = probe_data(context.open(None), None, validation_fraction=0.25, seed=0)

    def tuned(encoder: Encoder, epochs: int = 3, lr: float = 1e-2, seed: int = 0, told=None):
        how = FineTuning(epochs, lr, 16)
        heard = [] if told is None else told
        found = fine_tuned(encoder, probe, context.pixels, how, seed=seed, progress=heard.append)
        return found, found.predict(probe.test), probe

    return tuned


def test_a_copy_is_trained_and_the_encoder_is_left_as_it_is(tune) -> None:
    encoder = small()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    generator = torch.get_rng_state()
    epochs: list[int] = []
    tuned, predicted, probe = tune(encoder, epochs=8, told=epochs)
    assert (predicted == probe.labels(probe.test)).mean() > 0.9
    assert epochs == [1, 2, 3, 4, 5, 6, 7, 8]
    assert 1 <= tuned.epoch <= 8
    assert tuned.parameters == sum(p.numel() for p in encoder.parameters()) + 2 * 9
    assert all(torch.equal(before[n], value) for n, value in encoder.state_dict().items())
    assert not encoder.training
    assert torch.equal(torch.get_rng_state(), generator)


def test_the_seed_decides(tune, monkeypatch) -> None:
    states = []
    state = module._state
    monkeypatch.setattr(module, "_state", lambda *a: (states.append(state(*a)), states[-1])[1])
    after = []
    for seed in (1, 1, 2):
        tune(small(), epochs=1, seed=seed)
        after.append(states[-1][1]["weight"])
    assert torch.equal(after[0], after[1])
    assert not torch.equal(after[0], after[2])


def test_the_best_epoch_on_validation_is_kept(tune, monkeypatch) -> None:
    scores = iter([(0.2, 0.2), (0.9, 0.9), (0.5, 0.5)])
    states = []
    state = module._state
    monkeypatch.setattr(module, "accuracy_and_uar", lambda *_: next(scores))
    monkeypatch.setattr(module, "_state", lambda *a: (states.append(state(*a)), states[-1])[1])
    tuned, _, _ = tune(small())
    assert tuned.epoch == 2
    assert len(states) == 3  # before, and after the first two epochs


def test_a_training_that_diverges_is_told(tune) -> None:
    broken = small()
    with torch.no_grad():
        broken.backbone[0].weight[:] = torch.nan
    with pytest.raises(InputError, match="diverged"):
        tune(broken, epochs=1)
