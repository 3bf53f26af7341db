"""The directory of the short codes in QR addresses, cached for ten minutes while the store is away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from pilot.errors import PilotError
from storage.store.cafes import codes as stored_codes
from storage.store.engine import Store
from voice_edge.clock import Clock
from voice_edge.errors import CodesUnknown

FRESH_SECONDS = 30.0
STALE_SECONDS = 600.0
REFRESH_SECONDS = 60.0

log = structlog.get_logger("voice_edge.doors.codes")


@dataclass(frozen=True, slots=True)
class CachedCode:
    """A code from the store; `at` is the monotonic time at which it was read."""

    cafe: str
    retired: bool
    at: float


class CodeDirectory:
    """Maps codes to cafés."""

    def __init__(self, open_store: Callable[[], Store], *, clock: Clock) -> None:
        self.open_store = open_store
        self._clock = clock
        self._cached: dict[str, CachedCode] = {}
        self.store_away = False

    async def find(self, code: str) -> CachedCode | None:
        """Return a code, given in its readable form; None if there is none.

        Raises:
            CodesUnknown: the store is away, and the code was not read in the last ten minutes.
        """
        cached = self._cached.get(code)
        now = self._clock.monotonic()
        if cached and now - cached.at < FRESH_SECONDS:
            return cached
        try:
            stored = await asyncio.to_thread(lambda: stored_codes.find(self.open_store(), code))
        except (PilotError, OSError) as error:
            self._away(error)
            if cached and now - cached.at < STALE_SECONDS:
                return cached
            raise CodesUnknown from None
        self.store_away = False
        if stored is None:
            self._cached.pop(code, None)
            return None
        return self._cache(code, cafe=stored.cafe, retired=stored.retired_at is not None)

    async def refresh(self) -> None:
        """Cache all active codes, so that they can be resolved while the store is away."""
        try:
            active = await asyncio.to_thread(lambda: stored_codes.active(self.open_store()))
        except (PilotError, OSError) as error:
            self._away(error)
            return
        self.store_away = False
        for code in active:
            self._cache(code.code, cafe=code.cafe, retired=False)

    async def keep_fresh(self) -> None:
        """Refresh every minute."""
        while True:
            await self.refresh()
            await self._clock.sleep(REFRESH_SECONDS)

    @property
    def usable(self) -> bool:
        """Return whether codes can be resolved: the store answers, or some cached codes are recent enough."""
        now = self._clock.monotonic()
        return not self.store_away or any(now - cached.at < STALE_SECONDS for cached in self._cached.values())

    def _cache(self, code: str, *, cafe: str, retired: bool) -> CachedCode:
        cached = CachedCode(cafe=cafe, retired=retired, at=self._clock.monotonic())
        self._cached[code] = cached
        return cached

    def _away(self, error: Exception) -> None:
        if not self.store_away:
            log.warning("store away", kind=type(error).__name__)
        self.store_away = True
