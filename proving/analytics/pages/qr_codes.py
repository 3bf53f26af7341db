"""The figures of the page of QR codes: the codes, their changes, their scans, and which are silent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dashboards.reading.code_scans import DAYS
from pilot.business_days import at_local, business_day
from pilot.code_silence import is_silent
from pilot.lake_tables.tables import SESSIONS
from pilot.opening_hours import hours_on
from proving.analytics.json_columns import value_of
from proving.analytics.pages.cafes import scanned, scans_of
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows
from storage.store.cafes import codes
from storage.store.cafes.codes import Code, CodeEvent

if TYPE_CHECKING:
    from storage.home import Home

PAGE = "qr_codes.py"
QUIET = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Codes:
    """What the page lists of a café's codes."""

    codes: list[Code]
    history: list[CodeEvent]
    active: int
    silent: list[str]


def _today(reader: Reader) -> Iterable[Choice]:
    today = business_day(reader.now)
    first, extra = today - timedelta(days=DAYS - 1), (("now", reader.now),)
    return [Choice((cafe,), first, today, reader.simulated, extra) for cafe in reader.cafes]


def _shown(reader: Reader, choice: Choice) -> Codes:
    cafe = reader.home.cafes().get(choice.cafes[0])
    every = codes.of_cafe(reader.store, cafe.id)
    active = [one for one in every if one.retired_at is None]
    scans = scanned(reader, choice)
    return Codes(
        codes=every,
        history=codes.history(reader.store, cafe.id),
        active=len(active),
        silent=sorted(
            one.code
            for one in active
            if is_silent(cafe, issued=one.created_at, scanned=scans.get(one.code), now=choice["now"])
        ),
    )


def _silent(home: Home, choice: Choice) -> Rows:
    """Return the active codes that nobody opened in the last two hours, if the café was open all of them."""
    now: datetime = choice["now"]
    window = hours_on(home.cafes().get(choice.cafes[0]), choice.last).window
    since = now - QUIET
    if window is None or not at_local(choice.last, window[0]) <= since or now >= at_local(choice.last, window[1]):
        return [{"silent": []}]
    with home.store().reading() as connection:
        rows = connection.exec_driver_sql("select code, cafe, created_at, retired_at from codes").all()
    with home.lake().snapshot(SESSIONS, days=[choice.last]) as snapshot:
        seen = snapshot.sql(
            "select distinct code from sessions where cafe = $cafe and simulated = $simulated and opened_at > $since",
            {"cafe": choice.cafes[0], "simulated": choice.simulated, "since": since},
        )["code"].to_list()
    naive = since.replace(tzinfo=None).isoformat(sep=" ")
    return [
        {
            "silent": sorted(
                code
                for code, cafe, created, retired in rows
                if cafe == choice.cafes[0] and retired is None and code not in seen and str(created)[:19] <= naive[:19]
            )
        }
    ]


def _events(rows: Rows, _: Choice) -> Rows:
    found = []
    for row in rows:
        details = value_of(row["details"])
        other = details.get("replaces") or details.get("replaced_by") or ""
        found.append({name: row[name] for name in ("at", "action", "code", "actor", "reason")} | {"other": other})
    return found


READINGS = (
    Reading(
        page=PAGE,
        name="codes",
        function=codes.of_cafe,
        kind=Codes,
        choices=_today,
        shown=_shown,
        queries=(
            Query(
                part="codes",
                sql="select code, cafe, label, created_at, retired_at from codes where cafe = $cafe",
                key=("code",),
                of_store=True,
            ),
            Query(
                part="history",
                sql="""
                    select l.at, l.action, l.subject as code, l.actor, l.reason, l.details from audit_log l
                    where l.action in ('code.issue', 'code.retire')
                        and l.subject in (select code from codes where cafe = $cafe)
                """,
                then=_events,
                columns=("at", "action", "code", "actor", "reason", "other"),
                key=("at", "action", "code"),
                of_store=True,
            ),
            Query(sql="select count(*) as active from codes where cafe = $cafe and retired_at is null", of_store=True),
            Query(counted=_silent, columns=("silent",)),
        ),
    ),
    scans_of(PAGE),
)
