"""One day of the service as probed from outside: seconds, durations, failures and outages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.lake_tables.tables import PROBES, RAW_EVENTS, UPTIME
from pipelines.figures.uptime import outages

TABLES = (UPTIME, PROBES, RAW_EVENTS)  # the table of days has neither minutes nor durations

# A day built last by an earlier version has its probes among the raw events only.
SCOPE = "day = $1 and list_contains($2, cafe) and simulated = $3"
PROBED = f"""
    select event_id, cafe, simulated, edge, "at", target, ok, duration_ms, every_seconds, failure
    from probes where {SCOPE}
    union all
    select event_id, cafe, simulated, edge, "at", json_extract_string("data", '$.target'),
        json_extract("data", '$.ok')::boolean, json_extract("data", '$.duration_ms')::double,
        json_extract("data", '$.every_seconds')::bigint, json_extract_string("data", '$.failure')
    from raw_events
    where {SCOPE} and event = 'probe' and not exists (select 1 from probes where {SCOPE})
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class TargetDay:
    """One probed target of some cafés on one day; durations are of the probes that succeeded."""

    target: str
    probes: int
    up_seconds: float
    down_seconds: float
    unknown_seconds: float
    failed: int
    p50_ms: float | None
    p95_ms: float | None

    @property
    def share(self) -> float | None:
        """Return the share of known time that the target was up; None if nothing is known."""
        known = self.up_seconds + self.down_seconds
        return self.up_seconds / known if known else None


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch in which a café's page was down."""

    cafe: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class ServiceDay:
    """One day of the service; outages in the order of time."""

    targets: tuple[TargetDay, ...]
    outages: tuple[Outage, ...]
    failures: tuple[tuple[str, str, int], ...]


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def service_day(_snapshot: PageSnapshot, key: Key, *, cafes: tuple[str, ...], day: date, simulated: bool) -> ServiceDay:
    """Return the day's service; `key` is the snapshot's."""
    scope = (day, list(cafes), simulated)
    targets = _snapshot.sql(
        f"""
        with measured as (select target, ok, duration_ms as ms from ({PROBED})
        ), durations as (
            select target, count(*) filter (not ok) as failed, quantile_cont(ms, 0.5) filter (ok) as p50,
                quantile_cont(ms, 0.95) filter (ok) as p95
            from measured group by target
        ), seconds as (
            select target, sum(probes) as probes, sum(up_s) as up, sum(down_s) as down, sum(unknown_s) as unknown
            from uptime
            where day = $1 and list_contains($2, cafe) and simulated = $3
            group by target
        )
        select target, probes, up, down, unknown, coalesce(failed, 0), p50, p95
        from seconds left join durations using (target) order by target
        """,  # noqa: S608
        scope,
    )
    failures = _snapshot.sql(
        f"""
        select target, coalesce(nullif(failure, ''), 'unknown') as cause, count(*) as failed
        from ({PROBED}) where not ok
        group by all order by failed desc, target, cause
        """,  # noqa: S608
        scope,
    )
    probes = _snapshot.sql(
        f"""
        with probed as ({PROBED})
        select * from probed where cafe in (select cafe from probed where not ok)
        """,  # noqa: S608
        scope,
    )
    until = _snapshot.sql(
        "select max(as_of) from uptime where day = $1 and list_contains($2, cafe) and simulated = $3", scope
    ).item()
    found = outages(probes, day=day, as_of=until) if until is not None and not probes.is_empty() else {}
    stretches = [Outage(cafe, begins, ends) for (cafe, _), windows in found.items() for begins, ends in windows]
    return ServiceDay(
        targets=tuple(TargetDay(*row) for row in targets.iter_rows()),
        outages=tuple(sorted(stretches, key=lambda one: (one.begins, one.cafe))),
        failures=tuple(failures.iter_rows()),
    )
