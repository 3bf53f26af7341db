"""`pilot provider-events` on a home whose fake Stripe answers in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cli.commands.money import provider_events as command
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.store import audit
from storage.store.payouts import provider_events
from storage.store.payouts.provider_events import MOST_TRIES, ProviderEvent
from tests.payouts.stripe.by_hand_rail import ByHandRail

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = open_home(Settings(home=tmp_path / "home", cafes_file=CHECKOUT / "cafes.toml"))
    store = home.store()
    rail = ByHandRail(now=store.now)
    monkeypatch.setattr(command, "home", lambda: home)
    monkeypatch.setattr(command, "open_rail", lambda _: rail)
    rail.fake.books.open_account(metadata={}, email=None, account_id="acct_1")
    rail.fake.books.onboard("acct_1", iban="SE3550000000054910000003")
    rail.fake.books.transfer({"amount": 3000, "currency": "sek", "destination": "acct_1"})
    return home


def outcome_of(run: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict]:
    with pytest.raises(command.typer.Exit) as ended:
        run()
    return ended.value.exit_code, json.loads(capsys.readouterr().out)


def test_missed_events_are_fetched_once_and_differences_are_reported(
    opened: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = outcome_of(lambda: command.catch_up_now(days=30, as_json=True), capsys)
    assert (code, found["new"], found["done"]) == (1, 1, 1)
    assert found["differences"][0]["code"] == "not_ours"
    code, found = outcome_of(lambda: command.catch_up_now(days=30, as_json=True), capsys)
    assert (code, found["new"], found["done"]) == (0, 0, 0)
    code, found = outcome_of(lambda: command.replay(event="", failed=False, days=1, as_json=True), capsys)
    assert (code, found["new"], found["done"]) == (1, 1, 1)


def test_the_status_exits_with_one_if_an_event_waits_too_long_or_failed(
    opened: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    store = opened.store()
    code, found = outcome_of(lambda: command.status(as_json=True), capsys)
    assert (code, found["waiting"], found["rail"]) == (0, 0, "stripe_fake")
    event = ProviderEvent("evt_1", "stripe_fake", "transfer.created", "tr_nowhere", "", store.now())
    provider_events.save(store, [event], way="webhook")
    assert outcome_of(lambda: command.status(as_json=True), capsys)[0] == 0
    for _ in range(MOST_TRIES):
        provider_events.defer(store, "evt_1", code="resource_missing")
    code, found = outcome_of(lambda: command.status(as_json=True), capsys)
    assert (code, found["failed"], found["late"]) == (1, 1, True)
    with pytest.raises(command.typer.Exit):
        command.status(as_json=False)
    text = capsys.readouterr().out
    assert "1 failed" in text
    assert "no money moves" in text
    assert "replay --failed" in text
    code, found = outcome_of(lambda: command.replay(event="evt_1", failed=False, days=0, as_json=True), capsys)
    assert (code, found["put_off"]) == (1, 1)


def test_a_lag_is_the_median_and_the_95th_percentile(opened: Home) -> None:
    store = opened.store()
    at = store.now()
    events = [
        ProviderEvent(f"evt_{n}", "stripe_fake", "balance.available", "", "", at - timedelta(seconds=n))
        for n in range(1, 21)
    ]
    provider_events.save(store, events, way="webhook")
    lag = provider_events.lag(store, rail="stripe_fake")
    assert lag.delivery_seconds is not None
    assert [round(each) for each in lag.delivery_seconds] == [11, 20]


def test_only_events_of_the_last_days_are_replayed_and_the_replay_is_audited(
    opened: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    store = opened.store()
    events = [
        ProviderEvent(f"evt_{days}", "stripe_fake", "balance.available", "", "", store.now() - timedelta(days=days))
        for days in (1, 3)
    ]
    provider_events.save(store, events, way="webhook")
    for each in events:
        provider_events.finish(store, each.id)
    code, found = outcome_of(lambda: command.replay(event="", failed=False, days=2, as_json=True), capsys)
    assert (code, found["new"], found["done"]) == (0, 1, 1)
    (entry,) = audit.recent(store, 1)
    assert (entry.action, entry.details, entry.actor[:4]) == ("events.replay", {"events": 1}, "cli:")


def test_an_unknown_event_and_an_empty_choice_are_refused(opened: Home) -> None:
    with pytest.raises(command.NoSuchEvent, match="No event is chosen"):
        command.replay(event="", failed=False, days=0, as_json=False)
    with pytest.raises(command.NoSuchEvent, match="not in the store"):
        command.replay(event="evt_other", failed=False, days=0, as_json=False)
