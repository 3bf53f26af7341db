"""The alerts of payments: which facts are one, as a function of facts and time alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from operations.watch.alerts.alert_records import Alert
from pilot.money import kronor
from storage.store.payouts.attempts import MONEY_RAILS
from storage.store.payouts.payment_facts import VOUCHER, Events, Final
from storage.store.payouts.provider_events import MOST_TRIES
from storage.store.payouts.reconciliations import Reconciliation

FAILURE_SHARE = 0.02
LEAST_FINALS = 20  # with fewer one failure alone is more than the share
SHARE_OVER = timedelta(hours=24)
FAILURES_IN_A_ROW = 3
COUNT_OVER = timedelta(hours=1)
AWAY_AFTER = timedelta(minutes=30)
APPROVAL_AFTER = timedelta(days=1)
EVENTS_AFTER = timedelta(minutes=15)
RECONCILED_WITHIN = timedelta(hours=3)
RUNBOOK = "docs/rewards.md"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known at a moment.

    Attributes:
        finals: Payouts that ended within the last 24 hours, those of test clients left out.
        reconciled: The latest reconciliation of each rail.
        waiting: Batches that wait for a person, with when they were planned.
        events: How the provider's events come through.
        away_since: By rail, since when the provider does not answer.
        gate_closed: By rail, since when a batch waits for its days to be good, and why.
        overdue: Of each reward that waits for a person too long, until when its guest was promised an answer.
    """

    finals: Collection[Final] = ()
    reconciled: Collection[Reconciliation] = ()
    waiting: Collection[tuple[str, datetime]] = ()
    events: Events = field(default_factory=Events)
    away_since: Mapping[str, datetime] | None = None
    gate_closed: Mapping[str, tuple[datetime, str]] | None = None
    overdue: Collection[datetime] = ()


def payment_alerts(facts: Facts, *, now: datetime) -> list[Alert]:
    """Return what a person has to be told now; the same facts give the same alerts."""
    found = [*_failures(facts.finals, now=now), *_differences(facts.reconciled, now=now)]
    found += [
        Alert(
            "payout_batch_waits",
            batch,
            "medium",
            f"The batch {batch} has waited for approval since {planned_at:%Y-%m-%d %H:%M} UTC. "
            f'Look at it: pilot payout show {batch}; then: pilot payout approve {batch} --reason "...".',
        )
        for batch, planned_at in facts.waiting
        if now - planned_at > APPROVAL_AFTER
    ]
    found += [
        Alert(
            "payout_rail_away",
            rail,
            "medium",
            f"{_named(rail)} has not answered since {since:%H:%M} UTC. Nothing has failed: payouts wait and go on by "
            "themselves.",
        )
        for rail, since in (facts.away_since or {}).items()
        if now - since >= AWAY_AFTER
    ]
    found += [
        Alert(
            "payout_gate_closed",
            rail,
            "high",
            f"The day's batch of {_named(rail)} waits since {since:%H:%M} UTC: {why}. See: pilot quality --help.",
        )
        for rail, (since, why) in (facts.gate_closed or {}).items()
    ]
    return [*found, *_overdue(facts.overdue), *_events(facts.events, now=now)]


def _overdue(late: Collection[datetime]) -> list[Alert]:
    if not late:
        return []
    text = (
        f"{len(late)} held rewards are past the day on which their guests were promised an answer, the oldest since "
        f"{min(late):%Y-%m-%d}. See: pilot payout list; then release or refuse each."
    )
    return [Alert("rewards_overdue", "rewards", "medium", text)]


def _failures(finals: Collection[Final], *, now: datetime) -> list[Alert]:
    by_rail: dict[str, list[Final]] = defaultdict(list)
    for each in finals:
        if now - each.at < SHARE_OVER:
            by_rail[each.rail].append(each)
    found = []
    for rail, ended in sorted(by_rail.items()):
        failed = sum(each.failed for each in ended)
        lately = sum(each.failed for each in ended if now - each.at < COUNT_OVER)
        too_many = len(ended) >= LEAST_FINALS and failed / len(ended) > FAILURE_SHARE
        if too_many or lately >= FAILURES_IN_A_ROW:
            found.append(
                Alert(
                    "payment_failures",
                    rail,
                    "high",
                    f"{failed} of {len(ended)} payouts by {_named(rail)} failed for good in 24 hours, {lately} of them "
                    f"in the last hour. See: pilot payout list --state refused, and {RUNBOOK}.",
                )
            )
    return found


def _differences(reconciled: Collection[Reconciliation], *, now: datetime) -> list[Alert]:
    found = []
    for each in reconciled:
        if not each.agrees:
            found.append(
                Alert(
                    "payout_difference",
                    each.rail,
                    "high",
                    f"Books and provider differ on {_named(each.rail)}: {kronor(each.off_ore)} apart, "
                    f"{len(each.differences)} transfers to explain. Run: pilot payout reconcile.",
                )
            )
        if now - each.at > RECONCILED_WITHIN:
            found.append(
                Alert(
                    "payout_not_reconciled",
                    each.rail,
                    "medium",
                    f"{_named(each.rail)} was last reconciled {each.at:%Y-%m-%d %H:%M} UTC; it should be every hour.",
                )
            )
    return found


def _events(events: Events, *, now: datetime) -> list[Alert]:
    found = []
    if events.live:
        found.append(
            Alert(
                "payment_events_live",
                "webhook",
                "high",
                f"{events.live} live events of Stripe came here within an hour, and this installation is not live: "
                "they were refused. Is the live endpoint's address right, or PILOT_STRIPE_KEY still the test one? "
                "See docs/stripe.md.",
            )
        )
    if events.waiting_since is not None and now - events.waiting_since > EVENTS_AFTER:
        since = f"{events.waiting_since:%H:%M}"
        found.append(
            Alert("payment_events_wait", "waiting", "medium", f"An event of the provider waits since {since} UTC.")
        )
    if events.failed:
        found.append(
            Alert(
                "payment_events_failed",
                "events",
                "medium",
                f"Events of the provider that could not be looked at, after {MOST_TRIES} tries each: {events.failed}. "
                "See: pilot provider-events status; once their cause is mended: pilot provider-events replay --failed.",
            )
        )
    if events.slowest_seconds is not None and events.slowest_seconds > EVENTS_AFTER.total_seconds():
        minutes = round(events.slowest_seconds / 60)
        found.append(
            Alert(
                "payment_events_wait",
                "webhook",
                "medium",
                f"A webhook of the last hour was under way for {minutes} min; see the endpoint's deliveries at Stripe.",
            )
        )
    return found


def _named(rail: str) -> str:
    if rail in MONEY_RAILS or rail == VOUCHER:
        return rail
    return f"{rail} (FAKE or test mode: no money moves)"
