"""The figures of the audit log: the entries, their number, actors and actions."""

from __future__ import annotations

from dataclasses import dataclass

from proving.analytics.registration import Choice, Query, Reader, Reading
from storage.store import audit
from storage.store.audit import Entry, Filter

PAGE = "audit_log.py"
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Log:
    """What the page shows without a filter."""

    entries: int
    actors: list[str]
    actions: list[str]
    newest: list[Entry]


def _log(reader: Reader, choice: Choice) -> Log:
    actors, actions = audit.names(reader.store)
    newest, entries = audit.page(reader.store, Filter(), offset=0, limit=SHOWN)
    return Log(entries, sorted(actors), sorted(actions), newest)


def _sorted(column: str) -> Query:
    return Query(
        sql=f"select distinct {column} from audit_log",  # noqa: S608
        of_store=True,
        then=lambda rows, _: [{f"{column}s": sorted(row[column] for row in rows)}],
        columns=(f"{column}s",),
    )


READINGS = (
    Reading(
        page=PAGE,
        name="log",
        function=audit.page,
        kind=Log,
        choices=lambda reader: [Choice(reader.cafes, reader.days[0], reader.days[-1], reader.simulated)],
        shown=_log,
        no_figures={"newest.details": "a JSON object, shown as it is"},
        queries=(
            Query(sql="select count(*) as entries from audit_log", of_store=True),
            _sorted("actor"),
            _sorted("action"),
            Query(
                part="newest",
                sql=f"select at, actor, action, subject, reason from audit_log order by id desc limit {SHOWN}",  # noqa: S608
                key=("at", "actor", "action", "subject"),
                of_store=True,
            ),
        ),
    ),
)
