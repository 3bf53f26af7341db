"""The figures of the page of alerts, counted again from the recorded lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dashboards.reading.alert_rows import EVENTS, WITH_AN_END, alert_rows
from operations.system import RUN_FOLDER
from operations.watch.alerts import urgent
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows

if TYPE_CHECKING:
    from storage.home import Home

PAGE = "alerts.py"
COLUMNS = ("state", "name", "subject", "at", "severity", "ended_at", "cafe")
OF_ONE_CAFE = ("volume_anomaly", "dip")  # their subjects begin with the café


def _once(reader: Reader) -> list[Choice]:
    extra = (("sees_all", reader.principal.cafes is None),)
    return [Choice(reader.cafes, reader.days[0], reader.days[-1], reader.simulated, extra)]


def _rows(reader: Reader, choice: Choice) -> Any:
    return alert_rows(reader.home.root / RUN_FOLDER, cafes=choice.cafes, sees_all=choice["sees_all"])


def _lines(home: Home, name: str) -> Iterator[dict[str, Any]]:
    path = home.root / RUN_FOLDER / name
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        yield json.loads(line)


def _counted(home: Home, choice: Choice) -> Rows:
    found: Rows = []
    for line in _lines(home, EVENTS):
        found.append(_row("event", line, line["at"]))
    for line in _lines(home, urgent.RECORDS_NAME):
        given = {"name": "urgent_feedback", "subject": line["session_id"], "severity": "high"}
        found.append({**_row("event", given, line["reported_at"]), "cafe": line["cafe"]})
    for name in WITH_AN_END:
        latest: dict[tuple[str, str], dict[str, Any]] = {}
        for line in _lines(home, name):
            key = line["name"], line["subject"]
            if line["state"] == "firing":
                latest[key] = _row("open", line, line["at"])
                continue
            if key in latest:
                ended = {"state": "resolved", "ended_at": datetime.fromisoformat(line["at"])}
                found.append(latest.pop(key) | ended)
        found += latest.values()
    return [row for row in found if (row["cafe"] in choice.cafes if row["cafe"] else choice["sees_all"])]


def _row(state: str, line: dict[str, Any], at: str) -> dict[str, Any]:
    cafe = line["subject"].partition(" ")[0] if line["name"] in OF_ONE_CAFE else ""
    return {
        "state": state,
        "name": line["name"],
        "subject": line["subject"],
        "at": datetime.fromisoformat(at),
        "severity": line.get("severity", ""),
        "ended_at": None,
        "cafe": cafe,
    }


READINGS = (
    Reading(
        page=PAGE,
        name="alerts",
        function=alert_rows,
        choices=_once,
        shown=_rows,
        queries=(Query(counted=_counted, columns=COLUMNS, key=("state", "name", "subject", "at")),),
    ),
)
