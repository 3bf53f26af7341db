"""The alerts of payments, each where it fires and where it stays silent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations.watch.alerts.alert_records import Alert, AlertRecords
from operations.watch.money.payment_alerts import Facts, payment_alerts
from operations.watch.money.payments import FIGURES_NAME, RECORDS_NAME, PaymentAlerts, figures
from storage.home import Home
from storage.store.payouts.payment_facts import Events, Final
from storage.store.payouts.reconciliations import Reconciliation

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ended(paid: int = 0, failed: int = 0, *, ago: timedelta = 2 * HOUR, rail: str = "stripe") -> list[Final]:
    return [Final(rail, False, NOW - ago, number < failed) for number in range(paid + failed)]


def kept(*, ours: int = 3000, theirs: int = 3000, what: str = "", ago: timedelta = HOUR) -> Reconciliation:
    differences = [{"code": what, "instruction_id": "", "account": "acct_1", "reference": "tr_1"}] if what else []
    agrees = ours == theirs and not what
    return Reconciliation("stripe", NOW - ago, "watch", agrees, 0, differences, {"b": ours}, {"b": theirs})


def names(facts: Facts) -> list[str]:
    return [each.name for each in payment_alerts(facts, now=NOW)]


@pytest.mark.parametrize(
    ("finals", "fires"),
    [
        ([], False),
        (ended(paid=49, failed=1), False),  # 2 % exactly is not more than 2 %
        (ended(paid=48, failed=1), True),
        (ended(paid=18, failed=1), False),  # 19 final payouts tell nothing
        (ended(paid=19, failed=1), True),
        (ended(failed=2, ago=timedelta(minutes=30)), False),
        (ended(failed=3, ago=timedelta(minutes=59)), True),
        (ended(failed=3, ago=HOUR), False),
        (ended(paid=40) + ended(failed=2, ago=25 * HOUR), False),  # too long ago
        (ended(paid=19) + ended(failed=1, rail="voucher"), False),  # each rail by itself
        (ended(paid=30, failed=1, rail="voucher"), True),
    ],
)
def test_too_many_failures_are_told_and_few_are_not(finals: list[Final], fires: bool) -> None:
    assert names(Facts(finals=finals)) == (["payment_failures"] if fires else [])


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (Facts(reconciled=[kept()]), []),
        (Facts(overdue=[NOW - HOUR]), ["rewards_overdue"]),
        (Facts(reconciled=[kept(theirs=3001)]), ["payout_difference"]),  # one öre
        (Facts(reconciled=[kept(what="partly reversed")]), ["payout_difference"]),
        (Facts(reconciled=[kept(ago=4 * HOUR)]), ["payout_not_reconciled"]),
        (Facts(waiting=[("stripe-2026-11-23", NOW - 24 * HOUR)]), []),
        (Facts(waiting=[("stripe-2026-11-23", NOW - 25 * HOUR)]), ["payout_batch_waits"]),
        (Facts(away_since={"stripe": NOW - timedelta(minutes=29)}), []),
        (Facts(away_since={"stripe": NOW - timedelta(minutes=30)}), ["payout_rail_away"]),
        (Facts(gate_closed={"stripe": (NOW, "2026-11-23 turns: late")}), ["payout_gate_closed"]),
        (Facts(events=Events(waiting_since=NOW - timedelta(minutes=15))), []),
        (Facts(events=Events(waiting_since=NOW - timedelta(minutes=16))), ["payment_events_wait"]),
        (Facts(events=Events(slowest_seconds=899.0)), []),
        (Facts(events=Events(failed=1)), ["payment_events_failed"]),
        (Facts(events=Events(slowest_seconds=1000.0)), ["payment_events_wait"]),
        (Facts(events=Events(live=1)), ["payment_events_live"]),
    ],
)
def test_what_a_person_has_to_know_is_told_after_its_time_and_not_before(facts: Facts, told: list[str]) -> None:
    assert names(facts) == told


def test_an_alert_says_that_no_money_moves_where_none_does() -> None:
    (alert,) = payment_alerts(Facts(finals=ended(failed=3, ago=timedelta(0), rail="stripe_fake")), now=NOW)
    assert "no money moves" in alert.text


def test_an_alert_is_told_when_it_begins_and_when_it_is_over_also_across_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "alerts.ndjson"
    one = Alert("payout_difference", "stripe", "high", "They differ.")
    AlertRecords(path, clock=lambda: NOW).tell([one])
    with path.open("a") as records:
        records.write('{"name": "half')
        records.write("\n")
    again = AlertRecords(path, clock=lambda: NOW + HOUR)
    again.tell([one])
    again.tell([])
    again.tell([])
    lines = [json.loads(line) for line in path.read_text().splitlines() if not line.endswith("half")]
    assert [(each["state"], each["subject"]) for each in lines] == [("firing", "stripe"), ("resolved", "stripe")]


def test_the_watch_writes_the_figures_and_without_a_key_looks_at_the_vouchers_alone(home: Home) -> None:
    PaymentAlerts(home, None, clock=lambda: NOW)()
    folder = home.root / ".run"
    assert not (folder / RECORDS_NAME).exists()
    assert "pilot_payout_batches_waiting 0" in (folder / FIGURES_NAME).read_text()


def test_the_figures_are_in_prometheus_own_format() -> None:
    text = figures(
        Facts(finals=ended(paid=2, failed=1), reconciled=[kept(theirs=2999)], events=Events(failed=2)), now=NOW
    )
    assert "pilot_payment_events_failed 2" in text
    assert 'pilot_payouts_final_24h{rail="stripe",outcome="failed"} 1' in text
    assert 'pilot_payouts_final_24h{rail="stripe",outcome="paid"} 2' in text
    assert 'pilot_payout_difference_ore{rail="stripe"} 1' in text
