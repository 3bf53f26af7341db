"""Writes the proxy's configuration (Caddy) for the hosts of the cafés' file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, StrictUndefined

from operations.hosts.names import HTTP_PORT, HTTPS_PORT, PublicHost
from pilot.errors import PilotError
from pilot.words import say

TEMPLATE = "Caddyfile"
ADDRESS = re.compile(r"(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*):(?P<port>\d{1,5})")
PAGE = """\
			<!doctype html>
			<html lang="sv"><meta charset="utf-8">
			<meta name="viewport" content="width=device-width, initial-scale=1">
			<meta http-equiv="refresh" content="30"><title>{title}</title>
			<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}}</style>
			<main><h1>{title}</h1><p>{text}</p><p lang="en">{english}</p></main></html>"""


class BadUpstream(PilotError):
    """An address of a process behind the proxy is not of the form host:port."""


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Where the replicas of a process are.

    Attributes:
        addresses: host:port of each; with `dynamic` one name, whose addresses the proxy looks up by itself.
        dynamic: Whether the number of replicas changes without a reload.
    """

    addresses: tuple[str, ...]
    dynamic: bool = False

    def __post_init__(self) -> None:
        for each in self.addresses:
            if not ADDRESS.fullmatch(each):
                raise BadUpstream(f"{each!r} is no address.", remedy="Give host:port, for example 127.0.0.1:8000.")

    @property
    def static(self) -> str:
        """Return the fixed addresses."""
        return "" if self.dynamic else " ".join(self.addresses)

    @property
    def host(self) -> str:
        """Return the name to look up."""
        return self.addresses[0].rpartition(":")[0]

    @property
    def port(self) -> str:
        """Return the port of every replica."""
        return self.addresses[0].rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class ProxyPlan:
    """What the proxy serves, and where it finds the processes.

    Attributes:
        edges: The edges.
        dashboards: The dashboards.
        entrance: host:port of the sign-in.
        dagster: host:port of Dagster's page.
        monitoring: Path and host:port of each page of monitoring.
        admin: Address of Caddy's own interface for reloads.
        metrics: Address on which Prometheus reads the proxy's figures.
        internal: Whether certificates are the proxy's own, for tests, instead of a public authority's.
        lifetime: How long an own certificate is valid, for tests of the renewal; empty for the default.
        idle: How long a connection without a request is kept; a WebSocket has no such limit.
        http_port: Port of HTTP.
        https_port: Port of HTTPS.
    """

    edges: Upstreams
    dashboards: Upstreams
    entrance: str
    dagster: str
    monitoring: tuple[tuple[str, str], ...] = ()
    admin: str = "localhost:2019"
    metrics: str = "127.0.0.1:9180"
    internal: bool = False
    lifetime: str = ""
    idle: str = "2m"
    http_port: int = HTTP_PORT
    https_port: int = HTTPS_PORT


# The names of the compose file, and of a host without containers.
CONTAINERS = ProxyPlan(
    edges=Upstreams(("api-gateway:8000",), dynamic=True),
    dashboards=Upstreams(("business-dashboard:8501",), dynamic=True),
    entrance="entrance:8500",
    dagster="dagster-webserver:3000",
    monitoring=(("grafana", "grafana:3000"), ("prometheus", "prometheus:9090"), ("alertmanager", "watch:9093")),
    metrics=":9180",
)
ONE_HOST = ProxyPlan(
    edges=Upstreams(("127.0.0.1:8000",)),
    dashboards=Upstreams(("127.0.0.1:8501",)),
    entrance="127.0.0.1:8500",
    dagster="127.0.0.1:3000",
    monitoring=(("prometheus", "127.0.0.1:9090"), ("alertmanager", "127.0.0.1:9093")),
)


def proxy_file(hosts: tuple[PublicHost, ...], plan: ProxyPlan) -> str:
    """Return the text of the Caddyfile.

    Args:
        hosts: Every public host.
        plan: What is served, and from where.
    """
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    template = environment.from_string(
        resources.files("operations.hosts").joinpath("templates", TEMPLATE).read_text(encoding="utf-8")
    )
    page = PAGE.format(
        title=say("page", "ended.maintenance_title", "sv"),
        text=say("page", "ended.maintenance", "sv"),
        english=say("page", "ended.maintenance", "en"),
    )
    return template.render(
        guests=[host.name for host in hosts if host.cafe],
        operators=next((host.name for host in hosts if not host.cafe), ""),
        edges=plan.edges,
        pages=plan.dashboards,
        entrance=plan.entrance,
        dagster=plan.dagster,
        monitoring=plan.monitoring,
        admin=plan.admin,
        metrics=plan.metrics,
        internal=plan.internal,
        lifetime=plan.lifetime,
        idle=plan.idle,
        http_port=plan.http_port,
        https_port=plan.https_port,
        page=page,
    )
