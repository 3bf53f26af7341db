"""The alerts that the watch and Dagster recorded, as rows: open ones first, then the latest."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from operations.record_lines import records_of
from operations.watch.alerts import (
    backups,
    codes,
    digests,
    dip,
    run_alerts,
    stale_figures,
    stopped_automation,
    urgent,
    webhooks,
)
from operations.watch.money import payments

State = Literal["open", "event", "resolved"]
ORDER: dict[State, int] = {"open": 0, "event": 1, "resolved": 1}
URGENT = "urgent_feedback"
EVENTS = run_alerts.RECORDS_NAME  # its alerts have no end
WITH_AN_END = (
    payments.RECORDS_NAME,
    stale_figures.RECORDS_NAME,
    stopped_automation.RECORDS_NAME,
    dip.RECORDS_NAME,
    backups.RECORDS_NAME,
    digests.RECORDS_NAME,
    webhooks.RECORDS_NAME,
    codes.RECORDS_NAME,
)
OF_A_CAFE = (dip.ALERT, digests.ALERT, webhooks.ALERT)  # Their subject begins with the café.


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert.

    Attributes:
        state: open (not resolved), event (it has no end) or resolved.
        name: Its kind.
        subject: The rail, batch, table, run or café that it is about.
        severity: high, medium or low.
        at: When it began.
        ended_at: When it was resolved; None if it was not.
        cafe: The café, empty if it is about none.
    """

    state: State
    name: str
    subject: str
    severity: str
    at: datetime
    ended_at: datetime | None
    cafe: str


def alert_rows(folder: Path, *, cafes: Collection[str], sees_all: bool) -> list[AlertRow]:
    """Return the alerts of these cafés; those about no café only for a reader of every café.

    Args:
        folder: The home's run folder.
        cafes: The cafés that the reader may see.
        sees_all: Whether these are all of them.
    """
    found = [*_events(folder, cafes), *_urgent(folder)]
    for name in WITH_AN_END:
        found += _with_an_end(folder / name)
    own = [one for one in found if (one.cafe in cafes if one.cafe else sees_all)]
    return sorted(own, key=lambda one: (ORDER[one.state], -one.at.timestamp(), one.name, one.subject))


def _events(folder: Path, cafes: Collection[str]) -> Iterator[AlertRow]:
    for record in records_of(folder / EVENTS):
        at = _moment(record.get("at"))
        if at is not None and "name" in record:
            subject = str(record.get("subject", ""))
            # A volume's subject begins with its café; another café's must not pass as an alert about none.
            cafe = subject.split(" ")[0] if record["name"] == "volume_anomaly" else ""
            yield AlertRow("event", str(record["name"]), subject, str(record.get("severity", "")), at, None, cafe)


def _urgent(folder: Path) -> Iterator[AlertRow]:
    for record in records_of(folder / urgent.RECORDS_NAME):
        at = _moment(record.get("reported_at"))
        if at is not None and record.get("cafe"):
            yield AlertRow("event", URGENT, str(record.get("session_id", "")), "high", at, None, str(record["cafe"]))


def _with_an_end(path: Path) -> list[AlertRow]:
    began: dict[tuple[str, str], AlertRow] = {}
    ended: list[AlertRow] = []
    for record in records_of(path):
        at = _moment(record.get("at"))
        if at is None or "name" not in record:
            continue  # written by another version
        key = (str(record["name"]), str(record.get("subject", "")))
        if record.get("state") == "firing":
            cafe = key[1].split(" ")[0] if key[0] in OF_A_CAFE else ""
            began[key] = AlertRow("open", *key, str(record.get("severity", "")), at, None, cafe)
        elif (first := began.pop(key, None)) is not None:
            ended.append(AlertRow("resolved", *key, first.severity, first.at, at, first.cafe))
    return [*began.values(), *ended]


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
