"""The registry of open sessions: one live connection each, bounded, drained at the replica's stop."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from voice_edge.protocol import CloseCode

REMEMBERED_EPOCHS = 4_096
HAND_OVER_SECONDS = 3.0
DRAIN_SECONDS = 6.5  # The supervisor kills after 10 s; uvicorn and the log need the remainder.


class OpenSession(Protocol):
    """A session as the registry uses it."""

    ended: asyncio.Event

    def hang_up(self, code: CloseCode) -> None:
        """End the connection with `code`; the session itself may be resumed."""
        ...


class OpenSessions:
    """All connections of the replica, and the live one of each session."""

    def __init__(
        self, *, most: int, make_room: Callable[[OpenSession], OpenSession | None] = lambda _newcomer: None
    ) -> None:
        self._most = most
        self._make_room = make_room
        self._connections: set[OpenSession] = set()
        self._live: dict[str, OpenSession] = {}
        self._epochs: OrderedDict[str, int] = OrderedDict()
        self._talking: set[str] = set()
        self.draining = False

    @property
    def count(self) -> int:
        """Return the number of open connections."""
        return len(self._connections)

    @property
    def talking(self) -> int:
        """Return the number of sessions with a place at the recogniser."""
        return len(self._talking)

    def has_place(self, session_id: str) -> bool:
        """Return whether a session has a place at the recogniser."""
        return session_id in self._talking

    def give_place(self, session_id: str) -> None:
        """Give a session a place at the recogniser until it writes or its connection ends."""
        self._talking.add(session_id)

    def release_place(self, session_id: str) -> None:
        """Release a session's place at the recogniser."""
        self._talking.discard(session_id)

    def admit(self, session: OpenSession) -> bool:
        """Add a connection; return False if the replica is full and none can be closed for it."""
        if len(self._connections) >= self._most:
            closed = self._make_room(session)
            if closed is None:
                return False
            self._connections.discard(closed)
        self._connections.add(session)
        return True

    def leave(self, session: OpenSession, *, session_id: str | None) -> None:
        """Remove a connection."""
        self._connections.discard(session)
        if session_id is not None and self._live.get(session_id) is session:
            del self._live[session_id]
            self._talking.discard(session_id)

    async def claim(self, session: OpenSession, *, session_id: str, epoch: int) -> int:
        """Make `session` the live connection of `session_id`, ending an older one first; return its epoch.

        The epoch is one above both the snapshot's and the last one opened on this replica: an acknowledgement can be
        lost with its connection.
        """
        older = self._live.get(session_id)
        self._live[session_id] = session
        epoch = max(epoch, self._epochs.get(session_id, 0) + 1)
        self._epochs[session_id] = epoch
        self._epochs.move_to_end(session_id)
        while len(self._epochs) > REMEMBERED_EPOCHS:
            self._epochs.popitem(last=False)
        if older is not None:
            older.hang_up(CloseCode.REPLACED)
            try:
                async with asyncio.timeout(HAND_OVER_SECONDS):
                    await older.ended.wait()
            except TimeoutError:
                pass  # It writes into its own epoch, so the two cannot mix.
        return epoch

    async def drain(self) -> None:
        """Send every page to another replica (1001) and wait until all connections have ended."""
        self.draining = True
        leaving = list(self._connections)
        for session in leaving:
            session.hang_up(CloseCode.GOING_AWAY)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                for session in leaving:
                    await session.ended.wait()
        except TimeoutError:
            pass  # The server cancels the remaining ones.
