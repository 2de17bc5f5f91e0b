"""A run that is stopped and resumed is, bit for bit, the run that was left alone."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from rich.console import Console
from small_run import (
    BATCH,
    NoisyViews,
    small_data,
    small_module,
    small_run,
    small_settings,
    weighted_module,
)

from crs_plugin.errors import InputError
from crs_plugin.losses import ScheduledClassWeights
from crs_plugin.pretraining.callbacks.metrics_file import read_metrics

STEPS_PER_EPOCH = 6
ALL_STEPS = 3 * STEPS_PER_EPOCH


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    views = NoisyViews()
    outcome, module = small_run(folder, small_module(views), settings=settings())
    assert outcome.steps == outcome.total_steps == ALL_STEPS
    assert not outcome.interrupted
    return module.state_dict(), rows(folder), torch.stack(views.seen)


def settings(**changed):
    return small_settings(**({"epochs": 3, "checkpoint_every": 100} | changed))


def rows(folder: Path) -> list[dict]:
    return [
        {key: value for key, value in row.items() if key != "images_per_second"}
        for row in read_metrics(folder / "metrics.jsonl")
    ]


def assert_same(state, expected):
    assert state.keys() == expected.keys()
    different = [name for name in state if not torch.equal(state[name], expected[name])]
    assert not different


def press_ctrl_c_at(step: int):
    return lambda seen: os.kill(os.getpid(), signal.SIGINT) if seen == step else None


@pytest.mark.parametrize("step", [0, 1, 3, 4, 5, 6, 7, 11, 12, 16])
def test_ctrl_c_at_any_step_then_resume_equals_the_undisturbed_run(step, undisturbed, tmp_path):
    state, expected_rows, seen = undisturbed
    first = NoisyViews(press_ctrl_c_at(step))
    outcome, _ = small_run(tmp_path, small_module(first), settings=settings())
    assert outcome.interrupted
    assert outcome.steps == step + 1  # the step under way is finished and saved
    assert outcome.checkpoint is not None
    second = NoisyViews()
    outcome, module = small_run(
        tmp_path, small_module(second, seed=99), resume=True, settings=settings()
    )
    assert not outcome.interrupted
    assert outcome.steps == ALL_STEPS
    assert_same(module.state_dict(), state)
    assert rows(tmp_path) == expected_rows
    assert torch.equal(torch.stack(first.seen + second.seen), seen)


def test_a_resumed_run_says_where_it_goes_on(tmp_path):
    told = []
    for step in (6, None):
        file = io.StringIO()
        views = NoisyViews(press_ctrl_c_at(step) if step else None)
        small_run(
            tmp_path,
            small_module(views),
            resume=step is None,
            settings=settings(),
            console=Console(file=file, width=60),
        )
        told.append([line for line in file.getvalue().splitlines() if "goes on" in line])
    assert told == [[], [f"goes on at step 8 of {ALL_STEPS}"]]


def test_the_seconds_of_all_parts_count(tmp_path):
    def slowly(seen):
        time.sleep(0.5 * (seen == 3))
        press_ctrl_c_at(4)(seen)

    first, _ = small_run(tmp_path, small_module(NoisyViews(slowly)), settings=settings())
    began = time.perf_counter()
    second, _ = small_run(tmp_path, small_module(NoisyViews(slowly)), True, settings=settings())
    assert first.interrupted
    assert second.interrupted
    of_second = time.perf_counter() - began
    assert second.seconds > 0.5 + 0.5
    assert second.seconds > of_second
    third, _ = small_run(tmp_path, resume=True, settings=settings())
    assert third.seconds > second.seconds


def test_interrupted_and_resumed_several_times(undisturbed, tmp_path):
    state, expected_rows, _ = undisturbed
    for stop in (4, 0, 2, 7):
        views = NoisyViews(press_ctrl_c_at(stop))
        resume = (tmp_path / "checkpoints").exists()
        outcome, _ = small_run(tmp_path, small_module(views), resume=resume, settings=settings())
        assert outcome.interrupted
    outcome, module = small_run(tmp_path, resume=True, settings=settings())
    assert outcome.steps == ALL_STEPS
    assert_same(module.state_dict(), state)
    assert rows(tmp_path) == expected_rows


@pytest.mark.parametrize("step", [3, 5, 6, 11, 14])
def test_changing_class_weights_are_right_from_the_first_resumed_step(step, tmp_path):
    def module(views):
        weights = ScheduledClassWeights({}, {"negative": 0.25}, to_epoch=2)
        return weighted_module(weights, views)

    whole = module(NoisyViews())
    small_run(tmp_path / "whole", whole, settings=settings())
    parts = tmp_path / "parts"
    small_run(parts, module(NoisyViews(press_ctrl_c_at(step))), settings=settings())
    resumed = module(NoisyViews())
    small_run(parts, resumed, resume=True, settings=settings())
    assert_same(resumed.state_dict(), whole.state_dict())
    assert rows(parts) == rows(tmp_path / "whole")
    used = {row["class_weights"]["crs_cont"]["negative"] for row in rows(parts)}
    assert used == {1, 0.625, 0.25}


def test_stopped_at_once_falls_back_to_the_last_checkpoint(undisturbed, tmp_path):
    state, expected_rows, _ = undisturbed

    def stop_at_once(seen):
        if seen == 9:
            raise KeyboardInterrupt

    often = settings(checkpoint_every=4)
    outcome, _ = small_run(tmp_path, small_module(NoisyViews(stop_at_once)), settings=often)
    assert outcome.interrupted
    assert len(rows(tmp_path)) == 5  # steps 1, 2, 4, 6, 8 …
    rest = NoisyViews()
    outcome, module = small_run(tmp_path, small_module(rest), resume=True, settings=often)
    assert len(rest.seen) == ALL_STEPS - 8
    assert_same(module.state_dict(), state)
    assert rows(tmp_path) == expected_rows


def test_rows_beyond_the_checkpoint_are_written_once(undisturbed, tmp_path):
    _, expected_rows, _ = undisturbed

    def fail(seen):
        if seen == 15:
            raise OSError("the machine died")

    often = settings(checkpoint_every=7)
    with pytest.raises(OSError, match="machine died"):
        small_run(tmp_path, small_module(NoisyViews(fail)), settings=often)
    file = tmp_path / "metrics.jsonl"
    file.write_text(file.read_text() + '{"step": 16, "epo')  # cut off in the middle of a line
    small_run(tmp_path, resume=True, settings=often)
    assert rows(tmp_path) == expected_rows


def test_second_ctrl_c_stops_at_once_and_gives_the_signal_back(tmp_path):
    def twice(seen):
        if seen == 2:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    views = NoisyViews(twice)
    outcome, _ = small_run(tmp_path, small_module(views), settings=settings())
    assert outcome.interrupted
    assert outcome.checkpoint is None
    assert len(views.seen) == 2
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_a_real_signal_from_outside(number, undisturbed, tmp_path):
    state, expected_rows, _ = undisturbed
    script = f"""
import sys, time
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from small_run import *
def slowly(seen):
    print("step", flush=True)
    time.sleep(0.2)
outcome, _ = small_run(Path({str(tmp_path)!r}), small_module(NoisyViews(slowly)),
    settings=small_settings(epochs=3, checkpoint_every=100))
print(outcome.interrupted, outcome.steps)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for _ in range(4):
        assert process.stdout.readline() == "step\n", process.stderr.read()
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert output.splitlines()[-1].startswith("True ")
    assert errors == ""
    outcome, module = small_run(tmp_path, resume=True, settings=settings())
    assert outcome.steps == ALL_STEPS
    assert_same(module.state_dict(), state)
    assert rows(tmp_path) == expected_rows


def test_a_finished_run_resumed_stays_finished(tmp_path):
    _, module = small_run(tmp_path)
    file = (tmp_path / "metrics.jsonl").read_text()
    outcome, again = small_run(tmp_path, small_module(seed=99), resume=True)
    assert outcome.steps == outcome.total_steps
    assert outcome.images_per_second == 0
    assert outcome.final == json.loads(file.splitlines()[-1])
    assert (tmp_path / "metrics.jsonl").read_text() == file
    assert_same(again.state_dict(), module.state_dict())


def test_nothing_to_resume(tmp_path):
    with pytest.raises(InputError, match="nothing to resume"):
        small_run(tmp_path / "run", resume=True)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"settings": small_settings(epochs=5)}, "steps was 12, is 30"),
        ({"settings": small_settings(batch_size=4)}, "batch_size was 8, is 4"),
        ({"seed": 4}, "seed was 3, is 4"),
        ({"fine": (small_data()["fine"] + 1) % 4}, "labels was .*, is "),
    ],
)
def test_another_run_is_not_resumed(changed, message, tmp_path):
    small_run(tmp_path)
    before = (tmp_path / "metrics.jsonl").read_text()
    with pytest.raises(
        InputError, match=f"belongs to a run with other settings or data.*{message}"
    ):
        small_run(tmp_path, resume=True, **changed)
    assert (tmp_path / "metrics.jsonl").read_text() == before


def test_other_pixels_are_resumed_with_a_warning(tmp_path, caplog):
    small_run(tmp_path)
    images = small_data()["images"]
    images[5, 0, 3, 3] += 1
    small_run(tmp_path, resume=True, images=images)
    assert "not the exact continuation" in caplog.text
    caplog.clear()
    small_run(tmp_path, resume=True)
    assert caplog.text == ""


def test_a_machine_of_another_kind_goes_on_with_a_warning(tmp_path, caplog, monkeypatch):
    fast = "crs_plugin.pretraining.precision_here.cpu_has_fast_bfloat16"
    monkeypatch.setattr(fast, lambda: True)
    small_run(tmp_path, settings=settings(precision="auto"))
    small_run(tmp_path, resume=True, settings=settings(precision="auto"))
    assert caplog.text == ""
    monkeypatch.setattr(fast, lambda: False)
    small_run(tmp_path, resume=True, settings=settings(precision="auto"))
    assert "the run began in bf16-mixed and is computed in 32-true here" in caplog.text


def test_from_the_checkpoint_before_a_damaged_one_the_run_is_the_same(
    tmp_path, undisturbed, caplog
):
    def stopped(seen: int) -> None:
        if seen == 11:
            raise RuntimeError("stopped")

    saved = settings(checkpoint_every=4)
    with pytest.raises(RuntimeError, match="stopped"):
        small_run(tmp_path, small_module(NoisyViews(before_step=stopped)), settings=saved)
    last = tmp_path / "checkpoints" / "last.ckpt"
    last.write_bytes(last.read_bytes()[:1000])
    (tmp_path / "checkpoints" / ".last.ckpt.killed.ckpt").write_bytes(b"half")
    outcome, module = small_run(tmp_path, resume=True, settings=saved)
    assert "last.ckpt is damaged: going on from the one before" in caplog.text
    assert outcome.steps == ALL_STEPS
    assert_same(module.state_dict(), undisturbed[0])
    assert rows(tmp_path) == undisturbed[1]
    found = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert found == ["last.ckpt", "previous.ckpt"]


def test_starting_anew_forgets_the_old_run(tmp_path):
    small_run(tmp_path, settings=small_settings(epochs=3))
    outcome, _ = small_run(tmp_path, settings=small_settings(epochs=1))
    assert [row["step"] for row in rows(tmp_path)] == [1, 2, 4, 6]
    assert outcome.steps == STEPS_PER_EPOCH


def test_same_seed_same_numbers_other_seed_other_numbers(tmp_path):
    results = []
    for number, seed in enumerate((3, 3, 4)):
        torch.rand(number)  # what happened before must not matter
        _, module = small_run(tmp_path / str(number), seed=seed)
        results.append((module.state_dict(), rows(tmp_path / str(number))))
    assert_same(results[0][0], results[1][0])
    assert results[0][1] == results[1][1]
    assert results[0][1] != results[2][1]


def test_max_steps_caps_the_run_in_the_middle_of_an_epoch(tmp_path):
    outcome, _ = small_run(tmp_path, settings=settings(max_steps=8))
    assert outcome.steps == outcome.total_steps == 8
    assert not outcome.interrupted
    assert rows(tmp_path)[-1]["step"] == 8
    assert rows(tmp_path)[-1]["lr"] < 1e-4  # the schedule ends with the run


def test_every_epoch_shows_different_images_once(undisturbed):
    _, _, seen = undisturbed
    epochs = seen.reshape(3, STEPS_PER_EPOCH * BATCH).tolist()
    assert all(len(set(epoch)) == STEPS_PER_EPOCH * BATCH for epoch in epochs)
    assert epochs[0] != epochs[1]
    assert len(small_data()["images"]) > STEPS_PER_EPOCH * BATCH  # some were left over
