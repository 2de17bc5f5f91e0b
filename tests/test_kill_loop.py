"""The short form; ``python tests/kill_loop.py`` is the long one."""

import pytest
from kill_loop import kill_loop


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_ends_like_one_left_alone(tmp_path) -> None:
    said: list[str] = []
    kill_loop(2, 1, tmp_path, said.append)
    assert said[-1].startswith("the same after ")
    assert not said[-1].startswith("the same after 0 ")
