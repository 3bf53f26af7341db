"""The figures of the technical page: the service as probed from outside, load tests."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from dashboards.reading.service_day import TABLES, service_day
from dashboards.reading.technical_minutes import DayFigure, day_figures
from operations.load_records import RECORDS_NAME, LoadRecord, read_load_tests
from operations.monitoring.minute_figures import FOLDER as MINUTES_FOLDER
from operations.system import RUN_FOLDER
from pilot.business_days import day_bounds
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows
from proving.analytics.shared_queries import PERIOD, extent_of

if TYPE_CHECKING:
    from storage.home import Home

PAGE = "technical.py"
LOCAL = "watch"
TEST = ("at", "guests", "seconds", "p95_ms", "failures", "passed")

PROBES = f"""
    select distinct on (event_id, cafe) event_id, cafe, edge, "at", target, ok, failure, ms, every,
        (select max(as_of) from uptime where {PERIOD}) as until
    from (
        select event_id, cafe, edge, "at", target, ok, failure, duration_ms as ms, every_seconds as every
        from probes where {PERIOD}
        union all
        select event_id, cafe, edge, "at", json_extract_string(data, '$.target'),
            json_extract_string(data, '$.ok') = 'true', json_extract_string(data, '$.failure'),
            json_extract_string(data, '$.duration_ms')::double, json_extract_string(data, '$.every_seconds')::bigint
        from raw_events where {PERIOD} and event = 'probe'
    )
"""  # noqa: S608


def _days(reader: Reader) -> Iterable[Choice]:
    return reader.all_cafes_over(1)


def _service(reader: Reader, choice: Choice) -> Any:
    with reader.snapshot(*TABLES, choice=choice) as snapshot:
        return service_day(snapshot, snapshot.key, cafes=choice.cafes, day=choice.last, simulated=choice.simulated)


def _outages(rows: Rows, choice: Choice) -> Rows:
    """Return each café's stretches down; a probe from elsewhere counts before the local one."""
    found = []
    for cafe in sorted({row["cafe"] for row in rows}):
        own = [row for row in rows if row["cafe"] == cafe]
        edges = sorted({moment for each in _covered(own, choice) for moment in each[:2]})
        down: list[list[datetime]] = []
        for begins, ends in pairwise(edges):
            if not _is_down(_covered(own, choice), begins):
                continue
            if down and down[-1][1] == begins:
                down[-1][1] = ends
            else:
                down.append([begins, ends])
        found += [{"cafe": cafe, "begins": begins, "ends": ends} for begins, ends in down]
    return found


def _covered(rows: Rows, choice: Choice) -> list[tuple[datetime, datetime, dict[str, Any]]]:
    start, end = day_bounds(choice.last)
    found = []
    for place, row in enumerate(rows):
        until = max(start, min(row["until"], end)) if row["until"] else end
        later = [one["at"] for one in rows[place + 1 :] if (one["edge"], one["target"]) == (row["edge"], row["target"])]
        ends = min([row["at"] + timedelta(seconds=row["every"]), until, *later[:1]])
        if start <= row["at"] < until and ends > row["at"]:
            found.append((row["at"], ends, row))
    return found


def _is_down(covered: list[tuple[datetime, datetime, dict[str, Any]]], moment: datetime) -> bool:
    here = [row for begins, ends, row in covered if begins <= moment < ends]
    page = [row for row in here if row["target"] == "customer_page"]
    page = [row for row in page if row["edge"] != LOCAL] or page
    if page:
        return not any(row["ok"] for row in page)
    return any(row["target"] == "edge_heartbeat" and not row["ok"] for row in here)


def _load_tests(reader: Reader, choice: Choice) -> list[LoadRecord]:
    return read_load_tests(reader.home.root / RUN_FOLDER)


def _counted(home: Home, choice: Choice) -> Rows:
    path = home.root / RUN_FOLDER / RECORDS_NAME
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [{**one, "at": datetime.fromisoformat(one["at"])} for one in map(json.loads, lines)]


def _minutes(reader: Reader, choice: Choice) -> Sequence[DayFigure]:
    return day_figures(reader.home.root / RUN_FOLDER, choice.last)


def _minutes_counted(home: Home, choice: Choice) -> Rows:
    """Return each figure's minutes, latest, mean and highest, counted again from the day's lines."""
    path = home.root / RUN_FOLDER / MINUTES_FOLDER / f"{choice.last}.ndjson"
    lines = [json.loads(each) for each in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    found = []
    for name in sorted({key for line in lines for key in line} - {"at"}):
        values = [line[name] for line in sorted(lines, key=lambda line: line["at"]) if name in line]
        mean = math.fsum(values) / len(values)
        found.append(
            {"name": name, "minutes": len(values), "latest": values[-1], "mean": mean, "highest": sorted(values)[-1]}
        )
    return found


READINGS = (
    extent_of(PAGE),
    Reading(
        page=PAGE,
        name="service",
        function=service_day,
        choices=_days,
        shown=_service,
        queries=(
            Query(
                part="targets",
                sql=f"""
                    with times as (
                        select target, sum(probes)::bigint as probes, sum(up_s) as up_seconds,
                            sum(down_s) as down_seconds, sum(unknown_s) as unknown_seconds
                        from uptime where {PERIOD} group by target
                    )
                    select times.*,
                        (select count(*) from ({PROBES}) p where p.target = times.target and not ok) as failed,
                        (select median(ms) from ({PROBES}) p where p.target = times.target and ok) as p50_ms,
                        (select quantile_cont(ms, 0.95) from ({PROBES}) p where p.target = times.target and ok)
                            as p95_ms,
                        up_seconds / nullif(up_seconds + down_seconds, 0) as share
                    from times
                """,  # noqa: S608
                key=("target",),
            ),
            Query(
                part="failures",
                sql=f"""
                    select target as "0", if(coalesce(failure, '') = '', 'unknown', failure) as "1", count(*) as "2"
                    from ({PROBES}) where not ok group by 1, 2
                """,  # noqa: S608
                key=("0", "1"),
            ),
            Query(
                part="outages",
                sql=f"""
                    select * from ({PROBES}) where target in ('customer_page', 'edge_heartbeat') and until is not null
                    order by cafe, edge, target, "at", event_id
                """,  # noqa: S608
                then=_outages,
                columns=("cafe", "begins", "ends"),
                key=("cafe", "begins"),
            ),
        ),
    ),
    Reading(
        page=PAGE,
        name="minutes",
        function=day_figures,
        choices=_days,
        shown=_minutes,
        queries=(
            Query(counted=_minutes_counted, columns=("name", "minutes", "latest", "mean", "highest"), key=("name",)),
        ),
    ),
    Reading(
        page=PAGE,
        name="load tests",
        function=read_load_tests,
        choices=lambda reader: [Choice(reader.cafes, reader.days[0], reader.days[-1], reader.simulated)],
        shown=_load_tests,
        queries=(Query(counted=_counted, columns=TEST, key=("at",)),),
    ),
)
