"""Each payment alert at its threshold, and the metrics file."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from operations.watch.alerts.alert_records import Alert, AlertRecords
from operations.watch.money.metrics import payment_metrics
from operations.watch.money.money_gate import GateBlock
from operations.watch.money.payment_alerts import PaymentFacts, payment_alerts
from operations.watch.money.payments import METRICS_NAME, RECORDS_NAME, PaymentAlerts
from storage.home import Home
from storage.store.payouts.payment_facts import Events, FinalOutcome
from storage.store.payouts.reconciliations import Reconciliation

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FAILED = GateBlock("expectation_failed", date(2026, 11, 23), "turns", "turns are not late")


def ended(paid: int = 0, failed: int = 0, *, ago: timedelta = 2 * HOUR, rail: str = "stripe") -> list[FinalOutcome]:
    return [FinalOutcome(rail, False, NOW - ago, number < failed) for number in range(paid + failed)]


def kept(*, ours: int = 3000, theirs: int = 3000, what: str = "", ago: timedelta = HOUR) -> Reconciliation:
    differences = [{"code": what, "instruction_id": "", "account": "acct_1", "reference": "tr_1"}] if what else []
    agrees = ours == theirs and not what
    return Reconciliation("stripe", NOW - ago, "watch", agrees, 0, differences, {"b": ours}, {"b": theirs})


def names(facts: PaymentFacts) -> list[str]:
    return [each.name for each in payment_alerts(facts, now=NOW)]


@pytest.mark.parametrize(
    ("finals", "fires"),
    [
        ([], False),
        (ended(paid=49, failed=1), False),  # 2 % exactly is not more than 2 %
        (ended(paid=48, failed=1), True),
        (ended(paid=18, failed=1), False),  # 19 final payouts are too few
        (ended(paid=19, failed=1), True),
        (ended(failed=2, ago=timedelta(minutes=30)), False),
        (ended(failed=3, ago=timedelta(minutes=59)), True),
        (ended(failed=3, ago=HOUR), False),
        (ended(paid=40) + ended(failed=2, ago=25 * HOUR), False),  # too long ago
        (ended(paid=19) + ended(failed=1, rail="voucher"), False),  # each rail by itself
        (ended(paid=30, failed=1, rail="voucher"), True),
    ],
)
def test_too_many_failures_raise_an_alert_and_few_do_not(finals: list[FinalOutcome], fires: bool) -> None:
    assert names(PaymentFacts(finals=finals)) == (["payment_failures"] if fires else [])


@pytest.mark.parametrize(
    ("facts", "alerts"),
    [
        (PaymentFacts(reconciled=[kept()]), []),
        (PaymentFacts(overdue=[NOW - HOUR]), ["rewards_overdue"]),
        (PaymentFacts(reconciled=[kept(theirs=3001)]), ["payout_difference"]),  # one öre
        (PaymentFacts(reconciled=[kept(what="partly reversed")]), ["payout_difference"]),
        (PaymentFacts(reconciled=[kept(ago=4 * HOUR)]), ["payout_not_reconciled"]),
        (PaymentFacts(waiting=[("stripe-2026-11-23", NOW - 24 * HOUR)]), []),
        (PaymentFacts(waiting=[("stripe-2026-11-23", NOW - 25 * HOUR)]), ["payout_batch_waits"]),
        (PaymentFacts(away_since={"stripe": NOW - timedelta(minutes=29)}), []),
        (PaymentFacts(away_since={"stripe": NOW - timedelta(minutes=30)}), ["payout_rail_away"]),
        (PaymentFacts(gate_closed={"stripe": (NOW, (FAILED,))}), ["payout_gate_closed"]),
        (PaymentFacts(events=Events(waiting_since=NOW - timedelta(minutes=15))), []),
        (PaymentFacts(events=Events(waiting_since=NOW - timedelta(minutes=16))), ["payment_events_wait"]),
        (PaymentFacts(events=Events(slowest_seconds=899.0)), []),
        (PaymentFacts(events=Events(failed=1)), ["payment_events_failed"]),
        (PaymentFacts(events=Events(slowest_seconds=1000.0)), ["payment_events_wait"]),
        (PaymentFacts(events=Events(live=1)), ["payment_events_live"]),
    ],
)
def test_an_alert_fires_past_its_threshold_and_not_before(facts: PaymentFacts, alerts: list[str]) -> None:
    assert names(facts) == alerts


def test_an_alert_of_a_fake_rail_says_that_no_money_moves() -> None:
    (alert,) = payment_alerts(PaymentFacts(finals=ended(failed=3, ago=timedelta(0), rail="stripe_fake")), now=NOW)
    assert "no money moves" in alert.text


def test_an_alert_is_reported_at_its_start_and_end_also_across_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "alerts.ndjson"
    one = Alert("payout_difference", "stripe", "high", "They differ.")
    AlertRecords(path, clock=lambda: NOW).report([one])
    with path.open("a") as records:
        records.write('{"name": "half')
        records.write("\n")
    again = AlertRecords(path, clock=lambda: NOW + HOUR)
    again.report([one])
    again.report([])
    again.report([])
    lines = [json.loads(line) for line in path.read_text().splitlines() if not line.endswith("half")]
    assert [(each["state"], each["subject"]) for each in lines] == [("firing", "stripe"), ("resolved", "stripe")]


def test_without_a_key_the_watch_writes_metrics_and_no_alert(home: Home) -> None:
    PaymentAlerts(home, None, clock=lambda: NOW)()
    folder = home.root / ".run"
    assert not (folder / RECORDS_NAME).exists()
    assert "pilot_payout_batches_waiting 0" in (folder / METRICS_NAME).read_text()
    assert [path.name for path in folder.glob("payments.prom*")] == [METRICS_NAME]


def samples(registry: CollectorRegistry) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {(each.name, tuple(sorted(each.labels.items()))): each.value for one in families for each in one.samples}


def test_the_metrics_have_their_names_labels_and_values() -> None:
    stripe = ("rail", "stripe")
    facts = PaymentFacts(
        finals=ended(paid=2, failed=1),
        reconciled=[kept(theirs=2999, what="partly reversed")],
        waiting=[("stripe-2026-11-23", NOW)],
        events=Events(waiting_since=NOW - timedelta(seconds=90), failed=2, slowest_seconds=1.5),
        away_since={"stripe": NOW},
    )
    assert samples(payment_metrics(facts, now=NOW)) == {
        ("pilot_payouts_final_24h", (("outcome", "failed"), stripe)): 1,
        ("pilot_payouts_final_24h", (("outcome", "paid"), stripe)): 2,
        ("pilot_payouts_failed_1h", (stripe,)): 0,
        ("pilot_payout_difference_ore", (stripe,)): 1,
        ("pilot_payout_unexplained_transfers", (stripe,)): 1,
        ("pilot_payment_events_oldest_waiting_seconds", ()): 90,
        ("pilot_payment_events_failed", ()): 2,
        ("pilot_payment_webhook_slowest_seconds", ()): 1.5,
        ("pilot_payout_batches_waiting", ()): 1,
        ("pilot_payout_rail_away", (stripe,)): 1,
    }


def test_metrics_without_facts_are_zero_or_absent() -> None:
    assert samples(payment_metrics(PaymentFacts(), now=NOW)) == {
        ("pilot_payment_events_oldest_waiting_seconds", ()): 0,
        ("pilot_payment_events_failed", ()): 0,
        ("pilot_payment_webhook_slowest_seconds", ()): 0,
        ("pilot_payout_batches_waiting", ()): 0,
    }


def test_the_alert_of_a_closed_gate_names_what_blocks_the_batch() -> None:
    blocks = (FAILED, GateBlock("not_validated", date(2026, 11, 24)))
    (alert,) = payment_alerts(PaymentFacts(gate_closed={"stripe": (NOW, blocks)}), now=NOW)
    assert "2026-11-23 turns: turns are not late; 2026-11-24 was not judged" in alert.text
