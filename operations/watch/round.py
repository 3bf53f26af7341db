"""One round of the watch: probe every café's page, record what was seen, leave a sign of life."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from operations.watch.pages import Page
from pilot.errors import PilotError
from pilot.events import Event, Probe, make_event
from pilot.identifiers import new_identifier

REPLICA = "watch"
APPEND_DEADLINE_SECONDS = 10.0

_log = structlog.get_logger("operations.watch")


class Log(Protocol):
    """What the watch needs of the append log."""

    def append(self, events: Sequence[Event]) -> Future[None]:
        """Append; the future is done once the events are on the disk."""
        ...


class Round:
    """Probes all pages once a call."""

    def __init__(
        self,
        *,
        pages: Callable[[], Sequence[Page]],
        probe: Callable[[Page], Probe],
        log: Log,
        heartbeat: Path,
        clock: Callable[[], datetime],
        simulated: bool,
    ) -> None:
        """Take everything that a round needs.

        Args:
            pages: Returns what to probe.
            probe: Probes one page; an unreachable page is a failed probe, not an error.
            log: Where the events go.
            heartbeat: The file that says when the last round ended.
            clock: Now, aware.
            simulated: Whether the home is a demo's, where every row is simulated.
        """
        self._pages = pages
        self._probe = probe
        self._log = log
        self._heartbeat = heartbeat
        self._clock = clock
        self._simulated = simulated

    def __call__(self) -> None:
        """Make one round; what fails in it is logged, and the next round comes."""
        events = [self._event(page, probe=self._probe(page)) for page in self._pages()]
        failed = sorted(event.cafe for event in events if not event.data["ok"])
        recorded = True
        try:
            if events:
                self._log.append(events).result(APPEND_DEADLINE_SECONDS)
        except (PilotError, TimeoutError) as error:
            recorded = False
            _log.error("probes are not recorded", reason=type(error).__name__)
        if failed:
            _log.warning("pages do not answer", cafes=failed)
        self._leave_sign(probed=len(events), failed=failed, recorded=recorded)

    def _event(self, page: Page, *, probe: Probe) -> Event:
        at = self._clock()
        return make_event(
            probe,
            event_id=new_identifier(at=at),
            at=at,
            session_id=new_identifier(at=at),
            cafe=page.cafe,
            edge=REPLICA,
            epoch=1,
            seq=0,
            simulated=self._simulated,
        )

    def _leave_sign(self, *, probed: int, failed: Sequence[str], recorded: bool) -> None:
        sign = {"at": self._clock().isoformat(), "probed": probed, "failed": list(failed), "recorded": recorded}
        beside = self._heartbeat.with_suffix(".new")
        try:
            beside.write_text(json.dumps(sign), encoding="utf-8")
            beside.replace(self._heartbeat)
        except OSError as error:
            _log.error("no sign of life can be written", reason=error.strerror)
