"""Sail, a real engine behind Spark Connect, in a process of its own on a free port of the loopback."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_ports
from tests.waiting import until

ROOT = Path(__file__).parents[1]
START_SECONDS = 60


@dataclass(frozen=True)
class Sail:
    """A running engine."""

    address: str
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def running_sail(environment: Mapping[str, str] | None = None, *, root: Path = ROOT) -> Iterator[Sail]:
    """Start Sail, yield it, and stop it.

    Args:
        environment: Further variables, for example SAIL_MODE or AWS_*.
        root: The folder of the program that its workers import.
    """
    (port,) = free_ports(1)
    command = [str(Path(sys.executable).with_name("sail")), "spark", "server", "--ip", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(root), **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def listens() -> bool:
        assert process.poll() is None, "Sail has ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    try:
        until(listens, seconds=START_SECONDS, what="Sail", every=0.05)
        yield Sail(f"sc://127.0.0.1:{port}", process)
    finally:
        process.kill()
        process.wait(timeout=START_SECONDS)
