"""Serves the pilot in the foreground, with its addresses printed, until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext

from rich.console import Console
from rich.table import Table

from cli.context import actor
from operations.access.first_sign_in import first_link
from operations.serving import Serving, serve
from operations.settings_reading import Reread
from operations.system import System

EXIT_INTERRUPTED_TWICE = 130


def serve_until_stopped(
    system: System,
    *,
    beside: Callable[[Serving], AbstractAsyncContextManager[None]] = lambda _: nullcontext(),
    say: Callable[[Console, Serving], None] | None = None,
    reread: Reread | None = None,
) -> None:
    """Run every process of the pilot until Ctrl-C, SIGTERM or SIGHUP.

    Args:
        system: The processes and the home.
        beside: A context to enter in this process while the pilot is served.
        say: Prints the addresses and the first steps; `show_addresses` by default.
        reread: Reads the environment again before a restart; None leaves the settings of the start.

    Raises:
        PilotError: a program is missing, a port is taken, or a process did not become ready.
    """
    asyncio.run(_serve(system, beside=beside, say=say or show_addresses, reread=reread))


async def _serve(
    system: System,
    *,
    beside: Callable[[Serving], AbstractAsyncContextManager[None]],
    say: Callable[[Console, Serving], None],
    reread: Reread | None,
) -> None:
    console = Console(highlight=False)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    serving_task = asyncio.current_task()
    assert serving_task is not None
    is_up = False

    def on_signal() -> None:
        if stop.is_set():
            # The second signal: the reaper ends the remaining processes.
            os._exit(EXIT_INTERRUPTED_TWICE)
        stop.set()
        console.print("\nStopping (once more to stop at once) ...")
        if not is_up:
            serving_task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal)
    console.print(f"Starting the pilot in {system.home.root} ...")
    began = time.monotonic()
    try:
        async with (
            serve(system, report=lambda text: console.print(text, markup=False), reread=reread) as serving,
            beside(serving),
        ):
            is_up = True
            console.print(f"Everything is ready after {time.monotonic() - began:.0f} s.\n")
            say(console, serving)
            await stop.wait()
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
    console.print("Stopped; no process is left.")


def show_addresses(console: Console, serving: Serving) -> None:
    """Print the address of every page, and the first steps."""
    system = serving.system
    table = Table(show_header=False, box=None, pad_edge=False)
    cafes = system.home.cafes()
    names = {cafe.id: cafe.name for cafe in cafes.cafe}
    for code in serving.codes:
        table.add_row(f"{names.get(code.cafe, code.cafe)}, a customer's page", f"{system.edge_url}/c/{code.code}")
    table.add_row("The pilot and each café's day", system.dashboards_url)
    table.add_row("The data's journey (Dagster)", system.dagster_url)
    if system.fake_stripe is not None:
        table.add_row("A FAKE of Stripe for simulated receipts: no money moves", f"{system.fake_stripe.url}/fake")
    table.add_row("Logs", str(system.logs))
    console.print(table)
    if system.home.kind == "demo":
        console.print("\nThis is a demo: its days are simulated.")
    link = first_link(system.home, actor=actor())
    console.print(
        f"\nSign in to the pages and Dagster as the administrator (this link works once, within an hour; "
        f"`pilot account link` prints another, `pilot account invite` lets others in):\n  {link}",
        markup=False,
        soft_wrap=True,
    )
    console.print(
        f"\nFirst: open a customer's page and talk, or in another terminal:\n"
        f"  pilot journey {cafes.ids[0]} --language en\nThen open the pages above. Ctrl-C stops everything.",
        markup=False,
        soft_wrap=True,
    )
