"""The queue of webhook events, saved by one thread in batches.

Events that arrive during a transaction are saved together in the next one. A burst costs
the disk a few writes instead of one per event, and never occupies the threads that serve guests.
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
    """The queue is full: the store would need seconds to drain it."""


class WebhookQueue:
    """Saves events, and returns for each whether it was new."""

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self._open_store = open_store
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="webhooks")
        self._waiting: list[tuple[ProviderEvent, asyncio.Future[bool]]] = []
        self._work: asyncio.Task[None] | None = None

    async def save(self, event: ProviderEvent) -> bool:
        """Save one event; return whether it was new.

        Raises:
            PilotError: the store is away; the event is not saved.
            TooManyWaiting: the queue is full.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise TooManyWaiting("Too many events wait for the store.", remedy="Send it again.", retryable=True)
        saved: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, saved))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._save_waiting())
        return await saved

    async def keep_counting(self, *, rail: str, clock: Clock, metrics: Metrics) -> None:
        """Publish the number and age of unprocessed events every few seconds, also while the watch is down."""
        while True:
            try:
                lag = await asyncio.to_thread(lambda: provider_events.lag(self._open_store(), rail=rail))
                oldest = lag.oldest_received_at
                waited = 0.0 if oldest is None else max(0.0, (clock.now() - oldest).total_seconds())
                metrics.set_provider_events(waiting=lag.waiting, failed=lag.failed, oldest_seconds=waited)
            except (PilotError, OSError) as error:
                log.warning("provider events not counted", kind=type(error).__name__)
            await clock.sleep(COUNT_SECONDS)

    async def _save_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            # One id twice in a transaction is one row: only its first event was new.
            events = {event.id: event for event, _ in reversed(batch)}
            try:
                new = set(await loop.run_in_executor(self._thread, self._write, list(events.values())))
            except Exception as error:  # Every waiter gets it; none may wait for ever.
                for _, saved in batch:
                    if not saved.done():
                        saved.set_exception(error)
                continue
            for event, saved in batch:
                if not saved.done():  # It is already done if Stripe has disconnected.
                    saved.set_result(event.id in new)
                new.discard(event.id)

    def _write(self, events: list[ProviderEvent]) -> frozenset[str]:
        return provider_events.save(self._open_store(), events, way="webhook")
