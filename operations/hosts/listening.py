"""Compares the sockets that other hosts can reach with the allowed ports."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

import psutil

from operations.checks.finding import Finding, judged

ALLOWED_PORTS = frozenset({22, 80, 443})


def listening() -> list[tuple[str, int]]:
    """Return the addresses and ports on which any process of this host accepts TCP connections."""
    found = psutil.net_connections(kind="tcp")
    return sorted({(each.laddr.ip, each.laddr.port) for each in found if each.status == psutil.CONN_LISTEN})


def check_listening(sockets: Iterable[tuple[str, int]]) -> Finding:
    """Check that only allowed ports are open on an address that is not loopback."""
    public = [(address, port) for address, port in sockets if not ipaddress.ip_address(address).is_loopback]
    others = [f"{address}:{port}" for address, port in public if port not in ALLOWED_PORTS]
    allowed = sorted({port for _, port in public if port in ALLOWED_PORTS})
    return judged(
        "sockets",
        ok=not others,
        found=f"also {', '.join(others)}" if others else f"{', '.join(map(str, allowed)) or 'none'}",
        required="public ports among 22, 80, 443",
        remedy="Bind these programs to 127.0.0.1, or end them; a firewall that drops their ports is not enough here.",
    )
