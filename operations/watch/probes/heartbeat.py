"""An edge's heartbeat file, and the probes that record its silence when it starts again.

A gap in probing alone proves nothing: the prober may have been down. If the edge had no heartbeat either, the service
was down. A starting replica reads the latest heartbeat of any replica of its home and records the silence since as
failed probes of `edge_heartbeat`, one for each affected business day.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from pilot.business_days import business_day, day_bounds, days_between
from pilot.events import Event, Probe, make_event
from pilot.identifiers import new_identifier
from storage.folders import write_atomically

BEAT_SECONDS = 5.0
SILENT_AFTER_SECONDS = 3 * BEAT_SECONDS
LONGEST_SILENCE = timedelta(days=31)  # A home unused for longer was not in service.
SUFFIX = ".alive"
TARGET = "edge_heartbeat"

_log = structlog.get_logger("operations.watch")


class Heartbeat:
    """One replica's heartbeat in the folder shared by all replicas of a home."""

    def __init__(self, folder: Path, *, replica: str) -> None:
        self._folder = folder
        self._path = folder / f"{replica}{SUFFIX}"

    def beat(self, *, now: datetime) -> None:
        """Write a heartbeat; on an error the edge continues to serve."""
        try:
            write_atomically(self._path, now.isoformat())
        except OSError as error:
            _log.warning("the heartbeat cannot be written", reason=error.strerror)

    def last(self) -> datetime | None:
        """Return the latest heartbeat of any replica; None if there is none."""
        beats = []
        for path in self._folder.glob(f"*{SUFFIX}"):
            try:
                beats.append(datetime.fromisoformat(path.read_text(encoding="utf-8")))
            except (OSError, ValueError):
                continue
        return max((beat for beat in beats if beat.tzinfo is not None), default=None)

    async def keep_beating(self) -> None:
        """Write a heartbeat every few seconds until cancelled."""
        while True:
            await asyncio.to_thread(self.beat, now=datetime.now(UTC))
            await asyncio.sleep(BEAT_SECONDS)


def silence_events(
    last: datetime | None, *, now: datetime, cafes: Sequence[str], edge: str, simulated: bool
) -> Iterator[Event]:
    """Yield failed probes for the silence before a replica's start; nothing for a short silence.

    Args:
        last: The latest heartbeat of any replica.
        now: The replica's start.
        cafes: The cafés that it serves.
        edge: Its name.
        simulated: Whether the home is a demo's.
    """
    if last is None or (now - last).total_seconds() <= SILENT_AFTER_SECONDS or now - last > LONGEST_SILENCE:
        return
    for day in days_between(business_day(last), business_day(now)):
        start, end = day_bounds(day)
        start, end = max(start, last), min(end, now)
        seconds = round((end - start).total_seconds())
        if seconds < 1:
            continue
        for cafe in cafes:
            yield make_event(
                Probe(target=TARGET, ok=False, duration_ms=0.0, every_seconds=seconds),
                event_id=new_identifier(at=start),
                at=start,
                session_id=new_identifier(at=start),
                cafe=cafe,
                edge=edge,
                epoch=1,
                seq=0,
                simulated=simulated,
            )
