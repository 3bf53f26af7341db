"""Two edges as on two hosts, over real PostgreSQL, Redis, an S3 store and Caddy."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.voice.own_edge import stop, until_ready
from operations.seeding import seed
from operations.system import free_port
from pilot.settings import PREFIX, read_settings
from storage.home import Home, open_home
from storage.store.cafes import codes

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT))
from tests.postgresql import Cluster, running_cluster  # noqa: E402
from tests.proxy import AUTHORITY, Proxy, plan, running_proxy  # noqa: E402
from tests.s3_server import ObjectStore, object_store  # noqa: E402

BUCKET, PREFIX_OF_LANDING = "pilot", "landing"
ADDRESS = "127.0.0.1"  # The café's host here, so that every client reaches it without a name server.
CAFE, DOMAIN = "aurora", "aurora.feedbackai.se"
SECRET = "a secret that every replica shares"
KEYS = {
    "AWS_ALLOW_HTTP": "true",
    "AWS_ACCESS_KEY_ID": "pilot",
    "AWS_SECRET_ACCESS_KEY": "pilot",
    "AWS_REGION": "eu-north-1",
}


class Redis:
    """A real Redis that keeps nothing, as the compose file's."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        program = shutil.which("redis-server")
        assert program is not None, "Redis is not installed: apt-get install redis-server"
        self._process = subprocess.Popen(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@dataclass
class Replica:
    """One edge, with its own home."""

    name: str
    port: int
    environment: dict[str, str]
    log: Path
    process: asyncio.subprocess.Process | None = None
    starts: list[float] = field(default_factory=list)

    async def start(self) -> None:
        """Start it, without waiting."""
        with self.log.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "voice_edge", cwd=CHECKOUT, env=self.environment, stdout=output, stderr=output
            )

    async def ready(self) -> None:
        """Wait until it hears."""
        assert self.process is not None
        await until_ready(f"http://127.0.0.1:{self.port}", process=self.process, log=self.log)

    async def kill(self) -> None:
        """Kill it without a warning."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def replace(self) -> None:
        """Stop it as a deployment does, and start the next version in its place."""
        assert self.process is not None
        await stop(self.process)
        await self.start()
        await self.ready()

    def freeze(self) -> None:
        """Cut it off: its sockets stay open and nothing answers."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)


@dataclass
class Site:
    """All parts.

    Attributes:
        home: The home of an operator's commands; it shares only the store and the landing with the edges.
        code: A code of the café.
        environment: The settings of an operator's commands.
    """

    folder: Path
    home: Home
    code: str
    postgresql: Cluster
    redis: Redis
    objects: ObjectStore
    proxy: Proxy
    replicas: list[Replica]
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """Return the address of the customers."""
        return f"https://{ADDRESS}:{self.proxy.plan.https_port}"

    async def page(self, client: httpx.AsyncClient, path: str) -> str:
        """Open a page; return its status, or the name of the fault."""
        try:
            answer = await client.get(f"{self.url}{path}", headers={"Accept": "text/html"})
        except httpx.HTTPError as fault:
            return type(fault).__name__
        return str(answer.status_code)


def client(site: Site) -> httpx.AsyncClient:
    """Return a browser's client for the site."""
    trust = ssl.create_default_context(cafile=str(site.folder / "proxy" / AUTHORITY))
    return httpx.AsyncClient(verify=trust, timeout=10.0, trust_env=False)


@asynccontextmanager
async def running_site(folder: Path, *, replicas: int = 2) -> AsyncIterator[Site]:
    """Run every part until the end of the block."""
    async with AsyncExitStack() as parts:
        database = parts.enter_context(running_cluster())
        objects = parts.enter_context(object_store(BUCKET))
        redis = Redis(folder)
        parts.callback(redis.stop)
        redis.start()
        ports = [free_port() for _ in range(replicas)]
        cafes = folder / "cafes.toml"
        cafes.write_text(
            (CHECKOUT / "cafes.toml").read_text("utf-8").replace(f'"{DOMAIN}"', f'"{ADDRESS}"'), encoding="utf-8"
        )
        planned = plan(ports)
        shared = {
            **{name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "AWS_"))},
            **KEYS,
            "AWS_ENDPOINT_URL": objects.url,
            "PILOT_CAFES_FILE": str(cafes),
            "PILOT_STORE_URL": database.new_database().replace("postgresql://", "postgresql+psycopg2://"),
            "PILOT_LANDING_URL": f"s3://{BUCKET}/{PREFIX_OF_LANDING}",
            "PILOT_LAKE_URL": f"s3://{BUCKET}/lake",
            "PILOT_REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
            "PILOT_SECRET_KEY": SECRET,
            "PILOT_PUBLIC_URL": f"https://{ADDRESS}:{planned.https_port}",
            "PILOT_INTERVIEWER": "scripted",
        }
        own = {**shared, "PILOT_HOME": str(folder / "operator")}
        parts.enter_context(_variables({name: value for name, value in own.items() if name.startswith("AWS_")}))
        home = open_home(read_settings(own))
        seed(home)
        code = next(each.code for each in codes.active(home.store()) if each.cafe == CAFE)
        edges = [
            Replica(
                name=(name := f"edge{number}"),
                port=port,
                environment={
                    **shared,
                    "PILOT_HOME": str(folder / name),
                    "PILOT_REPLICA": name,
                    "PILOT_EDGE_PORT": str(port),
                },
                log=folder / f"{name}.log",
            )
            for number, port in enumerate(ports, start=1)
        ]
        for edge in edges:
            parts.push_async_callback(_end, edge)
            await edge.start()
        for edge in edges:
            await edge.ready()
        proxy = parts.enter_context(running_proxy(folder / "proxy", planned, cafes_file=cafes))
        own["SSL_CERT_FILE"] = str(folder / "proxy" / AUTHORITY)
        parts.enter_context(_variables({"SSL_CERT_FILE": own["SSL_CERT_FILE"]}))  # For the customers of this process.
        yield Site(folder, home, code, database, redis, objects, proxy, edges, own)


@contextmanager
def _variables(values: dict[str, str]) -> Iterator[None]:
    """Set variables of this process within a `with` block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


async def end_replicas(site: Site) -> None:
    """End every edge, those that came later included."""
    for each in site.replicas:
        await _end(each)


async def _end(edge: Replica) -> None:
    if edge.process is not None:
        edge.thaw()
        await stop(edge.process)
