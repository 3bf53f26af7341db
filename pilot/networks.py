"""Networks: the part of an address that one household, café or phone has, and its daily hash."""

from __future__ import annotations

import hashlib
import hmac
from ipaddress import IPv6Address, ip_address

IPV6_PREFIX_BITS = 64  # A household or a phone has a whole /64.


def network_of(address: str) -> str:
    """Return an address's network: an IPv4 address whole, an IPv6 /64, any other text unchanged."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{int(parsed) >> (128 - IPV6_PREFIX_BITS):x}/{IPV6_PREFIX_BITS}"


def wider_network(network: str) -> str:
    """Return the wider network of a network of `network_of`: IPv4 whole, IPv6 its /48."""
    prefix, _, bits = network.partition("/")
    return f"{int(prefix, 16) >> 16:x}/48" if bits == "64" else network


def network_hash(*, secret: bytes, day: str, address: str) -> str:
    """Return the day-salted hash of a network: equal within one business day, unlinkable across days.

    Args:
        secret: The installation's key.
        day: The business day, ISO format; part of the salt.
        address: The network address as the edge sees it.
    """
    salt = hmac.new(secret, f"network:{day}".encode(), hashlib.sha256).digest()
    return hmac.new(salt, network_of(address).encode(), hashlib.sha256).hexdigest()[:32]
