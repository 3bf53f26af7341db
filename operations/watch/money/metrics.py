"""Prometheus metrics of payments, for a collector of text files (node_exporter's `textfile`)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge

from operations.watch.money.payment_alerts import COUNT_OVER, PaymentFacts


def payment_metrics(facts: PaymentFacts, *, now: datetime) -> CollectorRegistry:
    """Return a registry with the metrics of the facts."""
    registry = CollectorRegistry()

    def gauge(name: str, documentation: str, *labels: str) -> Gauge:
        return Gauge(name, documentation, labels, registry=registry)

    final = gauge("pilot_payouts_final_24h", "Payouts that ended within 24 hours.", "rail", "outcome")
    outcomes = Counter((each.rail, "failed" if each.failed else "paid") for each in facts.finals)
    for (rail, outcome), count in outcomes.items():
        final.labels(rail, outcome).set(count)
    lately = gauge("pilot_payouts_failed_1h", "Payouts that failed for good within an hour.", "rail")
    for rail in {each.rail for each in facts.finals}:
        lately.labels(rail).set(
            sum(each.failed for each in facts.finals if each.rail == rail and now - each.at < COUNT_OVER)
        )
    difference = gauge("pilot_payout_difference_ore", "Books minus provider at the last reconciliation.", "rail")
    unexplained = gauge(
        "pilot_payout_unexplained_transfers", "Unexplained transfers at the last reconciliation.", "rail"
    )
    for each in facts.reconciled:
        difference.labels(each.rail).set(each.difference_ore)
        unexplained.labels(each.rail).set(len(each.differences))
    waiting_since = facts.events.waiting_since
    oldest = gauge("pilot_payment_events_oldest_waiting_seconds", "Age of the oldest waiting provider event.")
    oldest.set(0 if waiting_since is None else (now - waiting_since).total_seconds())
    gauge("pilot_payment_events_failed", "Provider events given up after all tries.").set(facts.events.failed)
    slowest = gauge("pilot_payment_webhook_slowest_seconds", "Longest delivery of a webhook within the last hour.")
    slowest.set(facts.events.slowest_seconds or 0)
    gauge("pilot_payout_batches_waiting", "Batches that wait for approval.").set(len(facts.waiting))
    away = gauge("pilot_payout_rail_away", "1 while the provider of the rail does not answer.", "rail")
    for rail in facts.away_since:
        away.labels(rail).set(1)
    return registry
