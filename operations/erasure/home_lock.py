"""One keeper a home: erasing, retention, backup and restore change or copy the same files, so one at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilot.errors import PilotError

LOCK_NAME = "keeping.lock"
RUN_FOLDER = ".run"


class HomeLocked(PilotError):
    """Another keeper is at work on this home; the same call may succeed later."""

    def __init__(self) -> None:
        super().__init__(
            "Erasing, retention or a backup is at work on this home.",
            remedy="Try again when it is done; what was asked for is not forgotten.",
            retryable=True,
        )


@contextmanager
def home_lock(root: Path) -> Iterator[None]:
    """Hold the home's keeper's lock.

    Raises:
        KeeperAtWork: another process holds it.
    """
    folder = root / RUN_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / LOCK_NAME).open("a+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise HomeLocked from None
        yield
