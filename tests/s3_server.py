"""SeaweedFS, a real S3-compatible server, on free ports of the loopback."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.ports import free_ports
from tests.waiting import until

START_SECONDS = 60
PORT_GAP = 10_000  # each part also serves gRPC on its port plus this
HIGHEST_PORT = 65_535


@contextlib.contextmanager
def running_s3(bucket: str) -> Iterator[str]:
    """Start the server with an empty bucket, yield its address, stop it and remove its data."""
    folder = Path(tempfile.mkdtemp(prefix="pilot-s3-"))
    master, volume, filer, s3 = _ports(4)
    command = [
        str(Path(sys.executable).with_name("weed")), "-logtostderr=false", f"-logdir={folder}", "server", "-s3",
        f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-master.port={master}", f"-volume.port={volume}",
        f"-filer.port={filer}", f"-s3.port={s3}", "-volume.max=10", "-master.volumeSizeLimitMB=64",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{s3}"

    def made() -> bool:
        assert process.poll() is None, "the S3 server has ended"
        with contextlib.suppress(httpx.HTTPError):
            if httpx.put(f"{url}/{bucket}", content=b"", trust_env=False).is_success:
                return httpx.put(f"{url}/{bucket}/ready", content=b"1", trust_env=False).is_success
        return False

    try:
        until(made, seconds=START_SECONDS, what="the S3 server", every=0.1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def _ports(number: int) -> list[int]:
    """Return free ports whose gRPC twins are also valid and free."""
    found: list[int] = []
    while len(found) < number:
        found += [each for each in free_ports(number * 2) if each + PORT_GAP <= HIGHEST_PORT]
    return found[:number]
