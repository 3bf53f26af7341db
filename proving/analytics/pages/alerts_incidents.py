"""The figures of the incidents on the page of alerts, and of what is left to do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from dashboards.reading.incident_rows import SHOWN, incident_rows
from proving.analytics.json_columns import value_of
from proving.analytics.pages.alerts import PAGE
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows

COLUMNS = ("id", "kind", "severity", "title", "cafes", "personal_data", "detected_at", "opened_at", "opened_by")
EVERY = "select * from incidents order by opened_at desc, id desc"
HOURS_TO_NOTIFY = 72  # of the data-protection authority, by law


def _once(reader: Reader) -> Iterable[Choice]:
    extra = (("sees_all", reader.principal.cafes is None),)
    return [Choice(reader.cafes, reader.days[0], reader.days[-1], reader.simulated, extra)]


def _shown(reader: Reader, choice: Choice) -> Any:
    return incident_rows(reader.store, cafes=choice.cafes, sees_all=choice["sees_all"])


def _own(rows: Rows, choice: Choice) -> Rows:
    read = [row | {"cafes": value_of(row["cafes"])} for row in rows]
    return [row for row in read if choice["sees_all"] or set(row["cafes"]).intersection(choice.cafes)]


def _listed(rows: Rows, choice: Choice) -> Rows:
    own = _own(rows, choice)
    chosen = [row for row in own if row["closed_at"] is None or row in own[:SHOWN]]
    return [
        {name: row[name] for name in (*COLUMNS, "closed_at", "cause")}
        | {
            "authority_deadline": row["detected_at"] + timedelta(hours=HOURS_TO_NOTIFY)
            if row["personal_data"]
            else None
        }
        for row in chosen
    ]


READINGS = (
    Reading(
        page=PAGE,
        name="incidents",
        function=incident_rows,
        choices=_once,
        shown=_shown,
        queries=(
            Query(
                part="incidents",
                sql=EVERY,
                then=_listed,
                columns=(*COLUMNS, "closed_at", "cause", "authority_deadline"),
                key=("id",),
                of_store=True,
            ),
            Query(
                part="left",
                sql="""
                    select a.id, a.incident_id, a.what, a.owner, a.due, a.done_at, i.cafes
                    from incident_actions a join incidents i on i.id = a.incident_id where a.done_at is null
                """,
                then=_own,
                columns=("id", "incident_id", "what", "owner", "due", "done_at"),
                key=("id",),
                of_store=True,
            ),
        ),
    ),
)
