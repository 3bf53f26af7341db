"""The whole graph on a home of its own: stories land, the job runs in process, the lake is read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pilot.kpis import KPIS
from pilot.lake_tables.insight_tables import QUARANTINE
from pilot.lake_tables.tables import PILOT_KPIS, RAW_EVENTS, SCORED_FEEDBACK, SESSIONS, TABLES, TURNS, UPTIME
from quality.day_verdicts import tables_with_suites
from storage.home import Home
from storage.store.privacy import tombstones
from tests.assets.conftest import Computed
from tests.assets.stories import DAY, NOON, WEEKS_LATER, a_day
from tests.events import MORNING, Story, probes, whole_visit

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("a computed day")]

BEFORE = DAY - timedelta(days=1)


def tables(home: Home, *, day: date = DAY) -> dict[str, pl.DataFrame]:
    return {name: home.lake().read(table, days=[day]) for name, table in TABLES.items()}


def figures(result: dg.ExecuteInProcessResult, table: str) -> dict[str | None, dict[str, Any]]:
    """Return the metadata of a table's materializations, by partition, as plain values."""
    data = [
        event.step_materialization_data.materialization
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(table)
    ]
    return {each.partition: {name: value.value for name, value in each.metadata.items()} for each in data}


def test_a_day_of_stories_becomes_every_table(computed_day: Computed) -> None:
    assert computed_day.result.success
    written = tables(computed_day.home)
    assert {
        name: frame.height for name, frame in written.items() if name not in ("raw_events", "probes", "uptime")
    } == {
        "sessions": 6,
        "turns": 7,
        "scored_feedback": 3,
        "fingerprints": 3,
        "session_signals": 1,
        "rewards": 2,
        "reward_parity": 0,
        "payments": 0,
        "payout_batches": 0,
        "payouts": 0,
        "ledger_audit": 1,
        "judgements": 0,
        "quality_verdicts": 0,
        "quarantine": 0,
        "retention": 0,
        "customer_counts": 1,
        "themes": 3 * 15,
        "satisfaction": 3,
        "theme_dayparts": 3,
        "voice_latency": 3 * 7,
        "volume_anomalies": 3 * 6,  # real guests' hours up to 13 on the wall clock
        "pilot_kpis": (3 + 1) * len(KPIS),
        "pilot_report": 0,
        "business_impact": 0,
        "capacity_plan": 0,
    }
    outcomes = written["sessions"].filter(~pl.col("simulated"))["outcome"].to_list()
    assert sorted(outcomes) == ["abandoned", "abandoned", "completed", "completed", "opened_only"]
    participation = written["pilot_kpis"].filter(
        pl.col("cafe") == "aurora", pl.col("kpi") == "participation", ~pl.col("simulated")
    )
    assert participation.select("numerator", "denominator").row(0) == (3.0, 210.0)


def test_a_settled_day_is_rebuilt_to_the_same_rows_by_any_later_run(home: Home, land: Any, run: Any) -> None:
    land(*a_day(), probes(start=MORNING, outcomes=[True] * 20 + [False] + [True] * 20))
    run(DAY, tags={"pilot/as_of": "2026-11-24T11:00:01Z"})
    first = tables(home)
    run(DAY, tags=WEEKS_LATER)
    for name, frame in tables(home).items():
        assert_frame_equal(frame, first[name])


def test_a_session_without_an_end_event_is_open_at_first_and_abandoned_later(home: Home, land: Any, run: Any) -> None:
    land(Story().opens().starts().consents())
    for moment, outcome in (("2026-11-23T07:35:00Z", "open"), ("2026-11-23T09:00:00Z", "abandoned")):
        run(DAY, tags={"pilot/as_of": moment}, only=("raw_events", "sessions"))
        assert home.lake().read(SESSIONS, days=[DAY])["outcome"].to_list() == [outcome]


def test_one_run_rebuilds_a_range_of_days_with_figures_for_each(home: Home, land: Any, run: Any) -> None:
    yesterday = MORNING - timedelta(days=1)
    land(whole_visit(), whole_visit(at=yesterday), Story(at=yesterday).opens())
    result = run(BEFORE, DAY, tags=WEEKS_LATER, only=("raw_events", "sessions"))
    metadata = figures(result, "sessions")
    assert {day: metadata[day]["dagster/row_count"] for day in metadata} == {"2026-11-22": 2, "2026-11-23": 1}
    assert metadata["2026-11-22"]["outcomes"] == {"completed": 1, "opened_only": 1}
    assert metadata["2026-11-22"]["as_of"] == "2026-11-23T11:00:00+00:00"
    assert metadata["2026-11-23"]["table_version"] == home.lake().version(SESSIONS)
    assert home.lake().read(SESSIONS)["day"].to_list() == [BEFORE, BEFORE, DAY]


def test_an_empty_day_has_figures_marked_as_missing(home: Home, run: Any) -> None:
    assert run(DAY, tags=NOON).success
    kpis = home.lake().read(PILOT_KPIS, days=[DAY])
    assert kpis.height == 3 * len(KPIS)
    assert set(kpis["verdict"]) == {"missing"}
    assert home.lake().read(SESSIONS, days=[DAY]).height == 0


def test_a_rebuild_of_one_day_leaves_the_others_alone(home: Home, land: Any, run: Any) -> None:
    land(whole_visit(), whole_visit(at=MORNING - timedelta(days=1)))
    run(BEFORE, DAY, tags=WEEKS_LATER)
    before = tables(home, day=BEFORE)
    land(whole_visit(at=MORNING + timedelta(hours=2)))
    run(DAY, tags=WEEKS_LATER)
    assert home.lake().read(SESSIONS, days=[DAY]).height == 2
    for name, frame in tables(home, day=BEFORE).items():
        assert_frame_equal(frame, before[name])


def test_a_damaged_segment_is_reported_and_the_others_are_used(home: Home, land: Any, run: Any) -> None:
    land(whole_visit())
    (damaged,) = land(whole_visit(at=MORNING + timedelta(minutes=20)), replica="edge2")
    path = home.root / "landing" / damaged.path
    body = bytearray(path.read_bytes())
    body[40] ^= 0xFF
    path.chmod(0o600)
    path.write_bytes(bytes(body))
    result = run(DAY, tags=NOON, only=("raw_events", "sessions"))
    assert result.success
    metadata = figures(result, "raw_events")["2026-11-23"]
    assert metadata["faults"] == {"damaged_segments": 1, "broken_lines": 0}
    assert metadata["fault_places"] == [damaged.path]
    assert metadata["segments"] == 2
    assert home.lake().read(SESSIONS, days=[DAY]).height == 1


def test_an_unknown_event_is_counted_by_name_and_kept(home: Home, land: Any, run: Any) -> None:
    story = whole_visit()
    newer = story.events[0].model_copy(update={"event": "mood_shown", "event_id": story.session_id, "seq": 99})
    land(story, [newer])
    metadata = figures(run(DAY, tags=NOON, only=("raw_events",)), "raw_events")["2026-11-23"]
    assert metadata["unknown"] == {"event:mood_shown": 1}
    assert "mood_shown" in home.lake().read(RAW_EVENTS, days=[DAY])["event"].to_list()


def test_an_erased_session_disappears_from_every_table(home: Home, land: Any, run: Any) -> None:
    tables_of_sessions = ("raw_events", "sessions", "turns", "scored_feedback")
    stays, goes = whole_visit(), whole_visit(at=MORNING + timedelta(minutes=20))
    land(stays, goes)
    run(DAY, tags=NOON, only=tables_of_sessions)
    tombstones.add(home.store(), session_id=goes.session_id, actor="test", reason="asked for")
    result = run(DAY, tags=NOON, only=tables_of_sessions)
    for table in (RAW_EVENTS, SESSIONS, TURNS, SCORED_FEEDBACK):
        assert set(home.lake().read(table, days=[DAY])["session_id"]) == {stays.session_id}
    assert figures(result, "raw_events")["2026-11-23"]["erased_sessions"] == 1


def test_probes_become_uptime_and_its_kpi(home: Home, land: Any, run: Any) -> None:
    land(probes(start=MORNING, outcomes=[True] * 9 + [False]), replica="watch")
    run(DAY, tags={"pilot/as_of": "2026-11-23T07:35:00Z"}, only=("raw_events", "uptime"))
    row = (
        home.lake().read(UPTIME, days=[DAY]).filter(pl.col("cafe") == "aurora", pl.col("probes") > 0).row(0, named=True)
    )
    assert (row["up_s"], row["down_s"]) == (270.0, 30.0)


def test_every_table_of_the_pilot_has_an_asset_and_every_write_its_checks(run: Any) -> None:
    results = [
        run(DAY, tags=NOON),
        run(DAY, job="judging"),
        run(DAY, job="quality", tags=NOON),
        run(DAY, job="reports"),
        run(DAY, job="keeping_limits"),
    ]
    checks = [each for result in results for each in result.get_asset_check_evaluations()]
    evaluated = {(each.asset_key.path[0], each.check_name) for each in checks}
    written = {(name, check) for name in TABLES for check in ("columns_as_declared", "one_row_a_key")}
    suites = {(table.name, "suite") for table in tables_with_suites()}
    assert evaluated == written | suites | {("quality_verdicts", "nothing_stops")}
    assert all(each.passed for each in checks)


def test_the_commit_in_the_lake_names_the_run_that_made_it(computed_day: Computed) -> None:
    from deltalake import DeltaTable

    latest = DeltaTable(str(computed_day.home.root / "lake" / "pilot_kpis")).history(1)[0]
    assert latest["run"] == computed_day.result.run_id


def test_the_suites_judge_a_day_in_a_job_of_their_own(computed_home: Home, run: Any) -> None:
    home = computed_home
    judged = run(DAY, job="quality", tags=NOON).get_asset_check_evaluations()
    assert {each.asset_key.path[0] for each in judged if each.check_name == "suite"} == {
        table.name for table in tables_with_suites()
    }
    assert [each.asset_key.path[0] for each in judged if not each.passed] == []
    broken = home.lake().read(SESSIONS, days=[DAY]).with_columns(outcome=pl.lit("lost"))
    home.lake().replace_partition(SESSIONS, DAY, broken, commit={})
    result = run(DAY, job="quality", raise_on_error=False)
    metadata = {each.asset_key.path[0]: each for each in result.get_asset_check_evaluations()}
    assert not metadata["sessions"].passed
    assert set(home.lake().read(QUARANTINE, days=[DAY])["table_name"]) >= {"sessions"}
    names = [item["name"] for item in metadata["sessions"].metadata["failed"].value]  # type: ignore[union-attr, index, call-overload]
    assert "outcome is a known value" in names


def test_nothing_that_dagster_keeps_holds_a_guests_words(
    home: Home, land: Any, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Kardemummabullen"
    land(*a_day())

    def quoting(*_: object, **__: object) -> pl.DataFrame:
        raise ValueError(f"could not parse {said} as Int64")

    folder = tmp_path / "dagster"
    folder.mkdir()
    with dg.DagsterInstance.local_temp(str(folder)) as kept:
        assert run(DAY, tags=NOON, within=kept).success
        run(DAY, job="quality", within=kept)
        monkeypatch.setattr("assets.tables.scored_feedback.scored", quoting)
        assert not run(DAY, tags=NOON, only=["scored_feedback"], within=kept, raise_on_error=False).success
    assert said in "".join(home.lake().read(TURNS, days=[DAY])["transcript"])
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) > 50_000
    assert [path for path in files if said.encode() in path.read_bytes()] == []


def test_no_figure_is_named_after_a_column_that_can_hold_a_guests_words(computed_day: Computed) -> None:
    result = computed_day.result
    names = {name for table in TABLES for metadata in figures(result, table).values() for name in metadata}
    free_text = {column.name for table in TABLES.values() for column in table.columns if column.free_text}
    assert free_text >= {"transcript", "heard", "reply", "question", "data"}
    assert names.isdisjoint(free_text)


def test_a_run_records_the_moment_that_it_judges_the_present_day_at(computed_day: Computed) -> None:
    metadata = figures(computed_day.result, "pilot_kpis")["2026-11-23"]
    assert datetime.fromisoformat(metadata["as_of"]) == datetime(2026, 11, 23, 12, tzinfo=UTC)
