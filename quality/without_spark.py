"""Imports a library while PySpark is hidden from it.

Great Expectations imports PySpark wherever it is installed. That costs every process a second and memory, and Spark
Connect's client takes a process without a main file (a forked run, a worker of the tests) for its own documentation
tests, and ends it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder

HIDDEN = "pyspark"


class _Hides(MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> None:
        """Refuse PySpark; leave every other module to the finders after this one."""
        if fullname.partition(".")[0] == HIDDEN:
            raise ImportError(f"{fullname} is hidden here.")


@contextmanager
def without_spark() -> Iterator[None]:
    """Hide what is not imported of PySpark yet."""
    finder = _Hides()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
