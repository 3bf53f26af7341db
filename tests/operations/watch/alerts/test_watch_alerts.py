"""The watch's own alerts: incidents, paused payouts, wrong data, channels, silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from operations.alerting.alertmanager import Receiver, parse
from operations.data_verification import DataCheck
from operations.watch.alerts import data_check
from operations.watch.alerts.alert_records import Alert, AlertRecords
from operations.watch.alerts.data_check import DataCheckWatcher
from operations.watch.alerts.monitoring_silence import MonitoringWatcher
from operations.watch.alerts.open_incidents import IncidentWatcher
from operations.watch.alerts.payout_pause import pause_payouts
from operations.watch.alerts.undelivered import undelivered_alerts
from operations.watch.money.payments import PaymentAlerts
from pilot.settings import Settings
from storage.errors import StoreAway, StoreUnusable
from storage.home import Home, open_home
from storage.store.alerts.deliveries import planned
from storage.store.cafes import switches
from storage.store.incidents import incidents
from storage.store.payouts import payment_facts
from storage.store.payouts.payment_facts import FinalOutcome

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)  # 04:30 in Stockholm


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def firing(home: Home, file: str) -> set[tuple[str, str]]:
    return set(AlertRecords(home.root / ".run" / file, clock=lambda: NOW).firing)


@pytest.mark.parametrize(
    ("kind", "severity", "name"),
    [
        ("down", 1, "system_down"),
        ("down", 2, "cafe_page_down"),
        ("payments", 3, "payments_broken"),
        ("data", 2, "data_corrupt"),
        ("security", 1, "security_incident"),
        ("voice", 1, None),
    ],
)
def test_an_open_incident_is_an_alert_until_it_is_closed(home: Home, kind: str, severity: int, name: str | None):
    watcher = IncidentWatcher(home, clock=lambda: NOW)
    found = incidents.open_incident(
        home.store(), kind=kind, severity=severity, title="x", cafes=["aurora"], actor="siv"
    )
    watcher()
    assert {each for each, _ in firing(home, "incidents.ndjson")} == ({name} if name else set())
    assert all(found.id in subject for _, subject in firing(home, "incidents.ndjson"))
    incidents.close_incident(home.store(), found.id, cause="y", actor="siv")
    watcher()
    assert firing(home, "incidents.ndjson") == set()


def test_an_incident_of_payments_pauses_payouts_once(home: Home):
    watcher = IncidentWatcher(home, clock=lambda: NOW)
    incidents.open_incident(home.store(), kind="payments", severity=1, title="x", cafes=["aurora"], actor="siv")
    watcher()
    found = switches.find(home.store(), "rewards_stopped")
    assert (found.is_on, found.actor) == (True, "watch") and "payments_broken" in found.reason
    switches.turn(home.store(), "rewards_stopped", on=False, actor="siv", reason="it works")
    watcher()
    IncidentWatcher(home, clock=lambda: NOW)()
    assert not switches.find(home.store(), "rewards_stopped").is_on


@pytest.mark.parametrize(("rail", "pauses"), [("stripe", True), ("voucher", False)])
def test_failing_payouts_of_money_pause_and_refused_vouchers_do_not(
    home: Home, monkeypatch: pytest.MonkeyPatch, rail: str, pauses: bool
):
    failed = [FinalOutcome(rail, False, NOW - timedelta(minutes=5), True) for _ in range(3)]
    monkeypatch.setattr(payment_facts, "final_outcomes", lambda store, *, since: failed)
    PaymentAlerts(home, None, clock=lambda: NOW)()
    assert ("payment_failures", rail) in firing(home, "payments.ndjson")
    assert switches.find(home.store(), "rewards_stopped").is_on is pauses


def test_other_alerts_pause_nothing(home: Home):
    assert not pause_payouts(home.store(), {("payout_difference", "stripe"), ("dip", "aurora")})


def test_wrong_data_is_reported_when_it_is_found_twice(home: Home, monkeypatch: pytest.MonkeyPatch):
    clock, found = Clock(NIGHT - timedelta(minutes=1)), []
    monkeypatch.setattr(data_check, "verify_data", lambda home: found)
    watcher = DataCheckWatcher(home, clock=clock)
    found.append(DataCheck("ledger", False, "a reward is paid twice", "none is"))
    watcher()
    assert firing(home, "data.ndjson") == set()  # It is not the hour yet.
    clock.at = NIGHT
    watcher()
    assert firing(home, "data.ndjson") == set()
    clock.at += timedelta(minutes=10)
    watcher()
    assert firing(home, "data.ndjson") == {("data_corrupt", "ledger")}
    clock.at, found[:] = NIGHT + timedelta(days=1), [DataCheck("ledger", True, "ok", "")]
    watcher()
    assert firing(home, "data.ndjson") == set()


def test_a_damaged_store_is_reported_and_an_absent_one_is_another_alert(home: Home, monkeypatch: pytest.MonkeyPatch):
    watcher = DataCheckWatcher(home, clock=lambda: NIGHT)
    for error, expected in ((StoreAway, set()), (StoreUnusable, {("data_corrupt", "store")})):

        def fails(error: type[Exception] = error) -> None:
            raise error("x", remedy="y")  # type: ignore[call-arg]

        monkeypatch.setattr(home, "store", fails)
        watcher()
        assert firing(home, "data.ndjson") == expected


def test_sound_data_of_a_real_home_is_no_alert(home: Home):
    DataCheckWatcher(home, clock=lambda: NIGHT)()
    assert firing(home, "data.ndjson") == set()


def test_a_channel_is_well_again_when_a_later_message_is_delivered():
    from dataclasses import replace

    def row(state: str, minute: int):
        at = NOW + timedelta(minutes=minute)
        made = planned(f"r{minute}", kind="firing", channel="slack", recipient="", at=at)
        return replace(made, state=state, ended_at=at, attempts=8, reason="refused", code=403)

    dead, later = row("dead", 0), row("delivered", 1)
    (alert,) = undelivered_alerts([dead])
    assert alert == Alert(
        "alert_undelivered", "slack", "high",
        "The last message by slack was given up after 8 tries: refused, status 403. "
        "Correct its setting, then: pilot alerts test.",
    )  # fmt: skip
    assert undelivered_alerts([later, dead]) == [] and undelivered_alerts([]) == []


def test_alertmanagers_silence_is_reported_after_ten_minutes_if_it_is_expected(tmp_path):
    home = open_home(Settings(home=tmp_path / "expects", alertmanager_token="t" * 32))  # type: ignore[arg-type]
    clock = Clock(NOW)
    watcher, receiver = MonitoringWatcher(home, clock=clock), Receiver(home.root / ".run", clock=clock)
    watchdog = (
        b'{"version": "4", "alerts": [{"status": "firing", "labels": {"alertname": "watchdog", "severity": "none"},'
        b'"startsAt": "2026-11-24T12:00:00Z", "fingerprint": "f"}]}'
    )
    clock.at += timedelta(hours=1)
    watcher()
    assert firing(home, "monitoring.ndjson") == set()  # Nothing was ever delivered.
    assert receiver.take(parse(watchdog)) == 0
    clock.at += timedelta(minutes=10)
    watcher()
    assert firing(home, "monitoring.ndjson") == set()
    clock.at += timedelta(seconds=1)
    watcher()
    assert firing(home, "monitoring.ndjson") == {("monitoring_silent", "alertmanager")}
    receiver.take(parse(watchdog))
    watcher()
    assert firing(home, "monitoring.ndjson") == set()
    assert not (home.root / ".run/alertmanager.ndjson").exists()


def test_nothing_is_expected_of_alertmanager_without_a_token(home: Home):
    clock = Clock(NOW)
    watcher = MonitoringWatcher(home, clock=clock)
    clock.at += timedelta(days=1)
    watcher()
    assert firing(home, "monitoring.ndjson") == set()
