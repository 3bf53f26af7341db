"""Recovers from the landing the receipts that a dead replica had not yet saved.

Completed sessions are read from the published segments of the days since the newest receipt, each segment once in the
life of a replica. Saving is idempotent, so any number of replicas may project.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import chain, repeat

import structlog

from pilot.business_days import business_day, days_between
from pilot.cafes import Cafes
from pilot.errors import InvalidEvent, PilotError
from pilot.events import Event, SessionCompleted, parse_event
from storage.errors import CorruptSegment
from storage.landing.segments import SegmentName, Segments
from storage.store.cafes import trial_slots
from storage.store.engine import Store
from storage.store.rewards import receipts
from storage.store.rewards.receipts import Receipt
from voice_edge.clock import Clock

PERIOD_SECONDS = 60.0
FIRST_PAUSES_SECONDS = (2.0, 10.0)  # A dead replica's log is published within seconds of the start.
MOST_DAYS_BACK = 30
OVERLAP_DAYS = 1  # A day's last sessions are published after midnight.
MARK = b'"event":"session_completed"'

log = structlog.get_logger("voice_edge.receipts.receipt")


def receipt_of(event: Event, completed: SessionCompleted) -> Receipt:
    """Return the receipt of a completed session, equal to the one that the edge would have saved."""
    return Receipt(
        receipt_hash=completed.receipt_hash,
        reference=completed.reference,
        session_id=event.session_id,
        cafe=event.cafe,
        day=event.day,
        language=completed.language,
        simulated=event.simulated,
        created_at=event.at,
        preliminary_score=completed.preliminary_score,
        preliminary_eligible=completed.preliminary_eligible,
        rubric_version=completed.rubric_version,
    )


class ReceiptProjection:
    """Saves the missing receipts of completed sessions, and uses their trial slots."""

    def __init__(
        self,
        open_store: Callable[[], Store],
        open_segments: Callable[[], Segments],
        *,
        cafes: Cafes,
        clock: Clock,
    ) -> None:
        self._open_store = open_store
        self._open_segments = open_segments
        self._cafes = cafes
        self._clock = clock
        self._seen: set[SegmentName] = set()
        self._first_day: date | None = None

    async def keep_projecting(self) -> None:
        """Project at the start, soon after it, and every minute."""
        for pause in chain(FIRST_PAUSES_SECONDS, repeat(PERIOD_SECONDS)):
            try:
                saved = await asyncio.to_thread(self.project)
                if saved:
                    log.info("receipts recovered from the landing", receipts=saved)
            except (PilotError, OSError) as error:
                log.warning("receipts not projected", kind=type(error).__name__)
            await self._clock.sleep(pause)

    def project(self) -> int:
        """Save the missing receipts once; return their number.

        Raises:
            StoreAway: the store does not answer; unfinished segments are read again.
            LandingUnavailable: the landing cannot be reached.
        """
        store, segments = self._open_store(), self._open_segments()
        today = business_day(self._clock.now())
        if self._first_day is None:
            newest = receipts.newest_day(store)
            back = today - timedelta(days=MOST_DAYS_BACK)
            self._first_day = max(back, newest or back) - timedelta(days=OVERLAP_DAYS)
        saved = 0
        for day in days_between(self._first_day, today):
            for name in segments.list(day):
                if name not in self._seen:
                    saved += self._save(store, segments, name)
                    self._seen.add(name)
        self._first_day = max(self._first_day, today - timedelta(days=OVERLAP_DAYS))
        self._seen = {name for name in self._seen if name.day >= self._first_day}
        return saved

    def _save(self, store: Store, segments: Segments, name: SegmentName) -> int:
        saved = 0
        for event, completed in _completed(segments, name):
            receipt = receipt_of(event, completed)
            if receipts.by_hash(store, receipt.receipt_hash) is None:
                receipts.save(store, receipt)
                saved += 1
            cafe = next((cafe for cafe in self._cafes.cafe if cafe.id == event.cafe), None)
            if cafe is not None and not event.simulated:
                slot = trial_slots.find(store, event.session_id)
                if slot is None or not slot.used:
                    trial_slots.use(store, session_id=event.session_id, cafe=cafe)
        return saved


def _completed(segments: Segments, name: SegmentName) -> Iterator[tuple[Event, SessionCompleted]]:
    try:
        body = segments.read(name)
    except CorruptSegment as damaged:
        log.error("segment damaged: its receipts are not projected", segment=damaged.segment)
        return
    for line in body.splitlines():
        if MARK not in line:
            continue
        try:
            event = parse_event(line)
        except InvalidEvent:
            continue
        content = event.content()
        if isinstance(content, SessionCompleted):
            yield event, content
