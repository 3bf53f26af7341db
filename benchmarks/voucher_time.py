"""From a guest's last word to the voucher on the open receipt, on the whole running pilot, with Dagster and without.

    .venv/bin/python -m benchmarks.voucher_time [--sessions 20] [--every 15] [--without-dagster] [--json]

Starts `pilot run` on a home and ports of its own. Guests write answers that differ (the simulator's), one begins every
`--every` seconds, and each receipt is asked as often as an open page asks. With `--without-dagster` every process of
Dagster is stopped (SIGSTOP: it neither works nor is started again) before the first guest comes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import httpx
import psutil
import websockets

from operations.system import free_port
from pilot.settings import PREFIX, read_settings
from simulator.speech import said
from storage.cafes_file import read_cafes
from storage.home import open_home
from storage.store import codes

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))
from tests.voice_edge.server.pages import Page  # noqa: E402

START_SECONDS = 240.0
STOP_SECONDS = 60.0
GIVE_UP_SECONDS = 180.0
OFTEN_SECONDS = 3.0  # as the open page asks (voice_edge/page/static/receipt.js)
GOAL_SECONDS = 60.0


async def guest(url: str, code: str, texts: tuple[str, ...]) -> tuple[float, str]:
    """Write the answers, send them, wait at the receipt; return the seconds and how it was decided."""
    async with websockets.connect(f"{url.replace('http', 'ws')}/ws/v1", max_size=None) as socket:
        page = Page(socket, SimpleNamespace(code=code))
        await page.begin("text")
        for text in texts:
            await page.write(text)
        last_word = time.monotonic()
        await page.send("finish")
        receipt = (await page.until("completed"))["receipt"]
    async with httpx.AsyncClient(base_url=url) as client:
        while time.monotonic() - last_word < GIVE_UP_SECONDS:
            state = (await client.get(f"{receipt}/state")).json()["state"].split(".")[1]
            if state != "open":
                return time.monotonic() - last_word, state
            await asyncio.sleep(OFTEN_SECONDS)
    return math.inf, "never"


async def guests(url: str, code: str, *, count: int, every: float, seed: int) -> list[tuple[float, str]]:
    chance = random.Random(seed)
    cafe = read_cafes(CHECKOUT / "cafes.toml").get("aurora")
    waiting = []
    for _ in range(count):
        texts = said(chance, cafe=cafe, language="sv", depth="rich", turns=2)
        waiting.append(asyncio.create_task(guest(url, code, texts)))
        await asyncio.sleep(every)
    return await asyncio.gather(*waiting)


def stop_dagster(root: psutil.Process) -> int:
    """Stop every process of Dagster; return how many."""
    stopped = 0
    for process in root.children(recursive=True):
        if any("dagster" in word for word in process.cmdline()):
            process.send_signal(signal.SIGSTOP)
            stopped += 1
    return stopped


def until_ready(run: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and run.poll() is None:
        if "Everything is ready" in log.read_text(errors="replace"):
            return
        time.sleep(0.5)
    raise SystemExit(f"the pilot did not start; its last words:\n{log.read_text(errors='replace')[-2000:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--every", type=float, default=15.0, help="seconds between two guests")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without-dagster", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="voucher-time-") as folder:
        root, log = Path(folder) / "home", Path(folder) / "run.log"
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)} | {
            f"{PREFIX}HOME": str(root),
            f"{PREFIX}CAFES_FILE": str(CHECKOUT / "cafes.toml"),
            f"{PREFIX}EDGE_PORT": str(port),
            f"{PREFIX}DAGSTER_PORT": str(free_port()),
            f"{PREFIX}DASHBOARDS_PORT": str(free_port()),
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
            until_ready(run, log)
            stopped = stop_dagster(psutil.Process(run.pid)) if options.without_dagster else 0
            home = open_home(read_settings(environment))
            code = next(each.code for each in codes.active(home.store()) if each.cafe == "aurora")
            done = asyncio.run(guests(url, code, count=options.sessions, every=options.every, seed=options.seed))
        finally:
            for process in psutil.Process(run.pid).children(recursive=True) if run.poll() is None else []:
                process.send_signal(signal.SIGCONT)
            run.send_signal(signal.SIGINT)
            run.wait(STOP_SECONDS)
    seconds = sorted(each for each, _ in done)
    told = {
        "sessions": len(done),
        "dagster_processes_stopped": stopped,
        "p50_s": round(statistics.median(seconds), 1),
        "p95_s": round(seconds[math.ceil(0.95 * len(seconds)) - 1], 1),
        "worst_s": round(seconds[-1], 1),
        "goal_s": GOAL_SECONDS,
        "decided": dict(Counter(state for _, state in done)),
        "simulated": True,
    }
    print(json.dumps(told) if options.json else "\n".join(f"{name}: {value}" for name, value in told.items()))


if __name__ == "__main__":
    main()
