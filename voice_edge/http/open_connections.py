"""The register of a replica's TCP connections: bounded in all and by address.

A connection waits until its request's headers are complete. When there are too many, the one that has waited longest
makes room, so that silent connections never keep a guest out.
"""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Protocol

from voice_edge.doors.rates import counted_address
from voice_edge.http.socket_limits import SocketLimits


class Connected(Protocol):
    """A transport as the register uses it."""

    def abort(self) -> None:
        """Close the connection at once."""
        ...


class TrustedProxies:
    """The addresses whose connections carry many guests.

    Args:
        addresses: Addresses or networks, separated by commas; `*` for all.
    """

    def __init__(self, addresses: str) -> None:
        names = [name.strip() for name in addresses.split(",") if name.strip()]
        self._all = "*" in names
        self._networks: list[IPv4Network | IPv6Network] = []
        for name in names:
            try:
                self._networks.append(ip_network(name, strict=False))
            except ValueError:
                continue  # `*`, or a socket's name

    def __contains__(self, address: str) -> bool:
        """Return whether `address` is a trusted proxy."""
        try:
            parsed = ip_address(address.partition("%")[0])
        except ValueError:
            return self._all
        return self._all or any(parsed in network for network in self._networks)


class OpenConnections:
    """All connections of the replica's server."""

    def __init__(self, limits: SocketLimits, *, trusted: TrustedProxies) -> None:
        self._limits = limits
        self._trusted = trusted
        self._addresses: dict[Connected, str | None] = {}
        self._of_address: Counter[str] = Counter()
        self._waiting: dict[Connected, None] = {}  # In the order of their arrival.
        self.refused = 0
        self.evicted = 0

    @property
    def count(self) -> int:
        """Return the number of open connections."""
        return len(self._addresses)

    def admit(self, connection: Connected, *, address: str) -> bool:
        """Register a connection that waits for its headers; return False if no eviction makes room."""
        counted = None if address in self._trusted else counted_address(address) or address
        if counted is not None and self._of_address[counted] >= self._limits.connections_of_address:
            makes_room = next((other for other in self._waiting if self._addresses[other] == counted), None)
        elif self.count >= self._limits.connections:
            makes_room = next(iter(self._waiting), None)
        else:
            self._add(connection, counted)
            return True
        if makes_room is None:
            self.refused += 1
            return False
        self.evicted += 1
        self.leave(makes_room)
        makes_room.abort()
        self._add(connection, counted)
        return True

    def serve(self, connection: Connected) -> None:
        """Mark a connection as no longer waiting: its headers are complete."""
        self._waiting.pop(connection, None)

    def wait(self, connection: Connected) -> None:
        """Mark a connection as waiting for its next request."""
        if connection in self._addresses:
            self._waiting.pop(connection, None)
            self._waiting[connection] = None

    def leave(self, connection: Connected) -> None:
        """Remove a connection; a second call has no effect."""
        if connection not in self._addresses:
            return
        self._waiting.pop(connection, None)
        counted = self._addresses.pop(connection)
        if counted is not None:
            self._of_address[counted] -= 1
            if not self._of_address[counted]:
                del self._of_address[counted]

    def _add(self, connection: Connected, counted: str | None) -> None:
        self._addresses[connection] = counted
        self._waiting[connection] = None
        if counted is not None:
            self._of_address[counted] += 1
