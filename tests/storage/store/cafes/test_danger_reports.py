"""Reported dangers on both engines: one row for each turn, and none outlives its session or its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pilot.business_days import session_day
from pilot.identifiers import new_identifier
from storage.store.cafes import danger_reports
from storage.store.cafes.danger_reports import DangerReport, ReportRefused, add_report, reports_since
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.privacy import erasures, expirations, session_rows, tombstones
from storage.store.privacy.expirations import Expiration

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
SUNDAY = date(2026, 11, 22)


def danger(*, at: datetime = NOON, **changes: object) -> DangerReport:
    """Return a report of a new session."""
    session = new_identifier(at=at)
    report = DangerReport(session, 1, "aurora", session_day(session), False, "breathing", "now", "companion", at)
    return replace(report, **changes)  # type: ignore[arg-type]


def expire(store: Store, day: date, kind: str = "words") -> None:
    expirations.record(store, Expiration(day=day, kind=kind, kept_days=90, removed_at=NOON))  # type: ignore[arg-type]


def count(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.execute(text("SELECT count(*) FROM danger_reports")).scalar_one())


# Reports


def test_a_report_is_found_as_it_was_added(store: Store) -> None:
    report = danger(cafe="goteborg", at=NOON + timedelta(microseconds=123456))
    assert add_report(store, report) is True
    assert reports_since(store, MONDAY) == [report]


def test_a_second_report_of_a_turn_changes_nothing(store: Store) -> None:
    report = danger()
    add_report(store, report)
    assert add_report(store, replace(report, kind="allergy", happens="earlier")) is False
    assert reports_since(store, MONDAY) == [report]


def test_each_turn_of_a_session_has_its_own_report(store: Store) -> None:
    first = danger(kind="allergy", happens="earlier", who="guest")
    second = replace(first, turn=2, kind="breathing", happens="now", reported_at=NOON + timedelta(seconds=20))
    assert [add_report(store, each) for each in (second, first)] == [True, True]
    assert reports_since(store, MONDAY) == [first, second]


def test_reports_are_read_from_a_day_on_and_real_ones_apart_from_simulated(store: Store) -> None:
    sunday, monday, simulated = danger(at=NOON - timedelta(days=1)), danger(), danger(simulated=True)
    for each in (monday, simulated, sunday):
        add_report(store, each)
    assert reports_since(store, SUNDAY) == [sunday, monday]
    assert reports_since(store, MONDAY) == [monday]
    assert reports_since(store, MONDAY + timedelta(days=1)) == []
    assert reports_since(store, SUNDAY, simulated=True) == [simulated]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"kind": "Min son kan inte andas"}, "not a code"),
        ({"kind": ""}, "not a code"),
        ({"who": "min son"}, "not a code"),
        ({"happens": "soon"}, "time of a danger is unknown"),
    ],
)
def test_words_in_place_of_codes_are_refused_and_not_repeated(
    store: Store, changes: dict[str, str], fault: str
) -> None:
    with pytest.raises(ReportRefused, match=fault) as caught:
        add_report(store, danger(**changes))
    assert "son" not in str(caught.value).split()
    assert count(store) == 0


# Erasure and retention


def test_an_erasure_deletes_the_sessions_reports_and_no_others(store: Store) -> None:
    mine, other = danger(), danger()
    for each in (mine, replace(mine, turn=2), other):
        add_report(store, each)
    assert len(session_rows.about_session(store, mine.session_id)["danger_reports"]) == 2
    tombstones.add(store, session_id=mine.session_id, actor="guest", reason="asked")
    erasures.pseudonymise(store, mine.session_id)
    assert erasures.wipe_pages(store)
    assert "danger_reports" not in session_rows.about_session(store, mine.session_id)
    assert reports_since(store, MONDAY) == [other]
    assert count(store) == 1


def test_an_erasure_leaves_no_byte_of_a_report_in_the_file(tmp_path: Path) -> None:
    store = open_store(sqlite_url(tmp_path / "store.sqlite"))
    report = danger(kind="a_kind_of_its_own")
    add_report(store, report)

    def files() -> bytes:
        return b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))

    assert report.kind.encode() in files()
    tombstones.add(store, session_id=report.session_id, actor="guest", reason="asked")
    erasures.pseudonymise(store, report.session_id)
    assert erasures.wipe_pages(store)
    assert report.kind.encode() not in files()
    store.close()


def test_a_report_of_an_erased_session_is_neither_read_nor_added(store: Store) -> None:
    report = danger()
    add_report(store, report)
    tombstones.add(store, session_id=report.session_id, actor="guest", reason="asked")
    assert reports_since(store, MONDAY) == []
    assert add_report(store, replace(report, turn=2)) is False
    assert count(store) == 1


def test_an_erasure_without_a_tombstone_deletes_no_report(store: Store) -> None:
    report = danger()
    add_report(store, report)
    erasures.pseudonymise(store, report.session_id)
    assert reports_since(store, MONDAY) == [report]


def test_reports_expire_with_the_words_of_their_day_and_count_as_removed(store: Store) -> None:
    old, kept = danger(at=NOON - timedelta(days=1)), danger()
    for each in (old, replace(old, turn=2), kept):
        add_report(store, each)
    expire(store, SUNDAY, "devices")
    assert count(store) == 3
    expire(store, SUNDAY)
    assert reports_since(store, SUNDAY) == [kept]
    removed = {each.kind: each.store_rows for each in expirations.all_expirations(store)}
    assert removed == {"devices": 0, "words": 2}
    assert add_report(store, replace(old, turn=3)) is False
    assert count(store) == 1


@pytest.mark.parametrize("change", ["DELETE FROM danger_reports", "UPDATE danger_reports SET who = 'staff'"])
@pytest.mark.parametrize("erased", [False, True])
def test_the_database_refuses_other_changes_of_reports(store: Store, change: str, erased: bool) -> None:
    mine, other = danger(), danger()
    for each in (mine, other):
        add_report(store, each)
    if erased:
        tombstones.add(store, session_id=mine.session_id, actor="guest", reason="asked")
    with pytest.raises(DBAPIError, match="can only be added to"), store.begin() as connection:
        connection.execute(text(change))
    assert other in reports_since(store, MONDAY)
    assert count(store) == 2


def test_a_report_takes_turns_with_erasures_and_expirations(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    for module in (danger_reports, tombstones, expirations):
        monkeypatch.setattr(module, "serialise", lambda _connection, name: taken.append(name))
    report = danger()
    add_report(store, report)
    by_report = taken.copy()
    taken.clear()
    tombstones.add(store, session_id=report.session_id, actor="guest", reason="asked")
    expire(store, MONDAY)
    assert taken != []
    assert set(taken) == set(by_report)
