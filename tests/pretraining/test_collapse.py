import pytest

from crs_plugin.pretraining.callbacks.collapse import SPREAD_ROWS, TERM_ROWS, CollapseWatch
from crs_plugin.pretraining.metrics import MetricsRow, TermValue

FULL = 0.088


def row(step=1, spread=FULL, value=3.0, collapsed=4.85, full=FULL) -> MetricsRow:
    return MetricsRow(
        step=step,
        epoch=1,
        lr=0.1,
        images_per_second=1.0,
        loss=1.0,
        coarse_accuracy=None,
        fine_accuracy=None,
        embedding_spread=spread,
        full_spread=full,
        terms={"crs_cont": TermValue(value, collapsed)},
    )


def warned(*rows: MetricsRow) -> list[str]:
    said: list[str] = []
    watch = CollapseWatch(said.append)
    for one in rows:
        watch.look_at(one)
    assert watch.warnings == said
    return said


def test_collapsed_embeddings_are_warned_about_once():
    (message,) = warned(*[row(spread=0.003)] * 20)
    assert f"step {1}:" in message
    assert "0.0030" in message
    assert "0.0880" in message
    assert "norm: all" in message
    assert "optimizer.lr" in message


@pytest.mark.parametrize("spread", [FULL, 0.5 * FULL, 0.11 * FULL, None])
def test_spread_embeddings_are_fine(spread):
    assert warned(*[row(spread=spread, full=spread and FULL)] * 20) == []


def test_a_short_dip_is_forgiven():
    dip = [row(spread=0.003)] * (SPREAD_ROWS - 1) + [row()]
    assert warned(*dip * 3) == []


@pytest.mark.parametrize("spread", [0.2 * FULL, None])
@pytest.mark.parametrize("value", [4.85, 4.89, 4.81])
def test_a_term_at_its_plateau(spread, value):
    (message,) = warned(*[row(spread=spread, value=value)] * TERM_ROWS)
    assert "'crs_cont'" in message
    assert "4.850" in message


@pytest.mark.parametrize(
    "harmless",
    [row(spread=0.2 * FULL, value=4.7), row(value=4.85), row(spread=0.2 * FULL, collapsed=None)],
    ids=["off the plateau", "passing it with spread embeddings", "nothing to compare with"],
)
def test_other_terms_are_fine(harmless):
    assert warned(*[harmless] * 3 * TERM_ROWS) == []


def test_a_resumed_run_counts_on_and_does_not_repeat_itself():
    first = CollapseWatch(lambda message: None)
    for _ in range(SPREAD_ROWS - 1):
        first.look_at(row(spread=0.001))
    said: list[str] = []
    second = CollapseWatch(said.append)
    second.load_state_dict(first.state_dict())
    second.look_at(row(spread=0.001))
    assert len(said) == 1
    third = CollapseWatch(said.append)
    third.load_state_dict(second.state_dict())
    third.look_at(row(spread=0.001))
    assert len(said) == 1
    assert third.warnings == said
