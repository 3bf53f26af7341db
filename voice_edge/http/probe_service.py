"""The service behind the probe API: lists the pages to probe and publishes a second host's results."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from operations.watch.probes.delivery import MAX_BATCH_BYTES, PROBER, RefusedProbes
from operations.watch.probes.pages import Pages
from pilot.errors import InvalidEvent
from pilot.events import Event, parse_event, probed_cafes
from pilot.identifiers import identifier_time
from storage.home import Home
from storage.landing.segments import publish

MAX_AGE = timedelta(days=31)
MAX_CLOCK_SKEW = timedelta(minutes=5)


class ProbeService:
    """Serves second hosts; sees no guest data."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._pages = Pages(home)
        self._clock = clock

    def pages(self) -> dict[str, Any]:
        """Return the pages for a second host to probe, and the interval."""
        return {
            "simulated": self._home.kind == "demo",
            "every_seconds": self._home.settings.probe_seconds,
            "shared": True,
            "pages": [asdict(page) for page in self._pages.current()],
        }

    def accept(self, body: bytes, *, batch: str) -> int:
        """Publish a batch of probes; return their number. A repeated batch changes nothing.

        Args:
            body: Events of the contract, one a line.
            batch: The batch's identifier, a UUIDv7; a batch that arrives twice is published once.

        Raises:
            RefusedProbes: a line is not a second host's probe, or its time or café is not accepted.
            LandingUnavailable: it could not be published; the same batch may be sent again.
        """
        try:
            identifier_time(batch)
            events = [parse_event(line) for line in body.splitlines() if line.strip()]
        except (InvalidEvent, ValueError):
            raise _refused("a line breaks the contract, or the batch has no identifier") from None
        if len(body) > MAX_BATCH_BYTES or not events:
            raise _refused(f"a batch holds between 1 line and {MAX_BATCH_BYTES} bytes")
        self._check(events)
        of_cafes = [_without_unknown(event, self._home.cafes().ids) for event in events]
        publish(self._home.probe_segments(), of_cafes, replica=events[0].edge, identifier=batch)
        return len(events)

    def _check(self, events: Sequence[Event]) -> None:
        now, cafes = self._clock(), set(self._home.cafes().ids)
        simulated = self._home.kind == "demo"
        if len({event.edge for event in events}) != 1 or not PROBER.fullmatch(events[0].edge):
            raise _refused("a batch is of one prober, whose name begins with probe")
        for event in events:
            if event.event != "probe" or cafes.isdisjoint(probed_cafes(event)) or event.simulated != simulated:
                raise _refused("only probes of this pilot's cafés are taken")
            if not now - MAX_AGE <= event.at <= now + MAX_CLOCK_SKEW:
                raise _refused("a probe is of another time: is the second host's clock right?")


def _without_unknown(event: Event, cafes: Collection[str]) -> Event:
    """Return a probe without cafés that the pilot does not have, for example removed ones."""
    probed = probed_cafes(event)
    if all(cafe in cafes for cafe in probed):
        return event
    durations = event.data.get("durations_ms") or []
    known = [(cafe, at) for at, cafe in enumerate(probed) if cafe in cafes]
    kept = [durations[at] for _, at in known] if len(durations) == len(probed) else []
    data = {**event.data, "cafes": [cafe for cafe, _ in known], "durations_ms": kept}
    return event.model_copy(update={"cafe": known[0][0], "data": data})


def _refused(why: str) -> RefusedProbes:
    return RefusedProbes(f"The probes are refused: {why}.", remedy="Run the same version of `pilot probe` as the edge.")
