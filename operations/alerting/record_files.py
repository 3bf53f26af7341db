"""Reads the files in which alerts are recorded first, so that none is lost while the store is away.

Every `.ndjson` file of the run folder may hold records: name, subject, severity, state, at, text. Lines of other forms
are skipped; those of urgent feedback have no name, and become alerts without session, kind or words.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from operations.alerting.catalogue import kind_of
from operations.record_lines import records_of
from pilot.business_days import local_time
from storage.store.alerts.episodes import Transition

URGENT = "urgent_feedback"
MOST_CHARACTERS = 1000


class RecordFiles:
    """The records of a folder; each call of `changes` returns those that were added since."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes: dict[Path, tuple[int, int]] = {}
        self._counts: dict[Path, int] = {}
        self._pending: tuple[dict[Path, tuple[int, int]], dict[Path, int]] = ({}, {})

    def changes(self) -> list[Transition]:
        """Return the records added since the last `confirm`, in order of time."""
        found: list[Transition] = []
        sizes, counts = dict(self._sizes), dict(self._counts)
        for path in sorted(self._folder.glob("*.ndjson")):
            state = path.stat()
            if self._sizes.get(path) == (state.st_size, state.st_mtime_ns):
                continue
            lines = list(transitions_of(path))
            # A shorter file was rewritten, as by an erasure: what is known already is not applied again.
            start = self._counts.get(path, 0) if len(lines) >= self._counts.get(path, 0) else 0
            found += lines[start:]
            sizes[path], counts[path] = (state.st_size, state.st_mtime_ns), len(lines)
        self._pending = sizes, counts
        return sorted(found, key=lambda each: each.at)

    def confirm(self) -> None:
        """Note that the last changes were applied."""
        self._sizes, self._counts = self._pending


def transitions_of(path: Path) -> Iterator[Transition]:
    """Yield the alerts' records of a file; damaged lines are skipped."""
    for record in records_of(path):
        found = _urgent(record) if "name" not in record else _transition(record)
        if found is not None:
            yield found


def _transition(record: dict[str, Any]) -> Transition | None:
    at = _moment(record.get("at"))
    name, subject = record["name"], record.get("subject", "")
    if (
        at is None
        or record.get("state") not in ("firing", "resolved")
        or not all(isinstance(each, str) for each in (name, subject))
    ):
        return None
    kind = kind_of(name)
    severity = record.get("severity")
    return Transition(
        name=name,
        subject=subject,
        severity=severity if severity in ("high", "medium", "low") else kind.severity,
        condition="" if kind.private else str(record.get("text", ""))[:MOST_CHARACTERS],
        cafe=str(record.get("cafe") or (subject.split(" ")[0] if kind.cafe else "")),
        is_firing=record["state"] == "firing",
        is_event=kind.event,
        at=at,
    )


def _urgent(record: dict[str, Any]) -> Transition | None:
    at, cafe = _moment(record.get("reported_at") or record.get("told_at")), record.get("cafe")
    if at is None or not isinstance(cafe, str) or not record.get("session_id"):
        return None
    return Transition(
        name=URGENT,
        subject=f"{cafe} {local_time(at):%Y-%m-%d %H:%M:%S}",
        severity="high",
        condition="",
        cafe=cafe,
        is_firing=True,
        is_event=True,
        at=at,
    )


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
