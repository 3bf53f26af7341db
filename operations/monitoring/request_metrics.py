"""Counts a web application's requests by status, and times them."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOT_COUNTED = ("/metrics", "/health", "/_stcore/health")
EDGES_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")
FAILED = 500


class RequestMetrics:
    """The number and duration of requests, without the probes of health and metrics."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "pilot_http_requests", "Requests answered, by status and method.", ["code", "method"], registry=registry
        )
        self._seconds = Histogram(
            "pilot_http_request_seconds",
            "From a request to the end of its answer.",
            buckets=EDGES_SECONDS,
            registry=registry,
        )

    def count(self, *, code: int, method: str, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(code=str(code), method=method if method in METHODS else "other").inc()
        self._seconds.observe(seconds)


class CountRequests:
    """Middleware that counts every request; one that ends in an exception counts as status 500."""

    def __init__(self, app: ASGIApp, *, metrics: RequestMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve and count one request."""
        if scope["type"] != "http" or scope["path"].startswith(NOT_COUNTED):
            await self._app(scope, receive, send)
            return
        began, code = time.perf_counter(), FAILED

        async def count_status(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, count_status)
        finally:
            seconds = time.perf_counter() - began
            self._metrics.count(code=code, method=str(scope["method"]), seconds=seconds)
