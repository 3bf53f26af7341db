"""The weekly performance report: response times, errors and growth, beside the week before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from operations.log_lines import ERROR_LEVELS, read_lines, services
from operations.system import LOGS_FOLDER
from pilot.business_days import business_day, day_bounds
from pilot.lake_tables.tables import RAW_EVENTS, TURNS
from storage.folders import private_folder, write_atomically
from storage.home import Home
from storage.inspection.queries import slow_queries
from storage.inspection.status import store_status

REPORTS_FOLDER = "maintenance"
DAYS = 7
SLOWEST_QUERIES = 5
VOICE = "voice response"


@dataclass(frozen=True, slots=True)
class Times:
    """The response times of one page, or of voice answers, in a week; None without a measurement.

    Attributes:
        name: What responded.
        count: Measurements.
        p50_ms: The median.
        p95_ms: The 95th percentile.
        before_count: Measurements of the week before.
        before_p50_ms: Its median.
        before_p95_ms: Its 95th percentile.
    """

    name: str
    count: int
    p50_ms: float | None
    p95_ms: float | None
    before_count: int
    before_p50_ms: float | None
    before_p95_ms: float | None


@dataclass(frozen=True, slots=True)
class Performance:
    """The performance of a week.

    Attributes:
        last: The week's last day, the day before the report.
        times: Voice first, then the pages, the slowest first.
        errors: Logged errors of the week and of the week before, by service.
        store_bytes: Size of the store now.
        store_bytes_before: Its size in the report of an earlier week; None without one.
        disk_percent: Used share of the home's disk.
        queries: The slowest queries of the store now, with their milliseconds.
    """

    last: date
    times: tuple[Times, ...]
    errors: dict[str, tuple[int, int]]
    store_bytes: int
    store_bytes_before: int | None
    disk_percent: float
    queries: dict[str, float]


def measure(home: Home, *, now: datetime) -> Performance:
    """Return the performance of the seven business days before today.

    Raises:
        PilotError: the lake or the store cannot be read.
    """
    last = business_day(now) - timedelta(days=1)
    return Performance(
        last=last,
        times=tuple(_times(home, last=last)),
        errors=_errors(home, last=last),
        store_bytes=store_status(home.store()).size_bytes,
        store_bytes_before=_earlier_size(home, last=last),
        disk_percent=psutil.disk_usage(str(home.root)).percent,
        queries={each.name: round(each.milliseconds, 2) for each in slow_queries(home.store())[:SLOWEST_QUERIES]},
    )


def keep(home: Home, found: Performance) -> Path:
    """Write the report as text and as JSON; return the text's file."""
    folder = private_folder(home.root / REPORTS_FOLDER)
    write_atomically(folder / f"{_name(found.last)}.json", json.dumps({**asdict(found), "last": str(found.last)}))
    path = folder / f"{_name(found.last)}.md"
    write_atomically(path, render(found))
    return path


def render(found: Performance) -> str:
    """Return the report as Markdown."""
    first = found.last - timedelta(days=DAYS - 1)
    lines = [f"# Performance, {first} to {found.last}", "", "## Response times", ""]
    lines += [
        "| | measured | p50 ms | p95 ms | week before: measured | p50 ms | p95 ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in found.times:
        cells = (each.count, each.p50_ms, each.p95_ms, each.before_count, each.before_p50_ms, each.before_p95_ms)
        lines.append(f"| {each.name} | {' | '.join(_shown(cell) for cell in cells)} |")
    lines += ["", "## Logged errors", "", "| service | this week | week before |", "|---|---|---|"]
    lines += [f"| {name} | {now} | {before} |" for name, (now, before) in found.errors.items()]
    before = "unknown" if found.store_bytes_before is None else f"{found.store_bytes_before / 1e6:.1f} MB"
    lines += ["", "## Growth", "", f"The store has {found.store_bytes / 1e6:.1f} MB (the week before: {before})."]
    lines += [f"The disk is {found.disk_percent:.0f} % used.", "", "## Slowest queries of the store", ""]
    lines += [f"- {milliseconds:.1f} ms: {name}" for name, milliseconds in found.queries.items()]
    return "\n".join(lines) + "\n"


def _times(home: Home, *, last: date) -> list[Times]:
    lake = home.lake()
    days = [last - timedelta(days=back) for back in range(2 * DAYS)]
    found: list[Times] = []
    with lake.snapshot(TURNS, RAW_EVENTS, days=days) as snapshot:
        for sql, key in (
            (f"SELECT '{VOICE}' AS name, day, response_ms AS ms FROM turns "  # noqa: S608 - a constant
             "WHERE mode = 'voice' AND simulated = ? AND NOT coalesce(implausible, false)", "voice"),
            ("SELECT 'page ' || (data::json->>'target') AS name, day, (data::json->>'duration_ms')::double AS ms "
             "FROM raw_events WHERE event = 'probe' AND simulated = ? AND (data::json->>'ok')::boolean", "pages"),
        ):  # fmt: skip
            rows = snapshot.sql(
                f"WITH measured AS ({sql}) SELECT name, count(ms) FILTER (day > ?) AS n, "  # noqa: S608 - constants
                "quantile_cont(ms, 0.5) FILTER (day > ?) AS p50, quantile_cont(ms, 0.95) FILTER (day > ?) AS p95, "
                "count(ms) FILTER (day <= ?) AS n0, quantile_cont(ms, 0.5) FILTER (day <= ?) AS p50_0, "
                "quantile_cont(ms, 0.95) FILTER (day <= ?) AS p95_0 FROM measured WHERE day BETWEEN ? AND ? "
                "GROUP BY name",
                (home.kind == "demo", *[last - timedelta(days=DAYS)] * 6, last - timedelta(days=2 * DAYS - 1), last),
            )
            found += sorted((Times(*row) for row in rows.iter_rows()), key=lambda each: -(each.p95_ms or 0))
            if key == "voice" and not found:
                found.append(Times(VOICE, 0, None, None, 0, None, None))
    return found


def _errors(home: Home, *, last: date) -> dict[str, tuple[int, int]]:
    """Return the logged errors of both weeks by service; a line without a time counts in no week."""
    folder = home.root / LOGS_FOLDER
    end = day_bounds(last)[1]
    middle, begin = (day_bounds(last - timedelta(days=back))[0] for back in (DAYS - 1, 2 * DAYS - 1))
    found = {}
    for name in services(folder) if folder.is_dir() else ():
        moments = [
            line.at
            for line in read_lines(folder, name, since=begin)
            if line.level in ERROR_LEVELS and line.at is not None
        ]
        found[name] = (_between(moments, middle, end), _between(moments, begin, middle))
    return found


def _between(moments: Sequence[datetime], start: datetime, end: datetime) -> int:
    return sum(start <= moment < end for moment in moments)


def _earlier_size(home: Home, *, last: date) -> int | None:
    """Return the store's size in the newest report of an earlier week; None without one."""
    earlier = [path for path in sorted((home.root / REPORTS_FOLDER).glob("*.json")) if path.stem < _name(last)]
    for path in reversed(earlier):
        try:
            found: Any = json.loads(path.read_text(encoding="utf-8"))["store_bytes"]
        except (OSError, ValueError, KeyError):
            continue
        return int(found)
    return None


def _name(last: date) -> str:
    return f"performance-{last:%G-W%V}"


def _shown(cell: float | None) -> str:
    return "-" if cell is None else f"{cell:.0f}"
