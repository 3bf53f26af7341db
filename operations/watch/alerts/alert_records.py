"""Alerts with a start and an end, each reported in the watch's log and in a file of records.

A channel to people reads the file. The file also restores the firing alerts after a restart.
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
    """A condition that needs a person.

    Attributes:
        name: The kind of alert, for routing.
        subject: The affected rail, batch or table.
        severity: high, medium or low.
        text: The condition and the remedy, in words; names no guest.
    """

    name: str
    subject: str
    severity: Severity
    text: str


class AlertRecords:
    """A file of alerts in the states `firing` and `resolved`."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._clock = clock
        self._firing: dict[tuple[str, str], dict[str, Any]] | None = None

    @property
    def firing(self) -> frozenset[tuple[str, str]]:
        """Return name and subject of each alert that is firing."""
        return frozenset(self._load())

    def report(self, alerts: Collection[Alert]) -> None:
        """Compare the current alerts with the file; report new alerts and resolved ones."""
        firing = self._load()
        now = {(each.name, each.subject): each for each in alerts}
        for key, alert in now.items():
            if key not in firing:
                self._write(asdict(alert), state="firing")
        for key in [each for each in firing if each not in now]:
            self._write(firing[key], state="resolved")

    def _load(self) -> dict[tuple[str, str], dict[str, Any]]:
        if self._firing is None:
            self._firing = {}
            for record in records_of(self._path):
                with contextlib.suppress(KeyError):  # Written by another version.
                    self._apply(record)
        return self._firing

    def _write(self, alert: dict[str, Any], *, state: str) -> None:
        record = {**alert, "state": state, "at": self._clock().isoformat()}
        # Write before logging: a duplicate is better than a lost alert.
        append_record(self._path, record)
        self._apply(record)
        log = _log.warning if state == "firing" else _log.info
        log("alert", name=record["name"], subject=record["subject"], state=state, severity=record["severity"])

    def _apply(self, record: dict[str, Any]) -> None:
        assert self._firing is not None
        key = (record["name"], record["subject"])
        if record["state"] == "firing":
            self._firing[key] = record
        else:
            self._firing.pop(key, None)
