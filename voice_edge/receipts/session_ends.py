"""The ends of sessions: sent, erased or left, here or on another replica."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from weakref import WeakValueDictionary

import structlog

from pilot.errors import PilotError
from pilot.identifiers import receipt_hash
from storage.store.cafes import trial_slots
from storage.store.engine import Store
from storage.store.privacy import tombstones
from storage.store.rewards import receipts
from voice_edge.clock import Clock, within
from voice_edge.receipts.receipt import receipt_token

STORE_SECONDS = 2.0
MOST_REMEMBERED = 20_000  # Two days of a busy replica; a snapshot expires after 30 minutes.

log = structlog.get_logger("voice_edge.receipts.session_ends")


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """The end of a session.

    Attributes:
        how: `sent` by the guest, `erased` on request, or `left` for good: closed, declined or over a limit.
        reference: The spoken reference; only of a sent session.
        eligible: The preliminary result; None if it is unknown.
    """

    how: Literal["sent", "erased", "left"]
    reference: str = ""
    eligible: bool | None = None


class SessionEnds:
    """Remembers the ends of this replica's sessions, and finds those of other replicas in the store.

    While the store is away, only this replica's ends are known; readers of the landing ignore all events after the
    first completion, so a session that continues elsewhere changes nothing.
    """

    def __init__(
        self, open_store: Callable[[], Store], *, secret: bytes, clock: Clock, store_away: Callable[[], bool]
    ) -> None:
        self._open_store = open_store
        self._secret = secret
        self._clock = clock
        self._store_away = store_away
        self._known: OrderedDict[str, SessionEnd] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def completing(self, session_id: str) -> asyncio.Lock:
        """Return the lock under which a session is completed, so that it is completed once."""
        return self._locks.setdefault(session_id, asyncio.Lock())

    def remember(self, session_id: str, end: SessionEnd) -> None:
        """Remember the end of a session."""
        self._known[session_id] = end
        self._known.move_to_end(session_id)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)

    async def find(self, session_id: str) -> SessionEnd | None:
        """Return the session's end; None if it has none or only the store, which is away, knows it."""
        known = self._known.get(session_id)
        if (known is not None and known.how == "erased") or self._store_away():
            return known
        try:
            work = asyncio.to_thread(self._stored, session_id)
            stored = await within(STORE_SECONDS, work, clock=self._clock)
        except (PilotError, OSError, TimeoutError) as error:
            log.warning("end of a session not read", session_id=session_id, kind=type(error).__name__)
            return known
        if stored is not None and (known is None or stored.how == "erased"):
            self.remember(session_id, stored)
            return stored
        return known

    def _stored(self, session_id: str) -> SessionEnd | None:
        store = self._open_store()
        if tombstones.erased_at(store, session_id) is not None:
            return SessionEnd("erased")
        receipt = receipts.by_hash(store, receipt_hash(receipt_token(session_id, secret=self._secret)))
        if receipt is None:
            return None
        slot = None if receipt.simulated else trial_slots.find(store, session_id)
        beyond = slot is not None and slot.used and not slot.rewarded
        return SessionEnd("sent", receipt.reference, False if beyond else receipt.preliminary_eligible)
