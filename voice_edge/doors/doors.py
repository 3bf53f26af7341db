"""The doors of one replica: every visit passes them, from its first page to its session's end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pilot.business_days import business_day
from pilot.cafes import Cafe, Cafes
from pilot.networks import wider_network
from pilot.opening_hours import holidays_of
from pilot.settings import Settings
from storage.store.engine import Store
from voice_edge.clock import Clock
from voice_edge.doors.board import Board
from voice_edge.doors.devices import IssuedToken, OpenDevices, issue_token, known_token
from voice_edge.doors.entrance import Entrance, Refusal, is_trial_address
from voice_edge.doors.rates import Rates, RedisCounter
from voice_edge.doors.trials import TrialService


@dataclass(frozen=True, slots=True)
class Visit:
    """The doors' view of a session.

    Attributes:
        session_id: The session.
        cafe: Its café.
        code: Its short code.
        device_hash: The device's day-salted hash.
        known_device: Whether the hash is a token's, and so identifies one device.
        simulated: Whether a test client made it.
        address: Its address from `counted_address`; None is not counted.
    """

    session_id: str
    cafe: Cafe
    code: str
    device_hash: str
    known_device: bool
    simulated: bool
    address: str | None = None


class Doors:
    """Admits visits, reserves their trial slots, and counts them."""

    def __init__(
        self,
        *,
        settings: Settings,
        cafes: Cafes,
        secret: bytes,
        clock: Clock,
        open_store: Callable[[], Store],
        demo: bool,
    ) -> None:
        self._secret = secret
        redis_url = settings.redis_url.get_secret_value()
        self._clock = clock
        self.board = Board(open_store, cafes=cafes, clock=clock)
        self.entrance = Entrance(hours_apply=not demo and not is_trial_address(settings.public_url))
        self.rates = Rates(secret=secret, clock=clock, shared=RedisCounter(redis_url) if redis_url else None)
        self.trials = TrialService(open_store, cafes=cafes, clock=clock, store_away=lambda: self.board.store_away)
        self.devices = OpenDevices()
        self._visits: dict[str, Visit] = {}
        self._connections: Counter[str] = Counter()

    def refusal(self, cafe: Cafe, *, simulated: bool) -> Refusal | None:
        """Return why a new session at `cafe` may not begin now; None if it may."""
        return self.entrance.refusal(cafe, board=self.board.state, now=self._clock.now(), simulated=simulated)

    @property
    def voice_offered(self) -> bool:
        """Return whether guests may talk; if not, everybody writes."""
        return not self.board.state.fallback

    @property
    def spares_work(self) -> bool:
        """Return whether speed comes first: the script replies, and captions are left out."""
        return self.board.state.performance

    def unrewarded(self, cafe: Cafe) -> bool:
        """Return whether the café still collects feedback without any reward left in its trial."""
        trial = self.board.state.trials.get(cafe.id)
        return trial is not None and trial.full and cafe.on_trial_limit == "collect_unrewarded"

    def closes_soon(self, cafe: Cafe) -> datetime | None:
        """Return when the café's doors close, UTC; None if not within the hour."""
        return self.entrance.closes_soon(cafe, now=self._clock.now())

    def register(self, visit: Visit) -> None:
        """Register a visit after its greeting; `start` or `resume` follows."""
        self._visits[visit.session_id] = visit
        self._connections[visit.session_id] += 1

    async def start(self, session_id: str) -> Refusal | None:
        """Admit a session at its start, within the rates and with a trial slot; else return a refusal.

        The rates count starts, not greetings: a page that is only opened must shut no table and no Wi-Fi.
        """
        visit = self._visits.get(session_id)
        if visit is None:
            return None
        wait = await self._rate_wait(visit)
        if wait is not None:
            return Refusal("too_many", retry_after_s=wait)
        if visit.simulated:
            return None  # A load test is one machine with many sessions.
        if not self._opened(visit):
            return Refusal("already_open")
        if await self.trials.reserve(session_id, cafe=visit.cafe) == "full":
            self.devices.close(session_id)
            return Refusal("trial_full")
        return None

    def consent(self, session_id: str) -> None:
        """Extend the lease of a session's slot: its guest has consented."""
        visit = self._visits.get(session_id)
        if visit is not None and not visit.simulated:
            self.trials.hold(session_id, cafe=visit.cafe.id)

    def resume(self, session_id: str, *, consented: bool) -> None:
        """Register a session that resumes here; it is never refused."""
        visit = self._visits.get(session_id)
        if visit is not None and not visit.simulated:
            self._opened(visit)
            if consented:
                self.trials.hold(session_id, cafe=visit.cafe.id)

    def remember(self, presented: str | None) -> IssuedToken:
        """Return the token for a device with consent: the presented one while valid, else a new one."""
        now = self._clock.now()
        return known_token(presented, secret=self._secret, at=now) or issue_token(secret=self._secret, at=now)

    def is_known_device(self, presented: str | None) -> bool:
        """Return whether a device token is ours and still valid."""
        return known_token(presented, secret=self._secret, at=self._clock.now()) is not None

    def complete(self, session_id: str, *, cafe: str, simulated: bool) -> bool:
        """Use the session's slot; return whether it may earn a reward, according to this replica."""
        if simulated:
            return True
        rewards = self.trials.rewards(session_id)
        self.trials.settle(session_id, cafe=cafe, outcome="use")
        return rewards

    def abandon(self, session_id: str, *, may_return: bool) -> None:
        """Release the session's slot, or keep it for a while if its guest has spoken and may return."""
        visit = self._visits.get(session_id)
        if visit is None or visit.simulated:
            return
        if not may_return:
            self.trials.settle(session_id, cafe=visit.cafe.id, outcome="release")
        elif self._connections[session_id] == 1:  # Else a newer connection continues it.
            network = None if visit.address is None else wider_network(visit.address)
            self.trials.lose(session_id, cafe=visit.cafe.id, network=network)

    def unregister(self, session_id: str) -> None:
        """Unregister a session whose connection has ended."""
        self._connections[session_id] -= 1
        if self._connections[session_id] > 0:
            return  # A newer connection continues it.
        del self._connections[session_id]
        self._visits.pop(session_id, None)
        self.devices.close(session_id)
        self.trials.stop_extending(session_id)

    def background(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Return the coroutines that run as long as the replica."""
        return (
            self._load_holidays(),
            self.board.keep_fresh(),
            self.trials.keep_settling(),
            self.trials.keep_extended(),
        )

    async def _load_holidays(self) -> None:
        """Load the holidays, which takes a third of a second, before the first guest needs them."""
        year = business_day(self._clock.now()).year
        for each in (year, year + 1):
            await asyncio.to_thread(holidays_of, each)

    async def _rate_wait(self, visit: Visit) -> float | None:
        """Count a start; return the seconds to wait if it exceeds a rate."""
        if visit.address is None:
            return None
        wait = await self.rates.hit("sessions_of_address", visit.address)
        if wait is None:
            wait = await self.rates.hit("sessions_of_device", visit.device_hash if visit.known_device else None)
        network = f"{visit.code} {wider_network(visit.address)}"
        if wait is None and await self.rates.allows("code_of_network", network):
            wait = await self.rates.hit("networks_of_code", visit.code)
            if wait is None:
                await self.rates.hit("code_of_network", network)
        return wait

    def _opened(self, visit: Visit) -> bool:
        return self.devices.open(
            visit.session_id, code=visit.code, device_hash=visit.device_hash, known=visit.known_device
        )
