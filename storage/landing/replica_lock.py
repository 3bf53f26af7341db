"""An exclusive lock on a replica's log folder; the system releases it when the process dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from storage.errors import ReplicaInUse
from storage.folders import PRIVATE_FILE

LOCK_FILE = "lock"
# Another replica may hold the lock for a moment while it adopts this one's old files.
WAIT_SECONDS = 5.0
POLL_SECONDS = 0.05


class ReplicaLock:
    """The lock of one replica's log folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Acquire the lock if it is free; return whether it was."""
        descriptor = os.open(self._folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def acquire(
        self,
        *,
        wait_seconds: float = WAIT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Acquire the lock, waiting up to `wait_seconds`.

        Raises:
            ReplicaInUse: another process still holds it.
        """
        deadline = clock() + wait_seconds
        while not self.try_acquire():
            if clock() >= deadline:
                raise ReplicaInUse(
                    f"Replica {self._folder.name!r} is running already: its append log is locked.",
                    remedy="Stop the other process, or give this one a name of its own with PILOT_REPLICA.",
                )
            pause(POLL_SECONDS)

    def release(self) -> None:
        """Release the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
