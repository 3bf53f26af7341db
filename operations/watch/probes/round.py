"""One round of the watch: look at everything at once, record what was seen, leave a sign of life."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from pilot.errors import PilotError
from pilot.events import Event
from pipelines.uptime import SERVICE_TARGET
from storage.folders import write_atomically

APPEND_DEADLINE_SECONDS = 10.0

_log = structlog.get_logger("operations.watch")


class Log(Protocol):
    """What the watch needs of the append log."""

    def append(self, events: Sequence[Event]) -> Future[None]:
        """Append; the future is done once the events are on the disk."""
        ...


class Round:
    """Probes everything once a call."""

    def __init__(
        self, look: Callable[[], Sequence[Event]], *, log: Log, heartbeat: Path, clock: Callable[[], datetime]
    ) -> None:
        """Take everything that a round needs.

        Args:
            look: Looks at everything (`operations.watch.probes.prober`).
            log: Where the events go.
            heartbeat: The file that says when the last round ended.
            clock: Now, aware.
        """
        self._look = look
        self._log = log
        self._heartbeat = heartbeat
        self._clock = clock

    def __call__(self) -> None:
        """Make one round; what fails in it is logged, and the next round comes."""
        events = self._look()
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

    def _leave_sign(self, *, probed: int, failed: Sequence[str], away: Sequence[str], recorded: bool) -> None:
        sign = {
            "at": self._clock().isoformat(),
            "probed": probed,
            "failed": list(failed),
            "away": list(away),
            "recorded": recorded,
        }
        try:
            write_atomically(self._heartbeat, json.dumps(sign))
        except OSError as error:
            _log.error("no sign of life can be written", reason=error.strerror)
