"""Small solvers on one thread."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Within, BLAS and OpenMP compute on one thread; their setting returns at the end.

    The matrices of a probe are too small to gain from threads. On a machine that is busy with other
    work, threads that wait for one another make the solvers ten times slower, and their number
    would change the last digits of the results.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=1):
        yield
