"""Checks where a webhook may go: an https address whose name leads to public addresses only."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from storage.store.outgoing.webhook_rules import RuleRefused

LONGEST_URL = 500
# Translations of IPv4 into IPv6, behind which a private address can hide.
NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
COMPATIBLE = ipaddress.IPv6Network("::/96")
IETF = ipaddress.IPv4Network("192.0.0.0/24")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], list[str]]


class ForbiddenAddress(Exception):
    """A name leads to an address that is not public."""


class Unresolved(Exception):
    """A name leads nowhere."""


def checked_url(text: str) -> str:
    """Return an address for webhooks if its form is right; its name is resolved at each attempt.

    Raises:
        RuleRefused: it is not https, or has a user, a fragment, or letters outside ASCII; its text is not repeated.
    """
    url = text.strip()
    refused = RuleRefused(
        "That is not an address for webhooks.",
        remedy="Expected https://host/path, without user and password, of at most 500 ASCII characters.",
        code="url",
    )
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or set(url) & set(' "<>\\^`{|}'):
        raise refused
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise refused from None
    if parts.scheme != "https" or not host or "@" in parts.netloc or parts.fragment or port == 0:
        raise refused
    literal = _literal(host)
    if (literal is None and "." not in host.strip(".")) or (literal is not None and not is_public(literal)):
        raise refused
    return url


def masked(url: str) -> str:
    """Return an address for people: its path may be a secret, as with Slack's."""
    parts = urlsplit(url)
    return f"https://{parts.netloc}/…" if parts.path.strip("/") or parts.query else f"https://{parts.netloc}"


def is_public(address: Address) -> bool:
    """Return whether an address is public: not loopback, private, link-local or reserved."""
    if isinstance(address, ipaddress.IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if hidden is None and any(address in network for network in (*NAT64, COMPATIBLE)):
            hidden = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if hidden is not None and not is_public(hidden):
            return False
        if address in NAT64[1] or address.is_site_local:
            return False
    elif address in IETF:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def public_addresses(
    host: str, port: int, *, resolve: Resolver, is_allowed: Callable[[Address], bool] = is_public
) -> list[str]:
    """Return the addresses of a name, all of them public.

    Args:
        host: The name, or an address.
        port: The port.
        resolve: Returns the addresses of a name.
        is_allowed: Returns whether one may be connected to.

    Raises:
        ForbiddenAddress: one of them is not public.
        Unresolved: there is none.
    """
    try:
        found = [ipaddress.ip_address(each.partition("%")[0]) for each in resolve(host, port)]
    except (OSError, UnicodeError, ValueError):
        raise Unresolved from None
    if not found:
        raise Unresolved
    if not all(is_allowed(each) for each in found):
        raise ForbiddenAddress
    return [str(each) for each in found]


def resolved(host: str, port: int) -> list[str]:
    """Return the addresses of a name by the system's resolver, IPv4 first."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(each[4][0]) for each in found)
    return sorted(addresses, key=lambda each: ":" in each)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
