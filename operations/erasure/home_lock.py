"""The home's lock: erasure, retention, upkeep and backup touch the same files, so only one may run."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilot.errors import PilotError

LOCK_NAME = "keeping.lock"
RUN_FOLDER = ".run"


class HomeLocked(PilotError):
    """Another process holds the home's lock; the same call may succeed later."""

    def __init__(self) -> None:
        super().__init__(
            "An erasure, retention or a backup is running on this home.",
            remedy="Try again when it has ended; the request is not lost.",
            retryable=True,
        )


@contextmanager
def home_lock(root: Path) -> Iterator[None]:
    """Hold the home's lock within a `with` block.

    Raises:
        HomeLocked: another process holds it.
    """
    folder = root / RUN_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / LOCK_NAME).open("a+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise HomeLocked from None
        yield
