"""The register of open conversations by address, and of those that have not yet said `hello`."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from voice_edge.protocol import CloseCode

MOST_OF_ADDRESS = 200  # As many as one address may begin in an hour; a café's Wi-Fi is one address.
MOST_SILENT_OF_ADDRESS = 40
MOST_SILENT = 300  # A page says hello as soon as it is connected.


class Arriving(Protocol):
    """A connection as the register uses it."""

    def hang_up(self, code: CloseCode) -> None:
        """End the connection with `code`."""
        ...


class Arrivals:
    """The conversations of one replica.

    A connection without `hello` never keeps a guest out: when there are too many, the one that has been silent longest
    is closed, of the same address first.
    """

    def __init__(
        self,
        *,
        most_of_address: int = MOST_OF_ADDRESS,
        most_silent_of_address: int = MOST_SILENT_OF_ADDRESS,
        most_silent: int = MOST_SILENT,
    ) -> None:
        self._most_of_address = most_of_address
        self._most_silent_of_address = most_silent_of_address
        self._most_silent = most_silent
        self._addresses: dict[Arriving, str | None] = {}
        self._of_address: Counter[str | None] = Counter()
        self._silent: dict[Arriving, str | None] = {}  # In the order of their arrival.
        self._silent_of_address: Counter[str | None] = Counter()

    @property
    def silent(self) -> int:
        """Return the number of connections without `hello`."""
        return len(self._silent)

    def admit(self, connection: Arriving, *, address: str | None) -> bool:
        """Register a connection; return False if its address has too many.

        Args:
            connection: The connection.
            address: Its address from `counted_address`; None is not counted by address.
        """
        if address is not None and self._of_address[address] >= self._most_of_address:
            return False
        if address is not None and self._silent_of_address[address] >= self._most_silent_of_address:
            self._close(next(other for other, theirs in self._silent.items() if theirs == address))
        elif len(self._silent) >= self._most_silent:
            self._close(next(iter(self._silent)))
        self._addresses[connection] = self._silent[connection] = address
        self._of_address[address] += 1
        self._silent_of_address[address] += 1
        return True

    def greet(self, connection: Arriving) -> None:
        """Mark a connection as greeted: it has said `hello`."""
        if connection in self._silent:
            _subtract(self._silent_of_address, self._silent.pop(connection))

    def leave(self, connection: Arriving) -> None:
        """Remove a connection; a second call has no effect."""
        self.greet(connection)
        if connection in self._addresses:
            _subtract(self._of_address, self._addresses.pop(connection))

    def _close(self, connection: Arriving) -> None:
        self.greet(connection)  # Its place is free at once, not only when its page has answered the close.
        connection.hang_up(CloseCode.TOO_MANY)


def _subtract(counts: Counter[str | None], address: str | None) -> None:
    counts[address] -= 1
    if not counts[address]:
        del counts[address]
