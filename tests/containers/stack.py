"""The whole compose file, started as documented, on free ports and with volumes of its own."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import websockets

from operations.hosts.names import PublicHost, public_hosts
from storage.cafes_file import read_cafes
from tests.containers.engine import CHECKOUT, docker
from tests.waiting import DEADLINE_SECONDS

PROJECT = "pilot-tests"
STAGING, SCALE = "docker-compose.staging.yml", "docker-compose.scale.yml"
GUESTS, STAFF = "aurora.feedbackai.se", "staging.feedbackai.se"
READY_SECONDS = 300
ROOT_AT = "/data/caddy/pki/authorities/local/root.crt"


@dataclass
class Stack:
    """A running compose project.

    Attributes:
        env_file: Its settings and variables.
        http_port: The proxy's port of HTTP on this machine.
        https_port: The proxy's port of HTTPS on this machine.
        authority: The proxy's own authority, once it runs.
    """

    env_file: Path
    http_port: int
    https_port: int
    authority: Path

    def compose(self, *arguments: str, file: str = STAGING, seconds: float = 600, check: bool = True) -> str:
        """Run docker compose; return its output."""
        where = ("--project-name", PROJECT, "--env-file", str(self.env_file), "--file", file)
        return docker("compose", *where, *arguments, seconds=seconds, check=check)

    def up(self, *arguments: str, file: str = STAGING) -> None:
        """Start or change the project, and wait until every service is healthy."""
        self.compose("up", "--detach", "--wait", "--wait-timeout", str(READY_SECONDS), *arguments, file=file)

    def containers(self, service: str = "") -> list[dict[str, Any]]:
        """Return the containers as compose lists them."""
        listed = self.compose("ps", "--all", "--format", "json", *([service] if service else []))
        return [json.loads(line) for line in listed.splitlines() if line.strip()]

    def names(self, service: str) -> list[str]:
        """Return the names of a service's running containers."""
        return sorted(each["Name"] for each in self.containers(service) if each["State"] == "running")

    def inside(self, service: str, *command: str, check: bool = True, seconds: float = 300) -> str:
        """Run a command in a service's container."""
        return self.compose("exec", "-T", service, *command, check=check, seconds=seconds)

    @property
    def hosts(self) -> tuple[PublicHost, ...]:
        """Return the hosts, at this machine's ports."""
        cafes = read_cafes(CHECKOUT / "cafes.toml")
        ports = {"address": "127.0.0.1", "https_port": self.https_port, "http_port": self.http_port}
        return tuple(replace(host, **ports) for host in public_hosts(cafes))

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))

    def get(self, host: str, path: str, **headers: str) -> httpx.Response:
        """Open a page at one of the hosts."""
        with httpx.Client(verify=self.trust, timeout=DEADLINE_SECONDS, trust_env=False) as client:
            return client.get(
                f"https://127.0.0.1:{self.https_port}{path}",
                headers={"Host": host, "Accept": "text/html", **headers},
                extensions={"sni_hostname": host},
            )

    def socket(self, host: str = GUESTS) -> websockets.connect:
        """Open a conversation's WebSocket at one of the hosts."""
        return websockets.connect(
            f"wss://{host}:{self.https_port}/ws/v1",
            host="127.0.0.1",
            port=self.https_port,
            ssl=self.trust,
            server_hostname=host,
            open_timeout=DEADLINE_SECONDS,
            proxy=None,
        )
