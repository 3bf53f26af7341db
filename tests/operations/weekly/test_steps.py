"""Each step of the weekly maintenance, on a home with two weeks of data."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from operations.system import LOGS_FOLDER
from operations.weekly.log_bounds import rotate_logs
from operations.weekly.performance_report import VOICE, keep, measure, render
from operations.weekly.steps import weekly_steps
from pilot.business_days import day_bounds
from pilot.lake_tables.tables import RAW_EVENTS, TURNS, Table
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.lake import polars_schema
from tests.cli.conftest import pilot

__all__ = ["pilot"]

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
LAST = date(2026, 11, 29)
EARLIER = LAST - timedelta(days=7)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "home"))


def empty_row(table: Table, day: date) -> dict[str, object]:
    """Return a row with a value for each required column, whose meaning does not matter here."""
    values = {"text": "", "integer": 0, "float": 0.0, "boolean": False, "moment": NOW, "json": "{}", "texts": []}
    row = {each.name: values.get(each.kind) if each.required else None for each in table.columns}
    return {**row, "day": day, "cafe": "aurora"}


def fill(home: Home, day: date, *, voice_ms: list[float], probes: list[tuple[str, float, bool]]) -> None:
    turns = [
        {**empty_row(TURNS, day), "session_id": f"{day}-{at}", "simulated": each < 0, "mode": "voice",
         "response_ms": abs(each), "implausible": False}
        for at, each in enumerate(voice_ms)
    ]  # fmt: skip
    home.lake().replace_partition(TURNS, day, pl.DataFrame(turns, schema=polars_schema(TURNS)), commit={})
    events = [
        {**empty_row(RAW_EVENTS, day), "event_id": f"{day}-{at}", "event": "probe",
         "data": json.dumps({"target": target, "duration_ms": ms, "ok": ok})}
        for at, (target, ms, ok) in enumerate(probes)
    ]  # fmt: skip
    home.lake().replace_partition(RAW_EVENTS, day, pl.DataFrame(events, schema=polars_schema(RAW_EVENTS)), commit={})


def test_response_times_are_exact_and_beside_the_week_before(home: Home) -> None:
    fill(home, LAST, voice_ms=[900, 1100, 1900, -50], probes=[("receipt", 80, True), ("customer_page", 20, True)])
    fill(home, LAST - timedelta(days=6), voice_ms=[1500], probes=[("receipt", 9000, False)])
    fill(home, EARLIER, voice_ms=[700], probes=[("receipt", 40, True)])
    fill(home, LAST - timedelta(days=14), voice_ms=[1], probes=[])
    found = {each.name: each for each in measure(home, now=NOW).times}
    assert list(found) == [VOICE, "page receipt", "page customer_page"]
    voice = found[VOICE]
    assert (voice.count, voice.p50_ms, voice.before_count, voice.before_p95_ms) == (4, 1300, 1, 700)
    assert voice.p95_ms == pytest.approx(1840)
    assert (found["page receipt"].count, found["page receipt"].p95_ms, found["page receipt"].before_p50_ms) == (
        1,
        80,
        40,
    )
    assert found["page customer_page"].before_count == 0


def test_errors_are_counted_by_service_in_both_weeks(home: Home) -> None:
    folder = home.root / LOGS_FOLDER
    folder.mkdir(exist_ok=True)
    lines = [
        json.dumps({"level": level, "event": "x", "timestamp": moment.isoformat()})
        for level, moment in (
            ("error", NOW - timedelta(days=1)),
            ("info", NOW - timedelta(days=1)),
            ("error", NOW - timedelta(days=8)),
            ("critical", NOW - timedelta(days=9)),
            ("error", NOW - timedelta(days=20)),
            ("error", NOW),
        )
    ]
    (folder / "edge.log").write_text("\n".join(lines), encoding="utf-8")
    assert measure(home, now=NOW).errors == {"edge": (1, 2)}


def test_the_file_is_kept_and_the_next_week_compares_the_growth_with_it(home: Home) -> None:
    first = measure(home, now=NOW - timedelta(days=7))
    assert first.store_bytes_before is None
    path = keep(home, first)
    assert path.name == "performance-2026-W47.md"
    assert "(the week before: unknown)" in path.read_text(encoding="utf-8")
    second = measure(home, now=NOW)
    assert second.store_bytes_before == first.store_bytes > 0
    assert list(second.queries)
    assert all(name in render(second) for name in second.queries)
    assert measure(home, now=NOW - timedelta(days=7)).store_bytes_before is None


def test_old_log_files_are_removed_and_an_oversized_log_is_a_finding(home: Home) -> None:
    folder = home.root / LOGS_FOLDER
    folder.mkdir(exist_ok=True)
    for name, days in (("edge.log", 0), ("edge.log.1", 29), ("edge.log.2", 30), ("edge.log.3", 31)):
        (folder / name).write_text("x\n", encoding="utf-8")
        os.utime(folder / name, times=(day_bounds(LAST)[0].timestamp() - days * 86_400,) * 2)
    found = rotate_logs(home, now=day_bounds(LAST)[0])
    assert found.ok
    assert found.found == "2 files removed, the oldest is 29 days old"
    assert sorted(path.name for path in folder.iterdir()) == ["edge.log", "edge.log.1"]
    with (folder / "edge.log.1").open("ab") as file:
        file.truncate(300 * 1024 * 1024)
    assert not rotate_logs(home, now=day_bounds(LAST)[0]).ok


def test_the_command_runs_all_steps_and_fails_without_a_backup(pilot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.weekly.packages.APT", "no-such-tool")
    assert pilot("seed").exit_code == 0
    planned = pilot("weekly-maintenance", "--dry-run")
    assert "Nothing was done" in planned.stdout
    done = pilot("weekly-maintenance", "--json")
    found = {each["name"]: each for each in json.loads(done.stdout)["steps"]}
    assert done.exit_code == 1
    assert [name for name, each in found.items() if not each["ok"]] == ["backups"]
    assert found["backups"]["found"] == "there is no backup"
    assert set(found) == {"system packages", "database", "backups", "logs", "retention", "performance"}
    assert "NOT OK: backups (0 of 1 steps" in pilot("weekly-maintenance", "--only", "backups").stdout
    assert pilot("weekly-maintenance", "--only", "nothing").exit_code == 2
    assert "has ended" in pilot("weekly-maintenance", "--status").stdout


def test_the_command_is_well_with_a_whole_backup(pilot, monkeypatch: pytest.MonkeyPatch, quick_passphrase) -> None:
    monkeypatch.setattr("operations.weekly.packages.APT", "no-such-tool")
    key = {"PILOT_BACKUP_KEY": "a key that nobody guesses"}
    assert pilot("seed", **key).exit_code == 0
    assert pilot("backup", "now", **key).exit_code == 0
    done = pilot("weekly-maintenance", **key)
    assert done.exit_code == 0, done.stdout
    assert "All well (6 of 6 steps" in done.stdout


def test_data_past_its_time_limit_is_late_after_the_night(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from operations.retention.carry_out import Due

    asked = []

    def due(_: Home, *, now: datetime) -> list[Due]:
        asked.append(now)
        return [Due(LAST, "audio")]

    monkeypatch.setattr("operations.weekly.steps.due", due)
    (retention,) = [each for each in weekly_steps(home, now=NOW, actor="test", apply=False) if each.name == "retention"]
    found = retention.run()
    assert (found.ok, found.found) == (False, f"1 removals are late, the oldest of {LAST}")
    assert asked == [NOW - timedelta(hours=36)]
