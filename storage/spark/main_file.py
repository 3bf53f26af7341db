"""Lets PySpark's client be imported by any process.

While it is imported, it takes a process without a main file (a forked run, a worker of the tests) for its own
documentation tests, and ends it. Afterwards the process has no main file again: a child that `multiprocessing` starts
would run it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def some_main_file() -> Iterator[None]:
    """Name the interpreter as the main file, while within, of a process that has none."""
    main = sys.modules["__main__"]
    if main.__spec__ is not None or hasattr(main, "__file__"):
        yield
        return
    main.__file__ = sys.executable
    try:
        yield
    finally:
        del main.__file__
