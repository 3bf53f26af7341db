"""The outages of the customers' page, minute by minute, from the day's probes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pilot.business_days import day_bounds
from pilot.lake_tables.tables import PROBES, RAW_EVENTS
from pipelines.figures.uptime import outages

if TYPE_CHECKING:
    import polars as pl

    from reports.scope import Scope
    from storage.home import Home

Window = tuple[datetime, datetime]
Rows = list[dict[str, Any]]

# A day built last by an earlier version has its probes among the raw events only.
PROBED = """
    with mine as (
        select event_id, cafe, simulated, edge, "at", target, ok, every_seconds from probes
        where day = $day and simulated = $simulated and cafe in (select unnest($cafes))
        union all
        select event_id, cafe, simulated, edge, "at", json_extract_string("data", '$.target'),
            json_extract("data", '$.ok')::boolean, json_extract("data", '$.every_seconds')::bigint
        from raw_events
        where event = 'probe' and day = $day and simulated = $simulated and cafe in (select unnest($cafes))
            and not exists (select 1 from probes where day = $day)
    )
    select * from mine where cafe in (select cafe from mine where not ok)
"""


def outages_read(home: Home, scope: Scope, down: Mapping[date, Sequence[str]]) -> Rows:
    """Return the outages of the customers' page, one for cafés that were down at the same time.

    Args:
        home: The home.
        scope: The scope.
        down: The cafés that were down, by day.
    """
    together: dict[Window, list[str]] = {}
    for cafe, window in _windows(home, scope, down):
        together.setdefault(window, []).append(cafe)
    return [
        {"from": begins, "to": ends, "minutes": (ends - begins) / timedelta(minutes=1), "cafes": sorted(names)}
        for (begins, ends), names in sorted(together.items())
    ]


def _windows(home: Home, scope: Scope, down: Mapping[date, Sequence[str]]) -> Iterator[tuple[str, Window]]:
    for day, cafes in sorted(down.items()):
        found = outages(_probes(home, scope, day=day, cafes=cafes), day=day, as_of=day_bounds(day)[1])
        for (cafe, _), windows in found.items():
            yield from ((cafe, window) for window in windows)


def _probes(home: Home, scope: Scope, *, day: date, cafes: Sequence[str]) -> pl.DataFrame:
    """Return the probes of the cafés with a failed one: the others have no outage."""
    with home.lake().snapshot(PROBES, RAW_EVENTS, days=[day]) as snapshot:
        return snapshot.sql(PROBED, {"day": day, "simulated": scope.simulated, "cafes": list(cafes)})
