"""One round of the watch: look at everything at once, record what was seen, leave a sign of life."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from operations.watch.looks import Target
from operations.watch.probing import timed
from pilot.errors import PilotError
from pilot.events import Event, Probe, make_event
from pilot.identifiers import new_identifier

REPLICA = "watch"
APPEND_DEADLINE_SECONDS = 10.0
LOOKS_AT_ONCE = 8  # each may wait for its whole timeout while the edge is away
SERVICE_TARGET = "customer_page"

_log = structlog.get_logger("operations.watch")


class Log(Protocol):
    """What the watch needs of the append log."""

    def append(self, events: Sequence[Event]) -> Future[None]:
        """Append; the future is done once the events are on the disk."""
        ...


class Round:
    """Probes everything once a call."""

    def __init__(
        self,
        *,
        targets: Callable[[], Sequence[Target]],
        every_seconds: int,
        log: Log,
        heartbeat: Path,
        clock: Callable[[], datetime],
        simulated: bool,
        prober: str = REPLICA,
    ) -> None:
        """Take everything that a round needs.

        Args:
            targets: Returns what to look at.
            every_seconds: How often a round is made.
            log: Where the events go.
            heartbeat: The file that says when the last round ended.
            clock: Now, aware.
            simulated: Whether the home is a demo's, where every row is simulated.
            prober: Who looks.
        """
        self._targets = targets
        self._every = every_seconds
        self._log = log
        self._heartbeat = heartbeat
        self._clock = clock
        self._simulated = simulated
        self._prober = prober

    def __call__(self) -> None:
        """Make one round; what fails in it is logged, and the next round comes."""
        events = self.look()
        failed = sorted(
            event.cafe for event in events if event.data["target"] == SERVICE_TARGET and not event.data["ok"]
        )
        away = sorted({str(event.data["target"]) for event in events if not event.data["ok"]})
        how = sorted({f"{event.data['target']}: {event.data['failure']}" for event in events if not event.data["ok"]})
        recorded = True
        try:
            if events:
                self._log.append(events).result(APPEND_DEADLINE_SECONDS)
        except (PilotError, TimeoutError) as error:
            recorded = False
            _log.error("probes are not recorded", reason=type(error).__name__)
        if failed:
            _log.warning("pages do not answer", cafes=failed)
        if away:
            _log.warning("targets do not answer as they should", how=how)
        probed = sum(event.data["target"] == SERVICE_TARGET for event in events)
        self._leave_sign(probed=probed, failed=failed, away=away, recorded=recorded)

    def look(self) -> list[Event]:
        """Look at everything, all at the same time; return the probes, one for each café that it is part of."""
        targets = list(self._targets())
        if not targets:
            return []
        at = self._clock()
        with ThreadPoolExecutor(max_workers=LOOKS_AT_ONCE) as pool:
            looks = [pool.submit(timed, one.name, one.look, every_seconds=self._every) for one in targets]
            seen = [(one, look.result()) for one, look in zip(targets, looks, strict=True)]
        return [self._event(cafe, probe=probe, at=at) for one, probe in seen for cafe in one.cafes]

    def _event(self, cafe: str, *, probe: Probe, at: datetime) -> Event:
        return make_event(
            probe,
            event_id=new_identifier(at=at),
            at=at,
            session_id=new_identifier(at=at),
            cafe=cafe,
            edge=self._prober,
            epoch=1,
            seq=0,
            simulated=self._simulated,
        )

    def _leave_sign(self, *, probed: int, failed: Sequence[str], away: Sequence[str], recorded: bool) -> None:
        sign = {
            "at": self._clock().isoformat(),
            "probed": probed,
            "failed": list(failed),
            "away": list(away),
            "recorded": recorded,
        }
        beside = self._heartbeat.with_suffix(".new")
        try:
            beside.write_text(json.dumps(sign), encoding="utf-8")
            beside.replace(self._heartbeat)
        except OSError as error:
            _log.error("no sign of life can be written", reason=error.strerror)
