"""Keeps events in one thread: what comes while a transaction is under way goes into the next one together.

So a burst of them costs the disk a few writes instead of one each, and never takes the threads that guests wait for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from pilot.errors import PilotError
from storage.store.engine import Store
from storage.store.payouts import provider_events
from storage.store.payouts.provider_events import ProviderEvent
from voice_edge.clock import Clock
from voice_edge.metrics import Metrics

MOST_WAITING = 1000
MOST_AT_ONCE = 100
COUNT_SECONDS = 15.0

log = structlog.get_logger("voice_edge")


class TooManyWaiting(PilotError):
    """More events wait for the store than it takes in seconds."""


class WebhookQueue:
    """Takes events, and says of each whether it was new once it is in the store."""

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self._open_store = open_store
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="webhooks")
        self._waiting: list[tuple[ProviderEvent, asyncio.Future[bool]]] = []
        self._work: asyncio.Task[None] | None = None

    async def keep(self, event: ProviderEvent) -> bool:
        """Keep one event; return whether it was new.

        Raises:
            PilotError: the store is away; the event is not kept.
            TooManyWaiting: as many wait already as may.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise TooManyWaiting("Too many events wait for the store.", remedy="Send it again.", retryable=True)
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, kept))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._keep_waiting())
        return await kept

    async def keep_counting(self, *, rail: str, clock: Clock, metrics: Metrics) -> None:
        """Count now and then what waits to be looked at: also while nobody looks at anything."""
        while True:
            try:
                found = await asyncio.to_thread(lambda: provider_events.lag(self._open_store(), rail=rail))
                oldest = found.oldest_received_at
                waited = 0.0 if oldest is None else max(0.0, (clock.now() - oldest).total_seconds())
                metrics.provider_events(waiting=found.waiting, failed=found.failed, oldest_seconds=waited)
            except (PilotError, OSError) as error:
                log.warning("the provider's events cannot be counted", kind=type(error).__name__)
            await clock.sleep(COUNT_SECONDS)

    async def _keep_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            taken, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            # One id twice in a transaction is one row: the first that came is told that it was new.
            events = {event.id: event for event, _ in reversed(taken)}
            try:
                new = set(await loop.run_in_executor(self._thread, self._write, list(events.values())))
            except Exception as error:  # Each who waits is told; none may wait for ever.
                for _, kept in taken:
                    if not kept.done():
                        kept.set_exception(error)
                continue
            for event, kept in taken:
                if not kept.done():  # It is, where Stripe hung up meanwhile.
                    kept.set_result(event.id in new)
                new.discard(event.id)

    def _write(self, events: list[ProviderEvent]) -> frozenset[str]:
        return provider_events.save(self._open_store(), events, way="webhook")
