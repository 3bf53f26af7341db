"""Lets PySpark's client be imported by any process.

It takes a process without a main file (a forked run, a worker of the tests) for its own documentation tests, and ends
it. The package does this before it imports PySpark.
"""

from __future__ import annotations

import sys


def name_a_main_file() -> None:
    """Name the interpreter as the main file of a process that has none."""
    main = sys.modules["__main__"]
    if main.__spec__ is None and not hasattr(main, "__file__"):
        main.__file__ = sys.executable
