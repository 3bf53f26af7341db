"""Serves a process's metrics on a port of its own, so that each replica answers for itself."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import Metric

from pilot.settings import Settings
from storage.store import store_metrics

PATH = "/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# A browser sends these; Prometheus does not. Proxies add the last two.
FOREIGN_HEADERS = ("Origin", "Sec-Fetch-Site", "Forwarded", "X-Forwarded-For")
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")

_log = structlog.get_logger("operations.monitoring")


class JoinedRegistries:
    """Several registries as one; a process's own metrics and the store's."""

    def __init__(self, registries: Iterable[CollectorRegistry]) -> None:
        self._registries = tuple(registries)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of each."""
        for each in self._registries:
            yield from each.collect()


class MetricsServer(ThreadingHTTPServer):
    """Answers GET /metrics; a browser's request is refused."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], registries: JoinedRegistries) -> None:
        self.registries = registries
        self.loopback_only = _is_loopback(address[0])
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: MetricsServer

    def do_GET(self) -> None:
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        rebound = self.server.loopback_only and host not in LOOPBACK_NAMES
        if rebound or any(name in self.headers for name in FOREIGN_HEADERS):
            self._answer(403, b"Only for Prometheus.\n")
        elif urlsplit(self.path).path != PATH:
            self._answer(404, b"There is nothing here; see /metrics.\n")
        else:
            self._answer(200, generate_latest(self.server.registries))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write no line for each scrape."""


def serve_metrics(
    settings: Settings, *registries: CollectorRegistry, with_process: bool = True
) -> MetricsServer | None:
    """Serve registries and the store's counters in a thread; None if no port is set or it cannot be used.

    A process serves people first: without its metrics port it runs on, and Prometheus reports it as down.

    Args:
        settings: Give the address and the port.
        registries: The process's own metrics.
        with_process: Whether to add CPU, memory and open files of this process.
    """
    if not settings.metrics_port:
        return None
    own = CollectorRegistry()
    if with_process:
        ProcessCollector(registry=own)
    try:
        server = MetricsServer(
            (settings.metrics_host, settings.metrics_port),
            JoinedRegistries((*registries, own, store_metrics.REGISTRY)),
        )
    except OSError as error:
        _log.error("metrics cannot be served", port=settings.metrics_port, reason=error.strerror or "unknown")
        return None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
