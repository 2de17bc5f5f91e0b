"""What befalls a machine during a run: one message, nothing lost, and it goes on from there."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from small_run import NoisyViews, small_module, small_run, small_settings

from crs_plugin.errors import InputError
from crs_plugin.pretraining.callbacks.metrics_file import read_metrics
from crs_plugin.pretraining.checkpoint_files import damage

SETTINGS = small_settings(checkpoint_every=3, log_every=1)
STEPS = 12


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> dict[str, torch.Tensor]:
    folder = tmp_path_factory.mktemp("undisturbed")
    return small_run(folder, settings=SETTINGS, module=small_module(NoisyViews()))[1].state_dict()


def check_it_can_go_on(folder: Path, undisturbed: dict[str, torch.Tensor]) -> None:
    """Everything that is left is whole, and the resumed run is the one that was left alone."""
    found = [path.name for path in (folder / "checkpoints").iterdir()]
    assert set(found) <= {"last.ckpt", "previous.ckpt"}
    assert not any(damage(folder / "checkpoints" / name) for name in found)
    outcome, module = small_run(
        folder, settings=SETTINGS, module=small_module(NoisyViews()), resume=True
    )
    assert outcome.steps == STEPS
    state = module.state_dict()
    assert all(torch.equal(state[name], expected) for name, expected in undisturbed.items())
    assert [row["step"] for row in read_metrics(folder / "metrics.jsonl")] == [*range(1, STEPS + 1)]


def at_step(step: int, then: Callable[[], None]) -> NoisyViews:
    return NoisyViews(before_step=lambda seen: then() if seen == step else None)


def run_until_trouble(folder: Path, trouble: Callable[[], None], message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        small_run(folder, settings=SETTINGS, module=small_module(at_step(4, trouble)))
    assert str(folder) in str(raised.value)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user may not mount a file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk(small_disk: Path, undisturbed) -> None:
    filler = small_disk / "filler"

    def fill() -> None:
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(b"x" * 512):
                pass

    folder = small_disk / "run"
    run_until_trouble(folder, fill, r"No space left on device\. .*make room, .*--resume")
    filler.unlink()
    check_it_can_go_on(folder, undisturbed)


@pytest.mark.parametrize("room", [100, 4000], ids=["for no row of metrics", "for no checkpoint"])
def test_a_quota(tmp_path: Path, room: int, undisturbed) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))

    try:
        run_until_trouble(tmp_path, limit, r"File too large\. .*make room, .*--resume")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    check_it_can_go_on(tmp_path, undisturbed)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_becomes_read_only(tmp_path: Path, undisturbed) -> None:
    checkpoints = tmp_path / "checkpoints"
    with pytest.raises(PermissionError, match="checkpoints"):
        small_run(
            tmp_path,
            settings=SETTINGS,
            module=small_module(at_step(4, lambda: checkpoints.chmod(0o500))),
        )
    checkpoints.chmod(0o700)
    check_it_can_go_on(tmp_path, undisturbed)


def test_a_file_system_that_renames_over_nothing(tmp_path: Path, undisturbed, monkeypatch) -> None:
    rename = os.rename

    def to_a_new_name(source: Path, target: Path) -> None:
        if os.path.exists(target):
            raise FileExistsError(17, "File exists", str(target))
        rename(source, target)

    monkeypatch.setattr(os, "replace", to_a_new_name)
    monkeypatch.setattr(os, "rename", to_a_new_name)
    stopped, _ = small_run(tmp_path, settings=SETTINGS, module=small_module(NoisyViews(stop_at(5))))
    assert stopped.interrupted
    check_it_can_go_on(tmp_path, undisturbed)


def stop_at(step: int) -> Callable[[int], None]:
    return lambda seen: os.kill(os.getpid(), 15) if seen == step else None


@pytest.mark.parametrize("seconds", [-(10.0**6), 10.0**9])
def test_a_clock_that_jumps(tmp_path: Path, seconds: float, undisturbed, monkeypatch) -> None:
    real = time.time
    jump = at_step(4, lambda: monkeypatch.setattr(time, "time", lambda: real() + seconds))
    outcome, module = small_run(tmp_path, settings=SETTINGS, module=small_module(jump))
    assert 0 < outcome.seconds < 1000
    assert all(row["images_per_second"] > 0 for row in read_metrics(tmp_path / "metrics.jsonl"))
    state = module.state_dict()
    assert all(torch.equal(state[name], expected) for name, expected in undisturbed.items())
