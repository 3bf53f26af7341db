"""One round of the watch: probe every target, record the results, write the heartbeat."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from pilot.errors import PilotError
from pilot.events import Event, probed_cafes
from pipelines.figures.uptime import SERVICE_TARGET
from storage.folders import write_atomically

APPEND_DEADLINE_SECONDS = 10.0

_log = structlog.get_logger("operations.watch")


class Log(Protocol):
    """The watch's part of the append log's interface."""

    def append(self, events: Sequence[Event]) -> Future[None]:
        """Append events; the future completes when they are on disk."""
        ...


class ProbeRound:
    """Runs one round a call; errors are logged and the next round runs."""

    def __init__(
        self, prober: Callable[[], Sequence[Event]], *, log: Log, heartbeat: Path, clock: Callable[[], datetime]
    ) -> None:
        """Initialise the round.

        Args:
            prober: Probes every target (`operations.watch.probes.prober`).
            log: The log for the events.
            heartbeat: The file with the end of the last round.
            clock: Returns the current time, aware.
        """
        self._prober = prober
        self._log = log
        self._heartbeat = heartbeat
        self._clock = clock

    def __call__(self) -> None:
        """Run one round."""
        events = self._prober()
        pages = [event for event in events if event.data["target"] == SERVICE_TARGET]
        failed = sorted(cafe for event in pages if not event.data["ok"] for cafe in probed_cafes(event))
        away = sorted({str(event.data["target"]) for event in events if not event.data["ok"]})
        how = sorted({f"{event.data['target']}: {event.data['failure']}" for event in events if not event.data["ok"]})
        recorded = True
        try:
            if events:
                self._log.append(events).result(APPEND_DEADLINE_SECONDS)
        except (PilotError, TimeoutError) as error:
            recorded = False
            _log.error("probes cannot be recorded", reason=type(error).__name__)
        if failed:
            _log.warning("pages do not answer", cafes=failed)
        if away:
            _log.warning("targets fail their probes", how=how)
        probed = sum(len(probed_cafes(event)) for event in pages)
        self._write_heartbeat(probed=probed, failed=failed, away=away, recorded=recorded)

    def _write_heartbeat(self, *, probed: int, failed: Sequence[str], away: Sequence[str], recorded: bool) -> None:
        content = {
            "at": self._clock().isoformat(),
            "probed": probed,
            "failed": list(failed),
            "away": list(away),
            "recorded": recorded,
        }
        try:
            write_atomically(self._heartbeat, json.dumps(content))
        except OSError as error:
            _log.error("the heartbeat cannot be written", reason=error.strerror)
