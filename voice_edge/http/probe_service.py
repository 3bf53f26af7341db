"""Accepts probes from a second host: which pages it may probe, and its results as segments of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from operations.watch.probes.delivery import MAX_BATCH_BYTES, PROBER, RefusedProbes
from operations.watch.probes.pages import Pages
from pilot.errors import InvalidEvent
from pilot.events import Event, parse_event
from pilot.identifiers import identifier_time
from storage.home import Home
from storage.landing.segments import publish

OLDEST = timedelta(days=31)
CLOCKS_APART = timedelta(minutes=5)


class ProbeService:
    """Answers second hosts; knows no guest."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._pages = Pages(home)
        self._clock = clock

    def listed(self) -> dict[str, Any]:
        """Return what a second host is to look at."""
        return {
            "simulated": self._home.kind == "demo",
            "every_seconds": self._home.settings.probe_seconds,
            "pages": [asdict(page) for page in self._pages.current()],
        }

    def take(self, body: bytes, *, batch: str) -> int:
        """Publish a batch of probes; return how many. The same batch again changes nothing.

        Args:
            body: Events of the contract, one a line.
            batch: The batch's identifier, a UUIDv7: a batch that comes twice is published once.

        Raises:
            RefusedProbes: a line is no probe of a second host, or of another time or café.
            LandingUnavailable: it could not be kept; the same batch may come again.
        """
        try:
            identifier_time(batch)
            events = [parse_event(line) for line in body.splitlines() if line.strip()]
        except (InvalidEvent, ValueError):
            raise _refused("a line breaks the contract, or the batch has no identifier") from None
        if len(body) > MAX_BATCH_BYTES or not events:
            raise _refused(f"a batch holds between 1 line and {MAX_BATCH_BYTES} bytes")
        self._check(events)
        publish(self._home.segments(), events, replica=events[0].edge, identifier=batch)
        return len(events)

    def _check(self, events: Sequence[Event]) -> None:
        now, cafes = self._clock(), self._home.cafes().ids
        simulated = self._home.kind == "demo"
        if len({event.edge for event in events}) != 1 or not PROBER.fullmatch(events[0].edge):
            raise _refused("a batch is of one prober, whose name begins with probe")
        for event in events:
            if event.event != "probe" or event.cafe not in cafes or event.simulated != simulated:
                raise _refused("only probes of this pilot's cafés are taken")
            if not now - OLDEST <= event.at <= now + CLOCKS_APART:
                raise _refused("a probe is of another time: is the second host's clock right?")


def _refused(why: str) -> RefusedProbes:
    return RefusedProbes(f"The probes are refused: {why}.", remedy="Run the same version of `pilot probe` as the edge.")
