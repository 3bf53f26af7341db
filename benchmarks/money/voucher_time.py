"""Time from a guest's last word to the voucher, on a running pilot, with and without Dagster.

    .venv/bin/python -m benchmarks.money.voucher_time [--sessions 20] [--every 15] [--without-dagster] [--json]

Starts `pilot run` on a home and ports of its own. Guests write answers that differ (the simulator's), one begins every
`--every` seconds, and each receipt is asked as often as an open page asks. With `--without-dagster` every process of
Dagster is stopped (SIGSTOP: it neither works nor is started again) before the first guest comes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import signal
import time
from collections import Counter

import httpx
import psutil

from benchmarks.running_pilot import CAFE, Running, running_pilot, send, spread, stories

GIVE_UP_SECONDS = 180.0
OFTEN_SECONDS = 3.0  # as the open page asks (voice_edge/http/static/receipt.js)
GOAL_SECONDS = 60.0


async def guest(url: str, code: str, texts: tuple[str, ...]) -> tuple[float, str]:
    """Write the answers, send them, wait at the receipt; return the seconds and how it was decided."""
    sent = await send(url, code, texts)
    async with httpx.AsyncClient(base_url=url) as client:
        while time.monotonic() - sent.last_word < GIVE_UP_SECONDS:
            state = (await client.get(f"{sent.receipt}/state")).json()["state"].split(".")[1]
            if state != "open":
                return time.monotonic() - sent.last_word, state
            await asyncio.sleep(OFTEN_SECONDS)
    return math.inf, "never"


async def guests(running: Running, answers: list[tuple[str, ...]], *, every: float) -> list[tuple[float, str]]:
    waiting = []
    for texts in answers:
        waiting.append(asyncio.create_task(guest(running.url, running.code(CAFE), texts)))
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--every", type=float, default=15.0, help="seconds between two guests")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without-dagster", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with running_pilot("voucher-time") as running:
        stopped = stop_dagster(running.process) if options.without_dagster else 0
        answers = stories(running.home.cafes().get(CAFE), count=options.sessions, seed=options.seed)
        done = asyncio.run(guests(running, answers, every=options.every))
    result = {
        "sessions": len(done),
        "dagster_processes_stopped": stopped,
        **spread([each for each, _ in done]),
        "goal_s": GOAL_SECONDS,
        "decided": dict(Counter(state for _, state in done)),
        "simulated": True,
    }
    print(json.dumps(result) if options.json else "\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
