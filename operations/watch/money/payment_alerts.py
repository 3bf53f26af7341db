"""Payment alerts as a pure function of facts and time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from operations.watch.alerts.alert_records import Alert
from operations.watch.money.money_gate import GateBlock
from pilot.expectation_words import expectation_sentence
from pilot.money import kronor
from storage.store.payouts.attempts import MONEY_RAILS
from storage.store.payouts.payment_facts import VOUCHER, Events, FinalOutcome
from storage.store.payouts.provider_events import MOST_TRIES
from storage.store.payouts.reconciliations import Reconciliation

FAILURE_SHARE = 0.02
LEAST_FINALS = 20  # Below this, one failure exceeds the share.
SHARE_OVER = timedelta(hours=24)
FAILURES_IN_A_ROW = 3
COUNT_OVER = timedelta(hours=1)
AWAY_AFTER = timedelta(minutes=30)
APPROVAL_AFTER = timedelta(days=1)
EVENTS_AFTER = timedelta(minutes=15)
RECONCILED_WITHIN = timedelta(hours=3)
RUNBOOK = "docs/rewards.md"
BLOCKS_SHOWN = 3  # Failed expectations named in one alert.


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """The state of payments at one moment.

    Attributes:
        finals: Payouts that ended within the last 24 hours, without test clients.
        reconciled: The latest reconciliation of each rail.
        waiting: Batches that wait for approval, each with its planning time.
        events: Delivery of the provider's events.
        away_since: By rail, start of the provider's current outage.
        gate_closed: By rail, when the gate closed for some days and what blocks them.
        overdue: Deadlines of held rewards whose promised review time has passed.
    """

    finals: Collection[FinalOutcome] = ()
    reconciled: Collection[Reconciliation] = ()
    waiting: Collection[tuple[str, datetime]] = ()
    events: Events = field(default_factory=Events)
    away_since: Mapping[str, datetime] = field(default_factory=dict)
    gate_closed: Mapping[str, tuple[datetime, tuple[GateBlock, ...]]] = field(default_factory=dict)
    overdue: Collection[datetime] = ()


def payment_alerts(facts: PaymentFacts, *, now: datetime) -> list[Alert]:
    """Return the alerts that fire now; the same facts give the same alerts."""
    found = [*_failures(facts.finals, now=now), *_differences(facts.reconciled, now=now)]
    found += [
        Alert(
            "payout_batch_waits",
            batch,
            "medium",
            f"The batch {batch} has waited for approval since {planned_at:%Y-%m-%d %H:%M} UTC. "
            f'Review it: pilot payout show {batch}; then: pilot payout approve {batch} --reason "...".',
        )
        for batch, planned_at in facts.waiting
        if now - planned_at > APPROVAL_AFTER
    ]
    found += [
        Alert(
            "payout_rail_away",
            rail,
            "medium",
            f"{_rail_name(rail)} has not answered since {since:%H:%M} UTC. Nothing has failed: payouts wait and "
            "continue by themselves.",
        )
        for rail, since in facts.away_since.items()
        if now - since >= AWAY_AFTER
    ]
    found += [
        Alert(
            "payout_gate_closed",
            rail,
            "high",
            f"{_rail_name(rail)} has held these days back since {since:%H:%M} UTC: {_in_words(blocks)}. Other "
            "days are paid. See: pilot quality --help.",
        )
        for rail, (since, blocks) in facts.gate_closed.items()
    ]
    return [*found, *_overdue(facts.overdue), *_events(facts.events, now=now)]


def _in_words(blocks: Sequence[GateBlock]) -> str:
    failed = [
        f"{each.day} {each.table}: {expectation_sentence(each.expectation)}"
        for each in blocks
        if each.code == "expectation_failed"
    ]
    unvalidated = [
        f"{each.day} was not judged since its rewards were decided" for each in blocks if each.code == "not_validated"
    ]
    return "; ".join([*failed[:BLOCKS_SHOWN], *unvalidated])


def _overdue(late: Collection[datetime]) -> list[Alert]:
    if not late:
        return []
    text = (
        f"{len(late)} held rewards are past the day on which their guests were promised an answer, the oldest since "
        f"{min(late):%Y-%m-%d}. See: pilot payout list; then release or refuse each."
    )
    return [Alert("rewards_overdue", "rewards", "medium", text)]


def _failures(finals: Collection[FinalOutcome], *, now: datetime) -> list[Alert]:
    by_rail: dict[str, list[FinalOutcome]] = defaultdict(list)
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
                    f"{failed} of {len(ended)} payouts by {_rail_name(rail)} failed for good in 24 hours, "
                    f"{lately} of them in the last hour. See: pilot payout list --state refused, and {RUNBOOK}.",
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
                    f"Books and provider differ on {_rail_name(each.rail)}: {kronor(each.difference_ore)} apart, "
                    f"{len(each.differences)} transfers to explain. Run: pilot payout reconcile.",
                )
            )
        if now - each.at > RECONCILED_WITHIN:
            found.append(
                Alert(
                    "payout_not_reconciled",
                    each.rail,
                    "medium",
                    f"{_rail_name(each.rail)} was last reconciled {each.at:%Y-%m-%d %H:%M} UTC; "
                    "it should be every hour.",
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
                f"Refused {events.live} live events of Stripe within an hour: this installation is not live. "
                "Is the live endpoint's address right, or is PILOT_STRIPE_KEY still the test key? "
                "See docs/stripe.md.",
            )
        )
    if events.waiting_since is not None and now - events.waiting_since > EVENTS_AFTER:
        since = f"{events.waiting_since:%H:%M}"
        found.append(
            Alert("payment_events_wait", "waiting", "medium", f"An event of the provider has waited since {since} UTC.")
        )
    if events.failed:
        found.append(
            Alert(
                "payment_events_failed",
                "events",
                "medium",
                f"Events of the provider that could not be processed after {MOST_TRIES} tries each: {events.failed}. "
                "See: pilot provider-events status; once the cause is fixed: pilot provider-events replay --failed.",
            )
        )
    if events.slowest_seconds is not None and events.slowest_seconds > EVENTS_AFTER.total_seconds():
        minutes = round(events.slowest_seconds / 60)
        found.append(
            Alert(
                "payment_events_wait",
                "webhook",
                "medium",
                f"A webhook of the last hour took {minutes} min to arrive; see the endpoint's deliveries at Stripe.",
            )
        )
    return found


def _rail_name(rail: str) -> str:
    if rail in MONEY_RAILS or rail == VOUCHER:
        return rail
    return f"{rail} (FAKE or test mode: no money moves)"
