"""Verifies every public host from outside: DNS, TLS, redirect, headers, WebSocket."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from functools import partial

from operations.checks.running import Check
from operations.hosts.addresses import check_addresses, server_addresses
from operations.hosts.certificates import check_certificate
from operations.hosts.names import PublicHost
from operations.hosts.web import check_headers, check_redirect, check_websocket
from pilot.settings import Settings

LIMIT_SECONDS = 15.0


def host_checks(hosts: Sequence[PublicHost], *, settings: Settings, trust: ssl.SSLContext | None = None) -> list[Check]:
    """Return the checks of the hosts; only a café's host has a WebSocket."""
    resolvers = [each.strip() for each in settings.resolvers.split(",") if each.strip()]
    server = server_addresses(settings.server_address)
    return [
        Check(f"{kind} {host.name}", check, LIMIT_SECONDS)
        for host in hosts
        for kind, check in (
            ("dns", partial(check_addresses, host, resolvers=resolvers, server=server)),
            ("certificate", partial(check_certificate, host, trust=trust)),
            ("redirect", partial(check_redirect, host)),
            ("headers", partial(check_headers, host, trust=trust)),
            *((("websocket", partial(check_websocket, host, trust=trust)),) if host.cafe else ()),
        )
    ]
