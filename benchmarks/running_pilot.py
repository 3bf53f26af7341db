"""A whole pilot on a home and ports of its own, and guests who type, for end-to-end benchmarks."""

from __future__ import annotations

import contextlib
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import psutil
import websockets

from operations.system import free_port
from pilot.cafes import Cafe
from pilot.settings import PREFIX, read_settings
from proving.simulator.speech import said
from storage.home import Home, open_home
from storage.store.cafes import codes

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))
from tests.voice_edge.pages import Page  # noqa: E402

CAFE = "aurora"
START_SECONDS = 240.0
STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A pilot that is ready.

    Attributes:
        process: The supervisor, `pilot run`.
        home: Its home.
        url: Where the guests' pages are.
        pages_url: Where the managers' pages are.
    """

    process: psutil.Process
    home: Home
    url: str
    pages_url: str

    def code(self, cafe: str) -> str:
        """Return a code that lies on a table of the café."""
        return next(each.code for each in codes.active(self.home.store()) if each.cafe == cafe)


@dataclass(frozen=True, slots=True)
class Sent:
    """A feedback that was sent.

    Attributes:
        session_id: Its session.
        receipt: The path of its receipt.
        last_word: When the guest was done and pressed the button, by `time.monotonic()`.
    """

    session_id: str
    receipt: str
    last_word: float


@contextlib.contextmanager
def running_pilot(name: str) -> Iterator[Running]:
    """Run `pilot run` as long as the block runs; what is stopped in it goes on before the end."""
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        log, edge, pages = Path(folder) / "run.log", free_port(), free_port()
        url = f"http://127.0.0.1:{edge}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)} | {
            f"{PREFIX}HOME": str(Path(folder) / "home"),
            f"{PREFIX}CAFES_FILE": str(CHECKOUT / "cafes.toml"),
            f"{PREFIX}EDGE_PORT": str(edge),
            f"{PREFIX}DAGSTER_PORT": str(free_port()),
            f"{PREFIX}DASHBOARDS_PORT": str(pages),
            f"{PREFIX}ENTRANCE_PORT": str(free_port()),
            f"{PREFIX}PUBLIC_URL": url,
        }
        with log.open("wb") as output:
            run = subprocess.Popen(
                [str(Path(sys.executable).parent / "pilot"), "run"],
                env=environment,
                cwd=CHECKOUT,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            _until_ready(run, log)
            home = open_home(read_settings(environment))
            yield Running(psutil.Process(run.pid), home, url, f"http://127.0.0.1:{pages}")
        finally:
            if run.poll() is None:
                for process in psutil.Process(run.pid).children(recursive=True):
                    process.resume()
                run.terminate()
                run.wait(STOP_SECONDS)


async def send(url: str, code: str, texts: tuple[str, ...]) -> Sent:
    """Write the answers of a guest, and send them."""
    async with websockets.connect(f"{url.replace('http', 'ws')}/ws/v1", max_size=None) as socket:
        page = Page(socket, SimpleNamespace(code=code))
        await page.begin("text")
        for text in texts:
            await page.write(text)
        last_word = time.monotonic()
        await page.send("finish")
        done = await page.until("completed")
        return Sent(page.session_id, done["receipt"], last_word)


def stories(cafe: Cafe, *, count: int, seed: int) -> list[tuple[str, ...]]:
    """Return what some guests of a café write, the simulator's; no two write the same."""
    chance = random.Random(seed)
    return [said(chance, cafe=cafe, language="sv", depth="rich", turns=2) for _ in range(count)]


def spread(seconds: list[float]) -> dict[str, float]:
    """Return the median, the 95th percentile (nearest rank) and the worst."""
    ordered = sorted(seconds)
    return {
        "p50_s": round(statistics.median(ordered), 1),
        "p95_s": round(ordered[math.ceil(0.95 * len(ordered)) - 1], 1),
        "worst_s": round(ordered[-1], 1),
    }


def _until_ready(run: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and run.poll() is None:
        if "Everything is ready" in log.read_text(errors="replace"):
            return
        time.sleep(0.5)
    raise SystemExit(f"the pilot did not start; its last words:\n{log.read_text(errors='replace')[-2000:]}")
