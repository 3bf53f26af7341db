"""Signed-in readers at once on the pages' own server: time to open a page, peak memory, cold start.

    python -m benchmarks.dashboard_readers [--readers 20] [--pages 10] [--cafes 3] [--days 30] [--home FOLDER]

Serves `dashboards/server.py` on a free loopback port, as the pilot does, and opens it with readers that speak
Streamlit's own protocol: each signs in by its cookie, opens a page of its role, waits until its script has finished,
reads for a while (1 to 4 s) and opens the next. Half of them are managers of one café, half are of the team. Goals:
a cold start (process begun -> first page drawn) under 5 s; p95 of a page under 1 s is what one reader alone sees.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.large_home import fill
from benchmarks.many_cafes_home import ROOT, open_large_home
from dashboards.page_registry import PageEntry, pages_for
from operations.access.cookie import LOOPBACK_NAME
from scripts.screenshots import free_port
from storage.home import Home
from storage.store.access import sign_ins
from tests.dashboards.conftest import sign_in

DEADLINE_SECONDS = 120.0
READING_SECONDS = (1.0, 4.0)


@contextmanager
def served(port: str) -> Iterator[psutil.Process]:
    """Serve the pages of the home that the environment names."""
    command = [sys.executable, "-m", "streamlit", "run", "dashboards/server.py", "--server.port", port]
    environment = {**os.environ, "PILOT_DASHBOARDS_PORT": port, "PILOT_PAGES_URL": f"http://127.0.0.1:{port}"}
    with subprocess.Popen(
        [*command, "--server.headless", "true", "--server.address", "127.0.0.1"],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


class Reader:
    """One signed-in reader with an open page."""

    def __init__(self, port: str, token: str, entries: tuple[PageEntry, ...]) -> None:
        """Begin with nothing opened."""
        self._port, self._token, self.entries = port, token, entries
        self._socket: websockets.ClientConnection | None = None

    async def open(self, page: str) -> float:
        """Open a page and return the seconds until its script has finished."""
        began = time.monotonic()
        if self._socket is None:
            self._socket = await websockets.connect(
                f"ws://127.0.0.1:{self._port}/_stcore/stream",
                subprotocols=[websockets.Subprotocol("streamlit")],
                origin=websockets.Origin(f"http://127.0.0.1:{self._port}"),
                additional_headers={"Cookie": f"{LOOPBACK_NAME}={self._token}"},
                max_size=None,
            )
        asked = BackMsg()
        asked.rerun_script.page_name = page
        asked.rerun_script.context_info.url = f"http://127.0.0.1:{self._port}/{page}"
        await self._socket.send(asked.SerializeToString())
        drawn = 0
        while True:
            answer = ForwardMsg.FromString(await asyncio.wait_for(self._socket.recv(), DEADLINE_SECONDS))
            drawn += answer.WhichOneof("type") in ("delta", "ref_hash")
            if answer.WhichOneof("type") == "script_finished":
                if not drawn or answer.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    raise SystemExit(f"/{page}: nothing was drawn ({answer.script_finished})")
                return time.monotonic() - began

    async def close(self) -> None:
        """Leave."""
        if self._socket is not None:
            await self._socket.close()


async def browse(reader: Reader, *, pages: int, dice: random.Random) -> list[float]:
    """Open pages, reading each for a while; return the seconds of each."""
    seconds = []
    for _ in range(pages):
        await asyncio.sleep(dice.uniform(*READING_SECONDS))
        seconds.append(await reader.open(dice.choice(reader.entries).url_path))
    await reader.close()
    return seconds


async def first_page(port: str, token: str) -> float:
    """Return the seconds until the server has drawn its first page."""
    began = time.monotonic()
    while time.monotonic() - began < DEADLINE_SECONDS:
        reader = Reader(port, token, ())
        try:
            await reader.open("")
            await reader.close()
            return time.monotonic() - began
        except OSError:
            await asyncio.sleep(0.05)
    raise SystemExit("the pages' server did not answer")


def reader_of(home: Home, port: str, *, role: str, number: int) -> Reader:
    cafes = (home.cafes().ids[number % len(home.cafes().ids)],) if role == "manager" else ()
    token = sign_in(home, role=role, cafes=cafes, email=f"{role}-{number}-{os.getpid()}@example.se")
    principal = sign_ins.find(home.store(), token)
    assert principal is not None
    return Reader(port, token, pages_for(principal))


async def measure(home: Home, *, readers: int, pages: int) -> None:
    """Serve the pages, measure, print."""
    port = free_port()
    with served(port) as process:
        everyone = [reader_of(home, port, role=("manager", "pilot_manager")[n % 2], number=n) for n in range(readers)]
        cold = await first_page(port, everyone[0]._token)
        print(f"cold start to the first page  {cold:.1f} s")
        alone = await browse(everyone[0], pages=pages, dice=random.Random(0))
        everyone[0] = reader_of(home, port, role="manager", number=readers)
        before, began = process.cpu_times(), time.monotonic()
        watching = asyncio.create_task(peak_memory(process))
        drawn = await asyncio.gather(
            *(browse(reader, pages=pages, dice=random.Random(n)) for n, reader in enumerate(everyone))
        )
        took, after = time.monotonic() - began, process.cpu_times()
        watching.cancel()
        print(f"one reader, {len(alone)} pages         p50 {statistics.median(alone):.2f} s, p95 {p95(alone):.2f} s")
        every = [seconds for one in drawn for seconds in one]
        print(
            f"{readers} readers, {len(every)} pages in {took:.0f} s  "
            f"p50 {statistics.median(every):.2f} s, p95 {p95(every):.2f} s"
        )
        used = after.user + after.system - before.user - before.system
        print(f"CPU a page {used / len(every):.2f} s; peak memory {PEAK[0] / 2**20:.0f} MiB")


PEAK = [0]


async def peak_memory(process: psutil.Process) -> None:
    """Record the largest resident memory until cancelled."""
    while True:
        PEAK[0] = max(PEAK[0], process.memory_info().rss)
        await asyncio.sleep(0.2)


def p95(series: list[float]) -> float:
    return statistics.quantiles(series, n=20)[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--pages", type=int, default=10, help="pages that each reader opens")
    parser.add_argument("--cafes", type=int, default=3)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--home", type=Path, help="a folder for the home, to use it again")
    options = parser.parse_args()
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.home or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        made = (folder / "home").exists()
        home = open_large_home(folder, cafes=options.cafes)
        if not made:
            print(f"{fill(home, days=options.days)} simulated sessions")
        asyncio.run(measure(home, readers=options.readers, pages=options.pages))


if __name__ == "__main__":
    main()
