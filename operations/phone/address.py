"""The address under which a telephone on the same network reaches this machine."""

from __future__ import annotations

import ipaddress
import socket

from pilot.errors import PilotError

# Only asked which way it would go: a datagram socket that is connected sends nothing.
ELSEWHERE = ("192.0.2.1", 9)


class NoLocalAddress(PilotError):
    """This machine has no address that a telephone beside it could open."""


def local_address(wanted: str = "") -> str:
    """Return the IPv4 address to listen on, and nowhere else.

    Args:
        wanted: An address of this machine, as somebody chose it; empty for that of the usual network.

    Raises:
        NoLocalAddress: there is none, or the wanted one is not this machine's, loopback, or every address at once.
    """
    found = wanted or _of_the_usual_network()
    try:
        address = ipaddress.IPv4Address(found)
    except ValueError:
        raise NoLocalAddress(f"{found} is not an IPv4 address.", remedy="Give one as in 192.168.1.20.") from None
    if address.is_loopback or address.is_unspecified or address.is_multicast:
        raise NoLocalAddress(
            f"{found} is no address that a telephone can open.", remedy="Give this machine's own on the local network."
        )
    if not address.is_private and not wanted:
        raise NoLocalAddress(
            f"This machine's address {found} is open to the whole internet.",
            remedy="Join a local network, or say that you want it with --address.",
        )
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((found, 0))
        except OSError:
            raise NoLocalAddress(
                f"{found} is not an address of this machine.", remedy="`ip addr` or the network settings show them."
            ) from None
    return found


def _of_the_usual_network() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
            return str(probe.getsockname()[0])
        except OSError:
            raise NoLocalAddress(
                "This machine is on no network.", remedy="Join the network that the telephone is on, and start again."
            ) from None
