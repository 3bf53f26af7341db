"""An import of a till's file: first a plan, then one transaction, and no change the second time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from operations.counts.reporting import current_report, parse_count_day, report_count
from operations.counts.till_import import FaultyExport, import_counts, plan_import
from pilot.cafes import Cafes
from pilot.counts import InvalidCount
from pilot.settings import Settings
from storage.errors import StoreAway
from storage.home import Home, open_home
from storage.store import audit, outbox
from storage.store.cafes import customer_counts

ROOT = Path(__file__).parents[3]
MONDAY, TUESDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 27)
NOON = datetime(2026, 11, 27, 11, tzinfo=UTC)
EVENING = datetime(2026, 11, 27, 18, 30, tzinfo=UTC)  # 19:30 in Stockholm: Aurora closed at 19:00.
DAYS = b"Datum;Antal kunder\n2026-11-22;600\n2026-11-23;742\n2026-11-24;755\n2026-11-27;90\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "home", cafes_file=ROOT / "cafes.toml"))


def imported(home: Home, body: bytes = DAYS, *, now: datetime = NOON) -> list[str]:
    plan = plan_import(home, [("days.csv", body)], cafe="aurora", now=now)
    return [done.outcome for done in import_counts(home, plan, actor="test")]


def test_an_import_reports_each_day_wakes_the_sensor_and_records_its_origin(home: Home) -> None:
    assert imported(home) == ["new", "new"]
    current = customer_counts.current_reports(home.store(), [MONDAY, TUESDAY], simulated=False)
    assert {day: (one.customers, one.source) for (_, day), one in current.items()} == {
        MONDAY: (742, "till"),
        TUESDAY: (755, "till"),
    }
    assert outbox.touched_days(home.store(), after=0)[1] == {MONDAY, TUESDAY}
    details = audit.recent(home.store(), 1)[0].details
    assert details["formats"] == ["daily"]
    assert len(details["files"][0]) == 12


def test_a_plan_lists_the_change_of_each_day_and_writes_nothing(home: Home) -> None:
    report_count(home, cafe="aurora", day=MONDAY, customers=700, source="manager", actor="siv", now=NOON)
    cursor, _ = outbox.touched_days(home.store(), after=0)
    plan = plan_import(home, [("days.csv", DAYS)], cafe="aurora", now=NOON)
    assert [(day.outcome, day.before.customers if day.before else None) for day in plan.days] == [
        ("corrected", 700),
        ("new", None),
    ]
    assert outbox.touched_days(home.store(), after=cursor) == (cursor, frozenset())


def test_importing_a_file_twice_changes_nothing_and_wakes_no_sensor(home: Home) -> None:
    imported(home)
    cursor, _ = outbox.touched_days(home.store(), after=0)
    assert imported(home) == ["unchanged", "unchanged"]
    assert outbox.touched_days(home.store(), after=cursor) == (cursor, frozenset())
    assert len(customer_counts.history(home.store(), cafe="aurora", day=MONDAY, simulated=False)) == 1


def test_a_correction_replaces_the_count_and_keeps_the_history(home: Home) -> None:
    imported(home)
    report_count(home, cafe="aurora", day=MONDAY, customers=739, source="manager", actor="siv", now=NOON)
    said = customer_counts.history(home.store(), cafe="aurora", day=MONDAY, simulated=False)
    assert [(one.customers, one.source, one.actor) for one in said] == [(739, "manager", "siv"), (742, "till", "test")]
    assert customer_counts.current(home.store(), [MONDAY])["customers"].to_list() == [739]


def test_days_before_the_pilot_and_unfinished_days_are_left_out(home: Home) -> None:
    plan = plan_import(home, [("days.csv", DAYS)], cafe="aurora", now=NOON)
    assert {row.day: row.why for row in plan.tally.rows if row.why} == {
        date(2026, 11, 22): "before_pilot",
        FRIDAY: "day_not_over",
    }


def test_once_the_cafe_has_closed_its_day_counts(home: Home) -> None:
    assert imported(home, now=EVENING) == ["new", "new", "new"]


def test_one_fault_prevents_the_whole_import(home: Home) -> None:
    with pytest.raises(FaultyExport, match=r"1 cells cannot be used\.\s+days\.csv, row 6, column") as refused:
        imported(home, DAYS + b"2026-11-25;fel\n")
    assert "fel;" not in str(refused.value)
    assert customer_counts.current_reports(home.store(), [MONDAY, TUESDAY], simulated=False) == {}


def test_a_store_failure_halfway_saves_nothing_of_the_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = audit.record, []

    def fails_the_second_time(*arguments: object, **named: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise StoreAway("gone", remedy="wait")
        real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(audit, "record", fails_the_second_time)
    with pytest.raises(StoreAway):
        imported(home)
    assert customer_counts.current_reports(home.store(), [MONDAY, TUESDAY], simulated=False) == {}
    assert outbox.touched_days(home.store(), after=0)[1] == frozenset()


def test_a_missing_day_is_not_zero(home: Home) -> None:
    assert current_report(home, cafe="aurora", day=MONDAY) is None
    report_count(home, cafe="aurora", day=MONDAY, customers=0, source="manager", actor="siv", now=NOON)
    nought = current_report(home, cafe="aurora", day=MONDAY)
    assert nought is not None
    assert nought.customers == 0


@pytest.mark.parametrize(
    ("day", "customers", "field"),
    [
        (date(2026, 11, 28), 7, "day"),
        (date(2026, 11, 22), 7, "day"),
        (MONDAY, -1, "customers"),
        (MONDAY, 20_001, "customers"),
    ],
)
def test_an_impossible_count_is_refused_by_field(home: Home, day: date, customers: int, field: str) -> None:
    with pytest.raises(InvalidCount) as refused:
        report_count(home, cafe="aurora", day=day, customers=customers, source="manager", actor="siv", now=NOON)
    assert refused.value.field == field


def test_a_demo_accepts_days_before_the_pilot_as_simulated(tmp_path: Path) -> None:
    demo = open_home(Settings(home=tmp_path / "demo", cafes_file=ROOT / "cafes.toml"), kind="demo")
    early = date(2026, 11, 2)
    report_count(demo, cafe="aurora", day=early, customers=7, source="manager", actor="siv", now=NOON)
    assert customer_counts.current(demo.store(), [early])["simulated"].to_list() == [True]


def test_a_day_in_words_is_refused_with_the_expected_form() -> None:
    with pytest.raises(InvalidCount, match="2026-11-23"):
        parse_count_day("yesterday")


def test_the_pilot_of_the_cafes_file_begins_on_the_first_day_used_here(home: Home) -> None:
    cafes: Cafes = home.cafes()
    assert cafes.pilot.first_day == MONDAY
