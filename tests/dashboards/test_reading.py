"""The queries: filtered by café and kind, hours in Stockholm's time, figures as computed."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from dashboards.entitled_lake import EntitledLake
from dashboards.reading.cafe_day import TABLES, cafe_day
from dashboards.reading.calendar import TABLES as CALENDAR_TABLES
from dashboards.reading.calendar import Extent, extent
from dashboards.reading.cover import Cover
from dashboards.reading.kpi_figures import figures_from, pilot_period
from dashboards.reading.page_snapshot import Key, PageSnapshot, UnreadableTable, versions_key
from dashboards.words.reasons import EARLIER_VERSION, GAPS, REASONS, reason
from pilot.business_days import local_time
from pilot.kpis import KPIS
from pilot.lake_tables.tables import SESSIONS, Table
from pilot.words import section
from storage.home import Home
from tests.dashboards.conftest import EVERYONE, TODAY
from tests.dashboards.lake_days import make_day

AUTUMN = date(2026, 10, 25)  # 25 hours
SPRING = date(2026, 3, 29)  # 23 hours


def every_cafe(home: Home) -> EntitledLake:
    return EntitledLake(home.lake(), EVERYONE, home_key=str(home.root), confirm=lambda: None)


def snapshot(home: Home) -> PageSnapshot:
    return PageSnapshot(every_cafe(home), *TABLES)


def key(home: Home) -> Key:
    return versions_key(every_cafe(home), *CALENDAR_TABLES)


@pytest.mark.parametrize("day", [TODAY, AUTUMN, SPRING])
def test_every_started_session_is_in_its_hour_of_stockholms_time(day: date, home: Home):
    frames = make_day(home.cafes(), day)
    frames.write(home.lake())
    with snapshot(home) as shot:
        read = cafe_day(shot, shot.key, cafes=("aurora",), day=day, simulated=False, cover=Cover(True))
    started = frames.sessions.filter(pl.col("cafe") == "aurora", pl.col("started_at").is_not_null())
    expected: dict[int, int] = {}
    for moment in started["started_at"]:
        expected[local_time(moment).hour] = expected.get(local_time(moment).hour, 0) + 1
    assert {hour.hour: hour.completed + hour.left for hour in read.hours} == expected


def test_a_reader_sees_only_their_own_cafes(home: Home):
    make_day(home.cafes(), TODAY).write(home.lake())
    with snapshot(home) as shot:
        nowhere = cafe_day(shot, shot.key, cafes=(), day=TODAY, simulated=False, cover=Cover(True))
        theirs = pilot_period(shot, shot.key, cafes=("goteborg",), last=TODAY, days=7, simulated=False)
    known = extent(every_cafe(home), key(home), cafes=("nowhere",), simulated=False)
    assert nowhere.funnel.opened == 0
    assert nowhere.feedback == ()
    assert {figure.cafe for figure in theirs.figures} == {"goteborg"}
    assert {volume.cafe for volume in theirs.volumes} == {"goteborg"}
    assert known.first is None


def test_only_sent_feedback_is_quoted(home: Home):
    frames = make_day(home.cafes(), TODAY)
    lake = home.lake()
    frames.write(lake)
    with snapshot(home) as shot:
        read = cafe_day(shot, shot.key, cafes=("malmohuset",), day=TODAY, simulated=False, cover=Cover(True))
    sent = frames.sessions.filter(cafe="malmohuset", outcome="completed")
    assert {one.session_id for one in read.feedback} == set(sent["session_id"])


def test_every_reason_of_the_metrics_has_words_and_every_gap_a_remedy():
    for language in ("sv", "en"):
        words = section("dashboards", language)
        assert {f"reason.{code}" for code in (*REASONS, EARLIER_VERSION)} <= words.keys()
        assert {f"gap.{code}.{part}" for code in GAPS for part in ("title", "do")} <= words.keys()
        assert {f"kpi.{code}.{part}" for code in KPIS for part in ("name", "what")} <= words.keys()


@pytest.mark.parametrize(
    ("why", "shown"),
    [
        ("", ""),
        ("on_both_sides", ""),
        ("never_came,on_both_sides", "never_came"),
        ("no count of customers was reported", EARLIER_VERSION),
    ],
)
def test_the_first_code_of_a_figure_is_its_reason(why: str, shown: str, home: Home):
    frames = make_day(home.cafes(), TODAY)
    figure = figures_from(frames.pilot_kpis.drop("simulated", "why_details").with_columns(why=pl.lit(why)))[0]
    assert reason(figure) == shown


def cut_short(home: Home, table: Table, day: date) -> None:
    for file in (home.root / "lake" / table.name / f"day={day}").glob("*.parquet"):
        file.write_bytes(file.read_bytes()[:20])


def test_damaged_files_of_other_days_do_not_hide_a_day(home: Home):
    days = [TODAY - timedelta(days=back) for back in range(30)]
    for day in days:
        make_day(home.cafes(), day).write(home.lake())
    for table in TABLES:
        cut_short(home, table, days[17])
    known = extent(every_cafe(home), key(home), cafes=("aurora",), simulated=False)
    assert (known.first, known.last, known.last_sessions) == (days[-1], TODAY, TODAY)
    with PageSnapshot(every_cafe(home), *TABLES, days=[TODAY]) as shot:
        assert (
            cafe_day(shot, shot.key, cafes=("aurora",), day=TODAY, simulated=False, cover=Cover(True)).funnel.opened > 0
        )
    with pytest.raises(UnreadableTable, match="sessions"):
        PageSnapshot(every_cafe(home), *TABLES, days=[days[17]])


def test_an_unreadable_day_can_still_be_chosen(home: Home):
    for back in range(3):
        make_day(home.cafes(), TODAY - timedelta(days=back)).write(home.lake())
    cut_short(home, SESSIONS, TODAY)
    known = extent(every_cafe(home), key(home), cafes=("aurora",), simulated=False)
    assert (known.first, known.last, known.last_sessions) == (TODAY - timedelta(days=2), TODAY, TODAY)


def test_the_extent_is_the_cafes_own_far_from_the_lakes_ends_too(home: Home):
    for back in range(40):
        day = TODAY - timedelta(days=back)
        frames = make_day(home.cafes(), day)
        ours = pl.col("cafe") == "aurora"
        kept = ours if back in (19, 20, 21) else ~ours
        home.lake().replace_partition(SESSIONS, day, frames.sessions.filter(kept), commit={})
    known = extent(every_cafe(home), key(home), cafes=("aurora",), simulated=False)
    assert known == Extent(TODAY - timedelta(days=21), TODAY - timedelta(days=19), TODAY - timedelta(days=19), None)
