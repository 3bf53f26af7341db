"""Time from a guest's last word to the manager's open page, on a running pilot, and its CPU cost.

    .venv/bin/python -m benchmarks.page_time [--sessions 20] [--every 20] [--json]

Starts `pilot run` on a home and ports of its own, and opens the manager's page of the café in Chromium, as a manager
leaves it open. Guests write answers that differ (the simulator's); one begins every `--every` seconds, and each waits
until its own words stand on the page. CPU is that of every process of the pilot (edge, Dagster with its runs, pages,
watch) from the first guest until the last one's words are there, for each guest; beside it what the same processes
use in as much time with no guest at all. Chromium's is not the pilot's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import time

from playwright.async_api import Page, async_playwright

from benchmarks.running_pilot import CAFE, Running, running_pilot, send, spread, stories
from operations.access.first_sign_in import first_link
from operations.system import RUN_FOLDER
from pilot.words import say
from proving.journey.processor_seconds import processor_seconds

GIVE_UP_SECONDS = 180.0
GOAL_SECONDS, GOAL_CPU_SECONDS = 60.0, 12.0
CHROMIUM_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


async def seen(running: Running, page: Page, texts: tuple[str, ...]) -> float:
    """Write the answers, send them, wait for them on the manager's page; return the seconds."""
    sent = await send(running.url, running.code(CAFE), texts)
    await page.locator(f"[id='svar-{sent.session_id}']").first.wait_for(
        state="attached", timeout=GIVE_UP_SECONDS * 1000
    )
    return time.monotonic() - sent.last_word


async def opened_page(browser, running: Running) -> Page:
    """Open the café's day, the tests shown, as soon as the page has something to show."""
    page = await browser.new_page(viewport={"width": 1280, "height": 900}, locale="sv-SE")
    await page.goto(first_link(running.home, actor="benchmark"))
    await page.get_by_role("button").click()
    await page.goto(f"{running.pages_url}/?kafe={CAFE}")
    await page.get_by_text(say("dashboards", "nav.tests", "sv")).first.click()
    return page


async def measure(running: Running, *, count: int, every: float, seed: int) -> dict[str, object]:
    answers = stories(running.home.cafes().get(CAFE), count=count + 1, seed=seed)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        page = await opened_page(browser, running)
        first = await seen(running, page, answers.pop())  # whose run imports everything for the first time
        await asyncio.sleep(every)
        before, began = used(running), time.monotonic()
        waiting = []
        for texts in answers:
            waiting.append(asyncio.create_task(seen(running, page, texts)))
            await asyncio.sleep(every)
        seconds = await asyncio.gather(*waiting)
        cpu, took = used(running) - before, time.monotonic() - began
        await asyncio.sleep(every)
        before, began = used(running), time.monotonic()
        await asyncio.sleep(took / 4)
        idle = (used(running) - before) / (time.monotonic() - began) * took
        await browser.close()
    return {
        "sessions": count,
        "first_s": round(first, 1),
        **spread(seconds),
        "goal_s": GOAL_SECONDS,
        "cpu_s_a_session": round(cpu / count, 1),
        "cpu_s_of_it_without_guests": round(idle / count, 1),
        "goal_cpu_s": GOAL_CPU_SECONDS,
        "simulated": True,
    }


def used(running: Running) -> float:
    seconds = processor_seconds(running.home.root / RUN_FOLDER)
    if seconds is None:
        raise SystemExit("the pilot's processes cannot be read: did it stop?")
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two guests")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with running_pilot("page-time") as running:
        result = asyncio.run(measure(running, count=options.sessions, every=options.every, seed=options.seed))
    print(json.dumps(result) if options.json else "\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
