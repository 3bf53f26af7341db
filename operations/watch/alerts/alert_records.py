"""Alerts as the watch writes them: each told when it begins and when it is over, in its log and in a file of records.

Whatever carries alerts to people takes them from the file. What was told is remembered over restarts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import structlog

from operations.record_lines import append_record, records_of

Severity = Literal["high", "medium", "low"]

_log = structlog.get_logger("operations.watch")


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person has to know.

    Attributes:
        name: What kind; the route that it takes to people goes by it.
        subject: Of what: a rail, a batch.
        severity: high, medium or low.
        text: What is the matter and what to do, in a sentence; names no guest.
    """

    name: str
    subject: str
    severity: Severity
    text: str


class AlertRecords:
    """A file of alerts, `firing` and `resolved`."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._clock = clock
        self._firing: dict[tuple[str, str], dict[str, Any]] | None = None

    def tell(self, alerts: Collection[Alert]) -> None:
        """Take what is the matter now: what is new is told, and what is over."""
        firing = self._known()
        now = {(each.name, each.subject): each for each in alerts}
        for key, alert in now.items():
            if key not in firing:
                self._write(asdict(alert), state="firing")
        for key in [each for each in firing if each not in now]:
            self._write(firing[key], state="resolved")

    def _known(self) -> dict[tuple[str, str], dict[str, Any]]:
        if self._firing is None:
            self._firing = {}
            for record in records_of(self._path):
                with contextlib.suppress(KeyError):  # of another version
                    self._note(record)
        return self._firing

    def _write(self, alert: dict[str, Any], *, state: str) -> None:
        record = {**alert, "state": state, "at": self._clock().isoformat()}
        # Written first: told twice is better than not at all.
        append_record(self._path, record)
        self._note(record)
        say = _log.warning if state == "firing" else _log.info
        say("alert", name=record["name"], subject=record["subject"], state=state, severity=record["severity"])

    def _note(self, record: dict[str, Any]) -> None:
        assert self._firing is not None
        key = (record["name"], record["subject"])
        if record["state"] == "firing":
            self._firing[key] = record
        else:
            self._firing.pop(key, None)
