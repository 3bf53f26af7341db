"""A real edge in its own process, stopped at the end of the `async with` block."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.waiting import DEADLINE_SECONDS

CHECKOUT = Path(__file__).parents[1]
START_SECONDS = 90.0
STOP_SECONDS = 30.0


@asynccontextmanager
async def running_edge(
    home: Path,
    *,
    port: int,
    stdout: int,
    replica: str = "edge1",
    settings: Mapping[str, str] | None = None,
    files: int | None = None,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Serve a home on a loopback port, with the scripted interviewer.

    Args:
        home: The home.
        port: The port.
        stdout: Where its logs go.
        replica: Its name.
        settings: More PILOT_* variables.
        files: The most files that it may open; None for as many as here.
    """
    environment = {
        **os.environ,
        "PILOT_HOME": str(home),
        "PILOT_CAFES_FILE": str(CHECKOUT / "cafes.toml"),
        "PILOT_EDGE_PORT": str(port),
        "PILOT_REPLICA": replica,
        "PILOT_INTERVIEWER": "scripted",
        **(settings or {}),
    }
    process = await asyncio.create_subprocess_exec(
        *(() if files is None else ("prlimit", f"--nofile={files}:{files}")),
        *(sys.executable, "-m", "voice_edge"),
        env=environment,
        cwd=CHECKOUT,
        stdout=stdout,
    )
    try:
        async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client, asyncio.timeout(START_SECONDS):
            while True:
                try:
                    if (await client.get(f"http://127.0.0.1:{port}/health/live")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.communicate(), STOP_SECONDS)
