"""Waiting for another thread or process: a condition with a deadline, never a guess at a time."""

from __future__ import annotations

import time
from collections.abc import Callable

DEADLINE_SECONDS = 30.0
POLL_SECONDS = 0.01


def until(
    condition: Callable[[], bool],
    *,
    seconds: float = DEADLINE_SECONDS,
    what: str = "the condition",
    every: float = POLL_SECONDS,
) -> None:
    """Return once `condition` is true, checked `every` seconds; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:g} s"
        time.sleep(every)
