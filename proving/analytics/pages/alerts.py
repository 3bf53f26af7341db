"""The figures of the page of alerts, counted again in the store's own tables."""

from __future__ import annotations

from collections import Counter
from typing import Any

from dashboards.reading.alert_rows import alert_kinds, alert_rows
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows

PAGE = "alerts.py"
COLUMNS = (
    "id", "state", "name", "subject", "at", "severity", "ended_at", "cafe", "flaps", "level", "acknowledged_by",
    "acknowledged_at", "verdict", "delivered", "undelivered",
)  # fmt: skip
OF_THE_STORE = """
    select e.id, e.state, e.name, e.subject, e.began_at as at, e.severity, e.ended_at, e.cafe, e.flaps, e.level,
        e.acknowledged_by, e.acknowledged_at, e.verdict, e.is_event,
        (select count(*) from alert_deliveries d where d.episode_id = e.id and d.state = 'delivered') as delivered,
        (select count(*) from alert_deliveries d where d.episode_id = e.id and d.state in ('dead', 'unknown'))
            as undelivered
    from alert_episodes e
"""
SHOWN_AS = {"firing": "open", "acknowledged": "acknowledged", "resolved": "resolved"}


def _once(reader: Reader) -> list[Choice]:
    extra = (("sees_all", reader.principal.cafes is None),)
    return [Choice(reader.cafes, reader.days[0], reader.days[-1], reader.simulated, extra)]


def _rows(reader: Reader, choice: Choice) -> Any:
    return alert_rows(reader.store, cafes=choice.cafes, sees_all=choice["sees_all"])


def _kinds(reader: Reader, choice: Choice) -> Any:
    return alert_kinds(_rows(reader, choice))


def _listed(rows: Rows, choice: Choice) -> Rows:
    found = []
    for row in rows:
        if not (row["cafe"] in choice.cafes if row["cafe"] else choice["sees_all"]):
            continue
        state = "event" if row["is_event"] and row["state"] == "resolved" else SHOWN_AS[row["state"]]
        ended = None if row["is_event"] else row["ended_at"]
        found.append({**{name: row[name] for name in COLUMNS}, "state": state, "ended_at": ended})
    return found


def _counted(rows: Rows, choice: Choice) -> Rows:
    own = _listed(rows, choice)
    fired = Counter(row["name"] for row in own)
    judged = Counter((row["name"], row["verdict"]) for row in own)
    return [
        {
            "name": name,
            "fired": fired[name],
            "judged_true": judged[name, "true"],
            "judged_false": judged[name, "false"],
            "unjudged": judged[name, ""],
        }
        for name in fired
    ]


READINGS = (
    Reading(
        page=PAGE,
        name="alerts",
        function=alert_rows,
        choices=_once,
        shown=_rows,
        queries=(Query(sql=OF_THE_STORE, then=_listed, columns=COLUMNS, key=("id",), of_store=True),),
    ),
    Reading(
        page=PAGE,
        name="alert kinds",
        function=alert_kinds,
        choices=_once,
        shown=_kinds,
        queries=(
            Query(
                sql=OF_THE_STORE,
                then=_counted,
                columns=("name", "fired", "judged_true", "judged_false", "unjudged"),
                key=("name",),
                of_store=True,
            ),
        ),
    ),
)
