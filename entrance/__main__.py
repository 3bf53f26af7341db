"""Runs the sign-in: `python -m entrance`; a proxy in front serves it to others."""

from __future__ import annotations

import os

import uvicorn
from prometheus_client import CollectorRegistry

from entrance.app import create_app
from operations.monitoring.exposition import serve_metrics
from operations.monitoring.request_metrics import RequestMetrics
from pilot.settings import read_settings
from storage.home import open_existing_home


def main() -> None:
    """Serve until a signal."""
    settings = read_settings(dict(os.environ))
    registry = CollectorRegistry()
    serve_metrics(settings, registry)
    uvicorn.run(
        create_app(open_existing_home(settings), metrics=RequestMetrics(registry)),
        host=settings.pages_host,
        port=settings.entrance_port,
        log_level="warning",
        access_log=False,  # Its lines would hold the tokens of links.
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
    )


if __name__ == "__main__":
    main()
