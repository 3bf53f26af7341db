"""An edge's sign of life: a file that it touches, and what it says of its own silence when it starts again.

A gap in probing says nothing by itself: the prober may have been away. Where the edge gave no sign of life either, the
service was down. A replica that starts looks for the last sign of any replica of its home and records the silence
since, as failed probes of `edge_heartbeat` that stand for all of it, one for each business day that it touches.
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
LONGEST_SILENCE = timedelta(days=31)  # a home that was put aside for longer was not in service
SUFFIX = ".alive"
TARGET = "edge_heartbeat"

_log = structlog.get_logger("operations.watch")


class Heartbeat:
    """One replica's sign of life in the folder that all replicas of a home share."""

    def __init__(self, folder: Path, *, replica: str) -> None:
        self._folder = folder
        self._path = folder / f"{replica}{SUFFIX}"

    def beat(self, *, now: datetime) -> None:
        """Leave a sign of life; where it cannot be left, the edge serves on."""
        try:
            write_atomically(self._path, now.isoformat())
        except OSError as error:
            _log.warning("no sign of life can be left", reason=error.strerror)

    def last(self) -> datetime | None:
        """Return the latest sign of life of any replica, None where there is none."""
        signs = []
        for path in self._folder.glob(f"*{SUFFIX}"):
            try:
                signs.append(datetime.fromisoformat(path.read_text(encoding="utf-8")))
            except (OSError, ValueError):
                continue
        return max((sign for sign in signs if sign.tzinfo is not None), default=None)

    async def keep_beating(self) -> None:
        """Leave a sign of life every few seconds, until cancelled."""
        while True:
            await asyncio.to_thread(self.beat, now=datetime.now(UTC))
            await asyncio.sleep(BEAT_SECONDS)


def silence(
    last: datetime | None, *, now: datetime, cafes: Sequence[str], edge: str, simulated: bool
) -> Iterator[Event]:
    """Yield what a replica that starts records of the time since the last sign of life; nothing for a short one.

    Args:
        last: The last sign of life of any replica.
        now: When this one starts.
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
