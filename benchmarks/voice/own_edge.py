"""An edge of a benchmark's own: a fresh home, a free port, its process's number, stopped at the end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from operations.seeding import seed
from operations.system import free_port
from pilot.settings import PREFIX, read_settings
from storage.home import Home, open_home
from storage.store.cafes import codes

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 240.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class OwnEdge:
    """A running edge."""

    home: Home
    url: str
    code: str
    process: asyncio.subprocess.Process
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid


@asynccontextmanager
async def own_edge(
    *,
    settings: Mapping[str, str] | None = None,
    home_folder: Path | None = None,
    port: int | None = None,
    cafe: str = "aurora",
    preexec: object = None,
) -> AsyncIterator[OwnEdge]:
    """Run one replica until the end of the block; PILOT_* of the caller's environment are not handed on."""
    with tempfile.TemporaryDirectory(prefix="pilot-benchmark-") as folder:
        root = home_folder or Path(folder) / "home"
        port = port or free_port()
        url = f"http://127.0.0.1:{port}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)} | {
            "PILOT_HOME": str(root),
            "PILOT_CAFES_FILE": str(CHECKOUT / "cafes.toml"),
            "PILOT_EDGE_PORT": str(port),
            "PILOT_PUBLIC_URL": url,
            "PILOT_INTERVIEWER": "scripted",
            **(settings or {}),
        }
        home = open_home(read_settings(environment))
        seed(home)
        code = next(each.code for each in codes.active(home.store()) if each.cafe == cafe)
        log = Path(folder) / "edge.log"
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "voice_edge",
                cwd=CHECKOUT,
                env=environment,
                stdout=output,
                stderr=output,
                preexec_fn=preexec,
            )
        try:
            await until_ready(url, process=process, log=log)
            yield OwnEdge(home=home, url=url, code=code, process=process, log=log)
        finally:
            await stop(process)


async def until_ready(url: str, *, process: asyncio.subprocess.Process, log: Path) -> None:
    """Wait until a replica hears: its weights are loaded."""
    async with asyncio.timeout(START_SECONDS), httpx.AsyncClient() as client:
        while True:
            if process.returncode is not None:
                sys.exit(f"The edge ended at once:\n{await asyncio.to_thread(_end_of, log)}")
            try:
                if (await client.get(f"{url}/health/ready")).json().get("ready"):
                    return
            except (httpx.TransportError, ValueError):
                pass
            await asyncio.sleep(POLL_SECONDS)


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8")[-2000:]


async def stop(process: asyncio.subprocess.Process) -> None:
    """End a process that was started here."""
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
