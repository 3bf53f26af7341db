"""`pilot materialize`: what it refuses, what it runs, and what a killed run leaves behind."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from assets.by_hand.materializing import (
    DayFrozen,
    InvalidDays,
    UnknownAsset,
    parse_days,
    plan_runs,
    record_reopening,
    refuse_frozen,
)
from assets.by_hand.running import open_instance, run_in_process
from assets.framework.unchanging_days import REOPEN_TAG
from pilot.errors import InvalidDay, PilotError
from pilot.lake_tables.tables import PILOT_KPIS, SESSIONS, TURNS
from storage.home import Home
from storage.store import audit
from storage.store.privacy import day_states
from tests.events import whole_visit

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("first", "last", "error", "said"),
    [
        ("yesterday", "", InvalidDay, "'yesterday' is not a day"),
        ("2026-11-25", "", InvalidDays, "2026-11-25 has not come yet"),
        ("2026-11-23", "2026-11-25", InvalidDays, "2026-11-25 has not come yet"),
        ("2025-12-31", "", InvalidDays, "before the first day"),
        ("2026-11-23", "2026-11-20", InvalidDays, "2026-11-20 is before 2026-11-23"),
    ],
)
def test_invalid_days_are_refused_with_a_message(first: str, last: str, error: type[PilotError], said: str) -> None:
    with pytest.raises(error, match=said):
        parse_days(first, last, now=NOW)


def test_a_range_includes_both_ends_and_today() -> None:
    assert parse_days("2026-11-23", "2026-11-24", now=NOW) == [DAY, date(2026, 11, 24)]
    assert parse_days("2026-11-23", "", now=NOW) == [DAY]


def test_without_names_every_table_of_a_rebuild_is_built_in_one_run() -> None:
    (part,) = plan_runs([], days=[DAY, date(2026, 11, 24)])
    assert (part.job, part.assets) == ("rebuild", ())
    assert part.tags == {
        "dagster/asset_partition_range_start": "2026-11-23",
        "dagster/asset_partition_range_end": "2026-11-24",
    }


def test_an_unknown_asset_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownAsset, match=r"no asset 'sesions'\. Did you mean sessions\?"):
        plan_runs(["sesions"], days=[DAY])
    with pytest.raises(UnknownAsset, match=r"There are .*customer_counts, fingerprints"):
        plan_runs(["xyzzy"], days=[DAY])


def test_each_asset_is_built_by_its_own_job_in_the_order_of_the_graph() -> None:
    asked = plan_runs(["quarantine", "judgements", "sessions", "raw_events"], days=[DAY], reopen=True)
    assert [(part.job, part.assets) for part in asked] == [
        ("rebuild", ("raw_events", "sessions")),
        ("judging", ("judgements",)),
        ("quality", ("quality_verdicts", "quarantine")),
    ]
    assert all(part.tags[REOPEN_TAG] == "yes" for part in asked)


def test_a_closed_day_is_refused_unless_it_is_reopened_and_a_redacted_one_always(home: Home) -> None:
    store = home.store()
    day_states.put(store, DAY, "closed", actor="test", reason="reported")
    with pytest.raises(DayFrozen, match=r"2026-11-23: closed.*--reopen"):
        refuse_frozen(store, [DAY], reopen=False)
    refuse_frozen(store, [DAY], reopen=True)
    day_states.put(store, DAY, "redacted", actor="test", reason="time to live")
    with pytest.raises(DayFrozen, match="2026-11-23: redacted"):
        refuse_frozen(store, [DAY], reopen=True)


def test_the_audit_log_names_who_rebuilt_a_closed_day_and_why(home: Home) -> None:
    store = home.store()
    day_states.put(store, DAY, "closed", actor="test", reason="reported")
    record_reopening(store, [DAY, date(2026, 11, 22)], actor="cli:eva", reason="a till's count came late")
    newest = audit.recent(store, 1)[0]
    assert (newest.action, newest.subject, newest.actor) == ("day.rebuild_closed", "2026-11-23", "cli:eva")
    assert newest.reason == "a till's count came late"


@pytest.mark.slow
def test_a_run_in_this_process_builds_only_the_selection(home: Home, land: Any) -> None:
    land(whole_visit())
    (part,) = plan_runs(["raw_events", "sessions"], days=[DAY])
    with open_instance(home) as instance:
        found = run_in_process(instance, part, home=home)
    assert (found.succeeded, found.troubles) == (True, ())
    assert home.lake().read(SESSIONS, days=[DAY]).height == 1
    assert home.lake().version(TURNS) is None


@pytest.mark.slow
def test_a_failed_build_is_reported_with_step_and_cause(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def quoting(*_: object, **__: object) -> None:
        raise ValueError("could not parse Kardemummabullen")

    monkeypatch.setattr("assets.tables.pilot_kpis.kpis_of", quoting)
    (part,) = plan_runs(["pilot_kpis"], days=[DAY])
    with open_instance(home) as instance:
        found = run_in_process(instance, part, home=home)
    assert not found.succeeded
    (trouble,) = found.troubles
    assert trouble.startswith("pilot_kpis: pilot_kpis for 2026-11-23: ValueError")
    assert "Kardemumma" not in trouble
    assert home.lake().version(PILOT_KPIS) is None
