"""The register of open conversations by address, and of those that have not yet said `hello`."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple, Protocol

from pilot.networks import wider_network
from voice_edge.doors.open_sessions import OpenSession
from voice_edge.protocol import CloseCode

MOST_OF_ADDRESS = 200  # As many as one address may begin in an hour; a café's Wi-Fi is one address.
MOST_OF_NETWORK = 400  # Of an IPv6 /48, in which one customer of a provider may have every address.
MOST_SILENT_OF_ADDRESS = 40
MOST_SILENT = 300  # A page says hello as soon as it is connected.


class Arriving(OpenSession, Protocol):
    """A connection as the register uses it."""

    @property
    def started(self) -> bool:
        """Return whether its guest has pressed start."""
        ...


class _Place(NamedTuple):
    """Where a connection comes from."""

    address: str | None
    network: str | None


class Arrivals:
    """The conversations of one replica.

    A connection without `hello` never keeps a guest out: when there are too many, the one that has been silent longest
    is closed, of the same address first. A page that is only open keeps no guest out either: when an address, its wider
    network or the replica is full, the oldest conversation that has not started is closed.
    """

    def __init__(
        self,
        *,
        most_of_address: int = MOST_OF_ADDRESS,
        most_of_network: int = MOST_OF_NETWORK,
        most_silent_of_address: int = MOST_SILENT_OF_ADDRESS,
        most_silent: int = MOST_SILENT,
    ) -> None:
        self._most_of_address = most_of_address
        self._most_of_network = most_of_network
        self._most_silent_of_address = most_silent_of_address
        self._most_silent = most_silent
        self._places: dict[Arriving, _Place] = {}  # In the order of their arrival.
        self._of_address: Counter[str | None] = Counter()
        self._of_network: Counter[str | None] = Counter()
        self._silent: dict[Arriving, str | None] = {}  # In the order of their arrival.
        self._silent_of_address: Counter[str | None] = Counter()

    @property
    def silent(self) -> int:
        """Return the number of connections without `hello`."""
        return len(self._silent)

    def admit(self, connection: Arriving, *, address: str | None) -> bool:
        """Register a connection; return False if its address or network has too many that have started.

        Args:
            connection: The connection.
            address: Its address from `counted_address`; None is not counted by address.
        """
        place = _Place(address, None if address is None else wider_network(address))
        if address is not None and not self._has_room(place):
            return False
        if address is not None and self._silent_of_address[address] >= self._most_silent_of_address:
            self._close(next(other for other, theirs in self._silent.items() if theirs == address))
        elif len(self._silent) >= self._most_silent:
            self._close(next(iter(self._silent)))
        self._places[connection], self._silent[connection] = place, address
        self._of_address[address] += 1
        self._of_network[place.network] += 1
        self._silent_of_address[address] += 1
        return True

    def greet(self, connection: Arriving) -> None:
        """Mark a connection as greeted: it has said `hello`."""
        if connection in self._silent:
            _subtract(self._silent_of_address, self._silent.pop(connection))

    def leave(self, connection: Arriving) -> None:
        """Remove a connection; a second call has no effect."""
        self.greet(connection)
        if connection in self._places:
            place = self._places.pop(connection)
            _subtract(self._of_address, place.address)
            _subtract(self._of_network, place.network)

    def make_room(self, newcomer: OpenSession) -> Arriving | None:
        """Close the oldest not started conversation of the network with most of these, for `newcomer`.

        Returns:
            The closed one, whose place is free at once; None if all have started. Loopback is left alone.
        """
        idle = [
            (each, place.network)
            for each, place in self._places.items()
            if place.network is not None and each is not newcomer and not each.started
        ]
        if not idle:
            return None
        numbers = Counter(network for _, network in idle)
        most = max(numbers.values())
        oldest = next(each for each, network in idle if numbers[network] == most)
        self._close(oldest)
        return oldest

    def _has_room(self, place: _Place) -> bool:
        """Return whether one more of this place may come, after closing one that has not started if need be."""
        for full, field in (
            (self._of_address[place.address] >= self._most_of_address, 0),
            (self._of_network[place.network] >= self._most_of_network, 1),
        ):
            if not full:
                continue
            theirs = (each for each, other in self._places.items() if other[field] == place[field])
            oldest = next((each for each in theirs if not each.started), None)
            if oldest is None:
                return False
            self._close(oldest)
        return True

    def _close(self, connection: Arriving) -> None:
        self.leave(connection)  # Its place is free at once, not only when its page has answered the close.
        connection.hang_up(CloseCode.TOO_MANY)


def _subtract(counts: Counter[str | None], address: str | None) -> None:
    counts[address] -= 1
    if not counts[address]:
        del counts[address]
