"""A stand-in for Ollama as a process: its first token comes after a given time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.voice.own_edge import CHECKOUT, stop
from operations.system import free_port

STAND_IN = "stand-in"  # The model's name.
START_SECONDS = 30.0
POLL_SECONDS = 0.1


@asynccontextmanager
async def stand_in_model(*, first_token_ms: float, wanted: bool = True, port: int | None = None) -> AsyncIterator[str]:
    """Run the stand-in until the end of the block and give its address; unless it is wanted, an empty one."""
    if not wanted:
        yield ""
        return
    port = port or free_port()
    process = await start_stand_in(first_token_ms=first_token_ms, port=port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await stop(process)


async def start_stand_in(*, first_token_ms: float, port: int, token_ms: float = 40.0) -> asyncio.subprocess.Process:
    """Start the stand-in on a port and wait until it takes connections."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.ollama_server",
        "--first-token-ms",
        f"{first_token_ms:g}",
        "--token-ms",
        f"{token_ms:g}",
        "--port",
        str(port),
        "--model",
        STAND_IN,
        cwd=CHECKOUT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(START_SECONDS):
        while True:
            if process.returncode is not None:
                sys.exit("The stand-in for the language model ended at once: python -m tests.ollama_server --help")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(POLL_SECONDS)
            else:
                writer.close()
                return process
