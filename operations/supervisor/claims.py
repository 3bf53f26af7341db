"""The claims that a supervisor makes before it starts a process: the home and the ports."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from operations.supervisor.errors import AlreadyRunning, PortTaken
from operations.supervisor.specification import Port

LOCK_NAME = "supervisor.lock"


@contextmanager
def claim_home(run_folder: Path) -> Iterator[None]:
    """Hold the home's supervisor lock within a `with` block.

    Raises:
        AlreadyRunning: another supervisor holds it; the message names its process.
    """
    run_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (run_folder / LOCK_NAME).open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise AlreadyRunning(
                f"The pilot already runs on {run_folder.parent} (process {holder}).",
                remedy="Use that one, end it with Ctrl-C or `kill` and its number, or set another PILOT_HOME.",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def is_claimed(run_folder: Path) -> bool:
    """Return whether a supervisor runs on the home."""
    path = run_folder / LOCK_NAME
    if not path.exists():
        return False
    with path.open("r", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def check_ports(ports: Iterable[Port]) -> None:
    """Check that every port is free.

    Raises:
        PortTaken: a port is in use; the message names the setting that changes it.
    """
    for port in ports:
        with socket.socket(socket.AF_INET6 if ":" in port.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((port.host, port.number))
            except OSError as error:
                raise PortTaken(
                    f"Port {port.number} on {port.host} cannot be used: {(error.strerror or 'unknown').lower()}.",
                    remedy=f"End what uses it, or set {port.setting} to another port.",
                ) from None
