"""The trial slots of this replica's sessions: reserved, extended, used, lost or released.

The store decides. While it is away talks continue: outcomes are settled once it is back, and rewards wait for that.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Literal

import structlog

from pilot.cafes import Cafe, Cafes
from pilot.errors import InvalidCafes, PilotError
from storage.store.cafes import trial_slots
from storage.store.cafes.trial_slots import LEASE_AFTER_LOSS_SECONDS, LEASE_UNTIL_CONSENT_SECONDS, Reserved
from storage.store.engine import Store
from voice_edge.clock import Clock, within

RESERVE_SECONDS = 2.0
EXTEND_SECONDS = 60.0  # Less than the lease of a lost connection: a resume elsewhere extends in time.
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0
MOST_WAITING = 10_000  # Beyond this the oldest are left to the projection from the landing, or their lease expires.

MOST_LOST_OF_NETWORK = 10

Outcome = Literal["use", "release", "hold", "lose"]

log = structlog.get_logger("voice_edge.doors")


class TrialService:
    """Reserves, extends and settles the slots of this replica's sessions."""

    def __init__(
        self, open_store: Callable[[], Store], *, cafes: Cafes, clock: Clock, store_away: Callable[[], bool]
    ) -> None:
        self._open_store = open_store
        self._cafes = cafes
        self._clock = clock
        self._store_away = store_away
        self._leased: dict[str, str] = {}
        self._lost: defaultdict[str, OrderedDict[str, tuple[str, float]]] = defaultdict(OrderedDict)
        self._unrewarded: set[str] = set()
        self._waiting: OrderedDict[str, tuple[str, Outcome]] = OrderedDict()
        self._arrived = asyncio.Event()
        self._settling = asyncio.Lock()  # A release must not overtake the hold before it.

    @property
    def waiting(self) -> int:
        """Return the number of sessions whose outcome is not settled yet."""
        return len(self._waiting)

    async def reserve(self, session_id: str, *, cafe: Cafe) -> Reserved:
        """Reserve a slot until consent; if the store does not answer, the session gets its slot at its end."""
        result: Reserved = "reserved"
        if not self._store_away():
            try:
                work = asyncio.to_thread(
                    lambda: trial_slots.reserve(
                        self._open_store(), session_id=session_id, cafe=cafe, seconds=LEASE_UNTIL_CONSENT_SECONDS
                    )
                )
                result = await within(RESERVE_SECONDS, work, clock=self._clock)
            except (PilotError, OSError, TimeoutError) as error:
                log.warning("no slot reserved: the talk continues", session_id=session_id, kind=type(error).__name__)
        if result == "unrewarded":
            self._unrewarded.add(session_id)
        return result

    def rewards(self, session_id: str) -> bool:
        """Return whether the trial lets a session of this replica earn a reward."""
        return session_id not in self._unrewarded

    def hold(self, session_id: str, *, cafe: str) -> None:
        """Extend a session's lease from now on; reserve again if it was released."""
        self._leased[session_id] = cafe
        self._find_again(session_id)
        self._settle_soon(session_id, cafe=cafe, outcome="hold")

    def settle(self, session_id: str, *, cafe: str, outcome: Outcome) -> None:
        """Queue a session's outcome; `keep_settling` settles it."""
        self._leased.pop(session_id, None)
        self._settle_soon(session_id, cafe=cafe, outcome=outcome)

    def lose(self, session_id: str, *, cafe: str, network: str | None) -> None:
        """Keep the slot of a lost connection for two minutes, so that its guest can resume.

        Of one network only the last ten are kept: a script must not fill the trial with pages that it has left.
        """
        self.settle(session_id, cafe=cafe, outcome="lose")
        if network is None:
            return
        now = self._clock.monotonic()
        lost = self._lost[network]
        lost[session_id] = (cafe, now)
        lost.move_to_end(session_id)
        while len(lost) > MOST_LOST_OF_NETWORK:
            oldest, (its_cafe, _) = lost.popitem(last=False)
            self.settle(oldest, cafe=its_cafe, outcome="release")
        for known, theirs in list(self._lost.items()):
            while theirs and now - next(iter(theirs.values()))[1] > LEASE_AFTER_LOSS_SECONDS:
                theirs.popitem(last=False)
            if not theirs:
                del self._lost[known]

    def stop_extending(self, session_id: str) -> None:
        """Stop extending a session's lease after its connection has ended; it may resume within the lease."""
        self._leased.pop(session_id, None)
        self._unrewarded.discard(session_id)

    async def keep_settling(self) -> None:
        """Settle queued outcomes, retrying with growing pauses while the store is away."""
        pause = FIRST_RETRY_SECONDS
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            if await self.settle_waiting():
                pause = FIRST_RETRY_SECONDS
                continue
            self._arrived.set()
            await self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_RETRY_SECONDS)

    async def settle_waiting(self) -> bool:
        """Settle all queued outcomes; return whether that succeeded."""
        async with self._settling:
            for session_id, (cafe, outcome) in list(self._waiting.items()):
                try:
                    await asyncio.to_thread(self._settle, session_id, cafe, outcome)
                except InvalidCafes:
                    log.warning("slot of a café that is gone", session_id=session_id)
                except (PilotError, OSError) as error:
                    log.warning("slot not settled yet", session_id=session_id, kind=type(error).__name__)
                    return False
                if self._waiting.get(session_id) == (cafe, outcome):
                    del self._waiting[session_id]
            return True

    async def keep_extended(self) -> None:
        """Extend the leases of live sessions every minute."""
        while True:
            await self._clock.sleep(EXTEND_SECONDS)
            await self.extend()

    async def extend(self) -> None:
        """Extend the leases now; if the store is away, the next round does."""
        leased = list(self._leased)
        if not leased:
            return
        try:
            await asyncio.to_thread(lambda: trial_slots.extend(self._open_store(), leased))
        except (PilotError, OSError) as error:
            log.warning("leases not extended", sessions=len(leased), kind=type(error).__name__)

    def _find_again(self, session_id: str) -> None:
        for lost in self._lost.values():
            lost.pop(session_id, None)

    def _settle_soon(self, session_id: str, *, cafe: str, outcome: Outcome) -> None:
        if self._waiting.get(session_id, ("", "release"))[1] == "use":
            return
        self._waiting[session_id] = (cafe, outcome)
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popitem(last=False)
        self._arrived.set()

    def _settle(self, session_id: str, cafe: str, outcome: Outcome) -> None:
        store = self._open_store()
        if outcome == "use":
            trial_slots.use(store, session_id=session_id, cafe=self._cafes.get(cafe))
        elif outcome == "hold":
            trial_slots.reserve(store, session_id=session_id, cafe=self._cafes.get(cafe))
        elif outcome == "lose":
            trial_slots.extend(store, [session_id], seconds=LEASE_AFTER_LOSS_SECONDS)
        else:
            trial_slots.release(store, session_id)
