import pytest
import torch

from crs_plugin.registry import registry

SCHEDULES = ("constant", "one_cycle", "step", "warmup_cosine")


def rates(name: str, total: int, per_epoch: int = 5, **options) -> list[float]:
    """Learning rates of every step of a run, for a peak of 1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = registry.get("schedule", name).target(optimizer, total, per_epoch, **options)
    used = []
    for _ in range(total):
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return used


def test_all_are_found():
    assert tuple(registry.names("schedule")) == SCHEDULES


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("total", [*range(1, 13), 100])
def test_any_length_of_run(name, total):
    used = rates(name, total)
    assert all(0 <= rate <= 1 + 1e-9 for rate in used)


@pytest.mark.parametrize("name", ["one_cycle", "warmup_cosine"])
@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.5, 1.0])
def test_any_warm_up(name, warmup):
    used = rates(name, 20, warmup=warmup)
    assert max(used) == pytest.approx(1.0)
    peak = max(warmup * 20 - 1, 1 if name == "one_cycle" else 0)
    assert used.index(max(used)) == pytest.approx(peak, abs=1)


def test_constant():
    assert rates("constant", 7) == [1.0] * 7


def test_step_counts_epochs():
    used = rates("step", 20, per_epoch=5, every_epochs=2, gamma=0.1)
    assert used == pytest.approx([1.0] * 10 + [0.1] * 10)


def test_released_schedule_is_the_default():
    used = rates("step", 100 * 3, per_epoch=3)
    assert used[59:61] == [1.0, 0.5]
    assert used[-1] == pytest.approx(0.5**4)


def test_cosine_equals_lightly():
    from lightly.utils.scheduler import CosineWarmupScheduler

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = CosineWarmupScheduler(optimizer, warmup_epochs=4, max_epochs=40)
    expected = []
    for _ in range(40):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step()
    assert rates("warmup_cosine", 40, warmup=0.1) == pytest.approx(expected)


def test_one_cycle_equals_torch():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, 40, cycle_momentum=False)
    expected = []
    for _ in range(40):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step()
    assert rates("one_cycle", 40) == pytest.approx(expected)


def test_one_cycle_leaves_the_momentum():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0, momentum=0.77)
    registry.get("schedule", "one_cycle").target(optimizer, 10, 5)
    assert optimizer.param_groups[0]["momentum"] == 0.77


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_restored_schedule_goes_on(name):
    def made(total):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        return optimizer, registry.get("schedule", name).target(optimizer, total, 5)

    optimizer, schedule = made(20)
    for _ in range(7):
        optimizer.step()
        schedule.step()
    again, restored = made(20)
    again.load_state_dict(optimizer.state_dict())
    restored.load_state_dict(schedule.state_dict())
    for _ in range(13):
        assert again.param_groups[0]["lr"] == optimizer.param_groups[0]["lr"]
        for o, s in ((optimizer, schedule), (again, restored)):
            o.step()
            s.step()
