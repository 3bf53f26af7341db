"""A home whose lake and store have rows for every figure of the pages."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import polars as pl

from operations.alerting.router import AlertRouter
from operations.load_records import record_load_test
from operations.monitoring.minute_figures import FOLDER as MINUTES_FOLDER
from operations.record_lines import append_record
from operations.system import RUN_FOLDER
from operations.watch.alerts import dip, urgent
from operations.watch.alerts.run_alerts import RECORDS_NAME
from pilot.business_days import business_day, days_between
from pilot.identifiers import new_identifier
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS, QUARANTINE, VOICE_LATENCY, VOLUME_ANOMALIES
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.payout_tables import PAYMENTS
from pilot.lake_tables.report_tables import PILOT_REPORT
from pilot.lake_tables.tables import CUSTOMER_COUNTS, RAW_EVENTS, SESSIONS, TURNS, UPTIME, Table
from pilot.settings import read_settings
from pipelines.figures.voice_latency import voice_latency
from pipelines.reports.pilot_report import Basis, pilot_report
from storage.home import Home, open_home
from storage.lake import polars_schema
from storage.store.alerts import deliveries, episodes
from storage.store.alerts.deliveries import planned
from storage.store.cafes import cafe_states, trial_slots
from storage.store.cafes.case_answers import give_verdict
from storage.store.cafes.case_changes import open_case, set_answer, set_status
from tests.dashboards.lake_days import DayFrames
from tests.dashboards.theme_days import theme_day
from tests.proving.analytics.full_store import fill_store

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
LAST = date(2026, 11, 29)
FIRST = LAST - timedelta(days=6)
EXCLUDED = FIRST + timedelta(days=1)  # a suite stops this day


def full_home(folder: Path) -> Home:
    """Return a home with seven days of every table that the pages read."""
    settings = {"PILOT_HOME": str(folder), "PILOT_CAFES_FILE": str(ROOT / "cafes.toml")}
    settings |= {"PILOT_STRIPE_KEY": "sk_test_proof"}  # Nothing is called; it names the rail.
    home = open_home(read_settings(settings))
    days = [_day(home, day) for day in days_between(FIRST, LAST)]
    basis = Basis([one.day for one in days], [EXCLUDED], home.cafes().ids, NOW, home.cafes().pilot.days)
    report = pilot_report(
        basis,
        day=LAST,
        kpis=pl.concat([one.pilot_kpis for one in days]),
        uptime=pl.concat([one.uptime for one in days]),
        turns=pl.concat([one.turns for one in days]),
    )
    home.lake().replace_partition(PILOT_REPORT, LAST, report, commit={})
    _store(home, days[-1])
    fill_store(home, day=LAST, earlier=EXCLUDED, now=NOW)
    _records(home)
    return home


def _day(home: Home, day: date) -> DayFrames:
    lake, made = home.lake(), theme_day(home.cafes(), day, busy=0.2, urgent=["aurora"])
    made.write(lake)
    feedback = made.scored_feedback
    browsers = pl.col("session_id").str.slice(-1).replace_strict({"0": "Safari", "1": "Chrome"}, default=None)
    sessions = made.sessions.with_columns(browser=browsers, code=pl.lit("AB2"))
    lake.replace_partition(SESSIONS, day, sessions, commit={})
    # A turn that nobody heard, in one café.
    silent = (pl.col("cafe") == "aurora") & (pl.col("turn") == 2)
    turns = made.turns.with_columns(transcript=pl.when(silent).then(pl.lit("")).otherwise("transcript"))
    lake.replace_partition(TURNS, day, turns, commit={})
    lake.replace_partition(UPTIME, day, made.uptime, commit={})
    lake.replace_partition(CUSTOMER_COUNTS, day, made.customer_counts, commit={})
    lake.replace_partition(VOICE_LATENCY, day, voice_latency(made.turns, day=day), commit={})
    rewards = feedback.select(
        "day", "session_id", "cafe", "simulated", "score",
        outcome=pl.when("eligible").then(pl.lit("eligible")).otherwise(pl.lit("declined")),
        reason=pl.lit(""), counted_score="score", amount_ore=pl.when("eligible").then(2000).otherwise(0),
        rubric_version=pl.lit("1"), scorer_version=pl.lit("1"), decided_by=pl.lit("assets"), decided_at=pl.lit(NOW),
    )  # fmt: skip
    held = pl.int_range(pl.len()) % 5 == 0
    rewards = rewards.with_columns(outcome=pl.when(held).then(pl.lit("held")).otherwise("outcome"))
    _write(home, REWARDS, day, rewards.to_dicts())
    noon = datetime.combine(day, time(12), tzinfo=UTC)
    key = {"day": day, "cafe": "aurora", "simulated": False}
    _write(home, RAW_EVENTS, day, [_probe(key, noon + timedelta(minutes=each), ok=each % 4 != 1) for each in range(12)])
    paid = {"rail": "voucher", "succeeded": 0, "failed": 0, "succeeded_ore": 0, "open": 2, "issued": 4, "expired": 1}
    _write(home, PAYMENTS, day, [key | paid])
    severity = "stop" if day == EXCLUDED else "warn"
    verdict = {"day": day, "table_name": "turns", "rows": 9, "table_version": 1, "judged_at": noon}
    verdicts = [
        verdict | {"expectation": "one", "severity": severity, "passed": False, "breaking": 1},
        verdict | {"expectation": "two", "severity": "stop", "passed": True, "breaking": 0},
    ]
    _write(home, QUALITY_VERDICTS, day, verdicts)
    row = {"table_name": "turns", "row_key": "1 2", "expectation": "one", "severity": severity, "reason": "whole_row"}
    _write(home, QUARANTINE, day, [key | row | {"judged_at": noon, "session_id": made.sessions["session_id"][0]}])
    _write(home, VOLUME_ANOMALIES, day, [_hour(key, noon + timedelta(hours=each), each) for each in range(4)])
    return made


def _probe(key: dict[str, object], at: datetime, *, ok: bool) -> dict[str, object]:
    data = {"target": "customer_page", "ok": ok, "every_seconds": 60, "duration_ms": 80 + at.minute}
    fields = data if ok else data | {"failure": "timeout"}
    own = {"event_id": new_identifier(at=at), "event": "probe", "at": at, "session_id": new_identifier(at=at)}
    return key | own | {"edge": "watch", "epoch": 0, "seq": at.minute, "schema_version": 1} | {
        "data": json.dumps(fields), "segment": "x"
    }  # fmt: skip


def _hour(key: dict[str, object], at: datetime, place: int) -> dict[str, object]:
    verdict = "low" if place in (1, 2) else "none"
    row = {"starts_at": at, "hour": at.hour, "open_minutes": 60.0, "away_minutes": 0.0, "weight": 60.0}
    row |= {"feedbacks": place, "expected": 6.5, "expected_low": 4.0, "expected_high": 9.0, "basis": "band"}
    since = at - timedelta(hours=place - 1) if verdict == "low" else None
    return (
        key | row | {"settled": True, "since": since, "surprise": 0.01 / (place + 1), "verdict": verdict, "as_of": at}
    )


def _write(home: Home, table: Table, day: date, rows: list[dict[str, object]]) -> None:
    full = [dict.fromkeys(table.names) | row for row in rows]
    home.lake().replace_partition(table, day, pl.DataFrame(full, schema=polars_schema(table)), commit={})


def _store(home: Home, day: DayFrames) -> None:
    store, cafe = home.store(), home.cafes().get("aurora")
    ids = day.scored_feedback.filter(pl.col("cafe") == "aurora")["session_id"].to_list()
    trial_slots.use_all(store, cafe=cafe, sent=dict.fromkeys(ids[:4], NOW))
    cafe_states.set_trial_limit(store, "malmohuset", limit=7, actor="tests", reason="more")
    cafe_states.pause(store, "goteborg", actor="tests", reason="paint")
    week = date(2026, 11, 23)
    done = open_case(store, cafe="aurora", subject="queue", origin="proposal", week=week, sessions=ids[:3], by="tests")
    set_status(store, done.id, "done", note="Ny kassa.", by="tests")
    set_answer(store, done.id, answer="öppnat en kassa till vid lunch.", by="tests")
    give_verdict(store, case_id=done.id, session_id=ids[0], verdict="better")
    give_verdict(store, case_id=done.id, session_id=ids[1], verdict="not_yet")
    open_case(store, cafe="aurora", subject="price", origin="manual", week=week, by="tests")


def _records(home: Home) -> None:
    folder = home.root / RUN_FOLDER
    at, later = NOW.isoformat(), (NOW + timedelta(hours=1)).isoformat()
    figures = {"began_at": at, "seconds": 90.0, "plan": {"guests": 6}, "response_ms": {"p95": 1500.0}}
    record_load_test(folder, figures | {"failures": {"late": 1}, "goal_met": True})
    firing = {"name": "dip", "subject": "aurora 2026-11-29", "severity": "high", "state": "firing", "at": at}
    AlertRouter(home, clock=lambda: NOW - timedelta(hours=1), channels={})()  # Takes over an empty home.
    for line in (firing, firing | {"state": "resolved", "at": later}, firing | {"subject": "goteborg 2026-11-29"}):
        append_record(folder / dip.RECORDS_NAME, line)
    backup = {"name": "backup_old", "subject": "main", "severity": "high", "state": "firing", "at": at}
    append_record(folder / "backups.ndjson", backup)
    volume = {"name": "volume_anomaly", "subject": "malmohuset 2026-11-29", "severity": "low", "at": at}
    append_record(folder / RECORDS_NAME, volume | {"state": "firing"})
    for minute, share in enumerate((0.0, 0.25, 0.125)):
        values = {"requests_a_minute": 10.0 + minute, "failed_share": share, "memory_share": 0.5}
        moment = NOW - timedelta(days=1) + timedelta(minutes=minute)
        append_record(folder / MINUTES_FOLDER / f"{business_day(moment)}.ndjson", {"at": moment.isoformat(), **values})
    urgent_line = {"session_id": new_identifier(at=NOW), "cafe": "aurora", "reported_at": at}
    append_record(folder / urgent.RECORDS_NAME, urgent_line)
    AlertRouter(home, clock=lambda: NOW + timedelta(hours=2), channels={})()
    _alerts(home)


def _alerts(home: Home) -> None:
    """Acknowledge, judge, and give one alert a message that left and one that did not."""
    found = {each.name: each for each in episodes.latest(home.store())}
    for name, verdict in (("backup_old", "true"), ("volume_anomaly", "false")):
        episodes.acknowledge(home.store(), found[name].id, actor="siv", reason="seen", verdict=verdict)  # type: ignore[arg-type]
    rows = [
        planned(
            f"{channel} {found['backup_old'].id}",
            kind="firing",
            channel=channel,
            recipient="",
            at=NOW,
            episode_id=found["backup_old"].id,
        )  # type: ignore[arg-type]
        for channel in ("slack", "sms", "email")
    ]
    states = {"slack": "delivered", "sms": "dead", "email": "unknown"}
    with home.store().begin() as connection:
        deliveries.add(connection, [replace(row, state=states[row.channel]) for row in rows])  # type: ignore[arg-type]
