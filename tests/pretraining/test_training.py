import gc
import json
import logging
import math
import os
import random
import signal
import warnings

import numpy as np
import pytest
import torch
from small_run import BATCH, NoisyViews, small_data, small_module, small_run, small_settings
from torch import nn

from crs_plugin.errors import InputError
from crs_plugin.pretraining.batches import RunBatches
from crs_plugin.pretraining.metrics import MetricsRow
from crs_plugin.pretraining.module import DivergenceError
from crs_plugin.pretraining.objective import Objective, Term
from crs_plugin.pretraining.training import pretrain

KEYS = {
    *("step", "epoch", "lr", "images_per_second", "loss", "coarse_accuracy", "fine_accuracy"),
    *("embedding_spread", "full_spread", "terms", "class_weights"),
}


def test_rows_of_metrics(tmp_path):
    outcome, _ = small_run(tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2, 4, 6, 8, 10, 12]
    assert [row["epoch"] for row in rows] == [1, 1, 1, 1, 2, 2, 2]
    assert all(row.keys() == KEYS == set(MetricsRow.__dataclass_fields__) for row in rows)
    for row in rows:
        terms = row["terms"]
        assert row["loss"] == pytest.approx(
            terms["contrast"]["value"] + 0.5 * terms["coarse"]["value"]
        )
        assert terms["contrast"]["collapsed"] == pytest.approx(math.log(15))
        assert row["full_spread"] == pytest.approx(1 / math.sqrt(5))
        assert 0 <= row["coarse_accuracy"] <= 1
        assert row["images_per_second"] > 0
    assert outcome.final == rows[-1]
    assert outcome.warnings == ()


@pytest.mark.parametrize(
    ("changed", "epochs"), [({}, 2), ({"max_steps": 3}, 0.5), ({"epochs": 9, "max_steps": 7}, 1.17)]
)
def test_the_outcome_counts_the_images_that_were_seen(changed, epochs, tmp_path):
    views = NoisyViews()
    outcome, _ = small_run(tmp_path, small_module(views), settings=small_settings(**changed))
    assert outcome.epochs == epochs
    assert outcome.images_seen == len(torch.cat(views.seen).unique()) <= 52


def test_images_that_a_sampler_leaves_out_are_not_seen(tmp_path):
    outcome, _ = small_run(tmp_path, sampler=lambda coarse, fine: range(16))
    assert (outcome.steps, outcome.epochs, outcome.images_seen) == (4, 2, 16)


def test_it_learns(tmp_path):
    outcome, _ = small_run(tmp_path, settings=small_settings(epochs=25))
    assert outcome.final["coarse_accuracy"] > 0.7
    assert outcome.final["terms"]["contrast"]["value"] < 0.9 * math.log(15)


class Identical(nn.Module):
    """A projection head that has collapsed."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Parameter(torch.ones(5))

    def forward(self, features):
        return self.one.expand(len(features), 5)


def test_a_collapse_is_in_the_outcome(tmp_path):
    settings = small_settings(log_every=1)
    outcome, _ = small_run(tmp_path, small_module(projection=Identical()), settings=settings)
    spread, *terms = outcome.warnings
    assert "have collapsed" in spread
    assert "term 'contrast' stays at" in terms[0]


class Exploding(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, embeddings):
        self.calls += 1
        return embeddings.sum() * (math.nan if self.calls > 4 else 1.0)


def test_divergence_names_term_and_step(tmp_path):
    terms = [Term("fine", 1.0, nn_loss()), Term("exploding", 1.0, Exploding())]
    module = small_module(objective=Objective(terms), coarse=None)
    settings = small_settings(log_every=100, checkpoint_every=2)
    with pytest.raises(DivergenceError, match=r"at step 5: exploding is nan .*optimizer\.lr"):
        small_run(tmp_path, module, settings=settings)
    checkpoint = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["global_step"] == 4


def test_the_metrics_file_is_closed_after_a_divergence(tmp_path):
    module = small_module(objective=Objective([Term("exploding", 1.0, Exploding())]), coarse=None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(DivergenceError):
            small_run(tmp_path, module)
        del module
        gc.collect()
    assert not [warning for warning in caught if issubclass(warning.category, ResourceWarning)]


def nn_loss():
    class Loss(nn.Module):
        def forward(self, embeddings):
            return embeddings.square().mean()

    return Loss()


def test_a_batch_has_no_more_images_than_there_are(tmp_path):
    with pytest.raises(InputError, match=r"training\.batch_size is 53.*only 52 images"):
        small_run(tmp_path / "run", settings=small_settings(batch_size=53))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["fine", "coarse", "images"])
def test_columns_must_fit(name, tmp_path):
    data = small_data()
    data[name] = data[name][:-1] if name != "images" else data[name].float()
    with pytest.raises(ValueError, match=r"must be"):
        small_run(tmp_path, **data)


def test_nothing_is_said_and_nothing_stays_changed(tmp_path, capfd):
    torch.manual_seed(5)
    np.random.seed(5)
    random.seed(5)
    expected = torch.rand(2).tolist(), np.random.rand(), random.random()
    torch.manual_seed(5)
    np.random.seed(5)
    random.seed(5)
    before = (torch.get_num_threads(), logging.getLogger("pytorch_lightning").level)
    filters = list(warnings.filters)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        stopped = NoisyViews(lambda seen: os.kill(os.getpid(), signal.SIGINT) if seen == 7 else 0)
        small_run(tmp_path, small_module(stopped), settings=small_settings(threads=1))
        small_run(tmp_path, resume=True, settings=small_settings(threads=2))
    assert [str(warning.message) for warning in caught] == []
    assert capfd.readouterr() == ("", "")
    assert warnings.filters == filters
    assert (torch.get_num_threads(), logging.getLogger("pytorch_lightning").level) == before
    assert (torch.rand(2).tolist(), np.random.rand(), random.random()) == expected


def test_only_the_promised_files_appear(tmp_path):
    small_run(tmp_path)
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert files == ["checkpoints", "checkpoints/last.ckpt", "metrics.jsonl"]


def test_bfloat16(tmp_path):
    outcome, module = small_run(tmp_path, settings=small_settings(precision="bf16-mixed"))
    assert outcome.steps == 12
    assert all(p.dtype == torch.float32 for p in module.parameters())


def test_metrics_rows_do_not_change_the_training(tmp_path):
    states = []
    for every in (1, 100):
        settings = small_settings(log_every=every)
        _, module = small_run(tmp_path / str(every), settings=settings)
        states.append(module.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize("size", [48, 64, 224])
def test_decoded_size(size):
    assert small_settings().decoded_size(size) == 1.25 * size
    assert small_settings(decode_size=99).decoded_size(size) == 99


def test_real_components(tmp_path):
    """The parts of a recipe, as they are registered, for two steps."""
    from crs_plugin.registry import registry

    def part(kind, name, **options):
        return registry.get(kind, name).target(**options)

    torch.manual_seed(0)
    terms = ("crs_cont", "coarse_cross_entropy", "prediction_ntxent")
    module = small_module(
        part("augmentation", "fer_two_views", size=32),
        backbone=part("backbone", "resnet18", small_input_stem=True, channels_last=True),
        projection=part("head", "mlp", input_dim=512),
        coarse=part("head", "linear", input_dim=128, output_dim=4),
        miner=part("miner", "coarse_labels"),
        objective=Objective([Term(name, 1.0, part("loss", name)) for name in terms]),
    )
    data = small_data(16) | {"images": torch.randint(0, 256, (16, 3, 40, 40), dtype=torch.uint8)}
    outcome = pretrain(
        module=module,
        batches=RunBatches(**data, sampler=None, batch_size=BATCH, seed=0),
        settings=small_settings(epochs=1),
        folder=tmp_path,
        resume=False,
    )
    assert outcome.steps == 2
    values = outcome.final["terms"]
    assert values.keys() == set(terms)
    assert values["prediction_ntxent"]["collapsed"] == pytest.approx(math.log(15), abs=1e-4)
    assert 0.5 < outcome.final["embedding_spread"] * math.sqrt(128) < 1.1


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"
        ),
        MemoryError(),
    ],
)
def test_too_little_memory_is_told_with_a_smaller_batch(error, tmp_path):
    def fail(seen: int) -> None:
        if seen == 3:
            raise error

    with pytest.raises(InputError, match=r"a step of 8 images .* training\.batch_size=4"):
        small_run(tmp_path, small_module(NoisyViews(before_step=fail)))


def test_other_errors_are_not_taken_for_it(tmp_path):
    def fail(seen: int) -> None:
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        small_run(tmp_path, small_module(NoisyViews(before_step=fail)))
