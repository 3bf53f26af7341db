"""Finds the address at which a phone on the same network reaches this machine."""

from __future__ import annotations

import ipaddress
import socket

from pilot.errors import PilotError

# Selects the route only: connecting a datagram socket sends nothing.
ANY_REMOTE = ("192.0.2.1", 9)


class NoLocalAddress(PilotError):
    """This machine has no address that a phone on the network could open."""


def local_address(requested: str = "") -> str:
    """Return the one IPv4 address to listen on.

    Args:
        requested: An address of this machine; empty for the address on the default route.

    Raises:
        NoLocalAddress: there is none, or `requested` is loopback, unspecified, multicast or not this machine's.
    """
    found = requested or _on_default_route()
    try:
        address = ipaddress.IPv4Address(found)
    except ValueError:
        raise NoLocalAddress(f"{found} is not an IPv4 address.", remedy="Give one as in 192.168.1.20.") from None
    if address.is_loopback or address.is_unspecified or address.is_multicast:
        raise NoLocalAddress(
            f"A phone cannot open {found}.", remedy="Give this machine's own address on the local network."
        )
    if not address.is_private and not requested:
        raise NoLocalAddress(
            f"This machine's address {found} is open to the whole internet.",
            remedy="Join a local network, or choose this address with --address.",
        )
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((found, 0))
        except OSError:
            raise NoLocalAddress(
                f"{found} is not an address of this machine.", remedy="`ip addr` or the network settings show them."
            ) from None
    return found


def _on_default_route() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ANY_REMOTE)
            return str(probe.getsockname()[0])
        except OSError:
            raise NoLocalAddress(
                "This machine is on no network.", remedy="Join the phone's network, and start again."
            ) from None
