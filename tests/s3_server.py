"""SeaweedFS, a real S3-compatible server, on free ports of the loopback."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.waiting import until

START_SECONDS = 60
PORT_GAP = 10_000  # each part also serves gRPC on its port plus this
LOWEST_PORT = 15_000
FIRST_EPHEMERAL = 32_768


class ObjectStore:
    """One server with one bucket, which can be stopped and started on its data.

    Attributes:
        url: Its address.
        bucket: The bucket's name.
    """

    def __init__(self, folder: Path, bucket: str) -> None:
        self._folder = folder
        self._ports = _ports(4)
        self._process: subprocess.Popen[bytes] | None = None
        self.bucket = bucket
        self.url = f"http://127.0.0.1:{self._ports[3]}"

    def start(self) -> None:
        """Start it, and wait until the bucket takes an object."""
        master, volume, filer, s3 = self._ports
        command = [
            str(Path(sys.executable).with_name("weed")), "-logtostderr=false", f"-logdir={self._folder}", "server",
            "-s3", f"-dir={self._folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-master.port={master}",
            f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={s3}", "-volume.max=10",
            "-master.volumeSizeLimitMB=64", "-s3.port.iceberg=0", "-s3.port.lance=0",
        ]  # fmt: skip
        # Keys in its environment would become its own, and it would refuse requests without a signature.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self._process = subprocess.Popen(
            command, env=environment, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._takes, seconds=START_SECONDS, what="the S3 server", every=0.1)

    def stop(self) -> None:
        """Stop it; its data stay."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=START_SECONDS)
            self._process = None

    def _takes(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "the S3 server has ended"
        with contextlib.suppress(httpx.HTTPError):
            if httpx.put(f"{self.url}/{self.bucket}", content=b"", trust_env=False).status_code in (200, 409):
                return httpx.put(f"{self.url}/{self.bucket}/ready", content=b"1", trust_env=False).is_success
        return False


@contextlib.contextmanager
def object_store(bucket: str) -> Iterator[ObjectStore]:
    """Run a server with an empty bucket; stop it and remove its data."""
    folder = Path(tempfile.mkdtemp(prefix="pilot-s3-"))
    store = ObjectStore(folder, bucket)
    try:
        store.start()
        yield store
    finally:
        store.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running_s3(bucket: str) -> Iterator[str]:
    """Run a server with an empty bucket, and yield its address."""
    with object_store(bucket) as store:
        yield store.url


def _ports(number: int) -> list[int]:
    """Return free ports whose gRPC twins are free too; none of them is given to outgoing connections."""
    candidates = random.sample(range(LOWEST_PORT, FIRST_EPHEMERAL - PORT_GAP), k=200)
    return [port for port in candidates if _is_free(port) and _is_free(port + PORT_GAP)][:number]


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
