"""The asset `capacity_plan`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay, sum_by
from assets.framework.freshness import NIGHTLY
from assets.framework.plots import bars
from assets.framework.sources import landing, store
from assets.tables.sessions import sessions
from operations.load_records import read_load_tests
from operations.system import RUN_FOLDER
from pilot.business_days import days_between
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS, QUARANTINE
from pilot.lake_tables.report_tables import ALL_CAFES, BUSINESS_IMPACT, CAPACITY_PLAN, PILOT_REPORT
from pilot.lake_tables.tables import SESSIONS, TABLES
from pipelines.reports.capacity_plan import HISTORY_DAYS, SESSION_COLUMNS, LoadTest, Resources
from pipelines.reports.capacity_plan import capacity_plan as plan_of
from pipelines.reports.report_days import report_days
from storage.store.cafes import cafe_states

# Written by the same run: counting them would change the plan.
NOT_COUNTED = (QUALITY_VERDICTS, QUARANTINE, PILOT_REPORT, BUSINESS_IMPACT, CAPACITY_PLAN)


@daily_table(
    CAPACITY_PLAN,
    group="reports",
    kinds={"delta", "polars", "sql"},
    code_version="2",
    deps=[sessions, landing, store, "quality_verdicts"],
    freshness=NIGHTLY,
    from_figures=True,
)
def capacity_plan(day: TableDay) -> RebuildResult:
    """Uses the load tests that were run against this home; without any, measured capacity is empty."""
    lake, days = day.home.lake(), list(days_between(day.day - timedelta(days=HISTORY_DAYS - 1), day.day))
    frame = plan_of(
        lake.read(SESSIONS, days=days, columns=SESSION_COLUMNS),
        _resources(day, days),
        day=day.day,
        as_of=day.as_of,
        days=days,
        cafes=day.cafes.cafe,
    )
    each = frame.filter(pl.col("cafe") != ALL_CAFES)
    return day.write(frame, sessions_by_cafe=bars(sum_by(each, "cafe", "sessions"), unit="sessions"))


def _resources(day: TableDay, days: Sequence[date]) -> Resources:
    lake, changed = day.home.lake(), cafe_states.find_all(day.home.store())
    limits = {cafe.id: cafe.trial_limit for cafe in day.cafes.cafe}
    limits |= {cafe: state.trial_limit for cafe, state in changed.items() if state.trial_limit is not None}
    pilot_days = report_days(day.cafes.pilot, day.day)
    sent = lake.read(SESSIONS, days=pilot_days, columns=("day", "cafe", "simulated", "outcome"))
    used = sent.filter(outcome="completed").group_by("cafe", "simulated").len()
    stored: Counter[date] = Counter()
    for table in TABLES.values():
        if table not in NOT_COUNTED:
            stored.update({each: size for each, size in lake.bytes_by_day(table).items() if each in days})
    for segments in (day.home.segments(), day.home.probe_segments()):
        stored.update({each: segments.bytes_of(each) for each in list(stored)})
    return Resources(
        since=min(pilot_days),
        limits=limits,
        used={(cafe, simulated): count for cafe, simulated, count in used.iter_rows()},
        tests=[LoadTest(test.guests, test.passed, test.at) for test in read_load_tests(day.home.root / RUN_FOLDER)],
        bytes_by_day=stored,
    )
