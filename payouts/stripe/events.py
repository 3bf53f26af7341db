"""Processes Stripe's events: an event is a hint, so its object is fetched in its current state.

The order, number and delay of events therefore do not matter.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import stripe
import structlog

from payouts.reconciling import book_transfer
from payouts.stripe.calling import ProviderAway, ProviderRefuses, call_stripe
from payouts.stripe.rail import GONE, PAGE, StripeRail
from payouts.stripe.recipients import refresh_bank_payout, refresh_status
from storage.store.engine import Store
from storage.store.payouts import onboardings, provider_events, recipient_statuses
from storage.store.payouts.claims import Recipient
from storage.store.payouts.payout_codes import DifferenceCode, EventCode
from storage.store.payouts.provider_events import ProviderEvent

ACTOR = "stripe"
LISTED_BACK = timedelta(days=30)  # Stripe lists no older events.
OVERLAP = timedelta(hours=1)  # Events appear in the list with a delay and not in order.
# A recipient with a waiting reward is polled, at growing intervals.
POLL_AFTER, POLL_AT_LEAST = timedelta(minutes=10), timedelta(days=1)
POLL_SHARE = 10  # The interval is a tenth of the time waited.
MOST_AWAY = 2  # A pass ends after this many unanswered calls.
ABOUT_THE_ACCOUNT = frozenset({"account", "capability"})
OF_OURS = ["transfer.created", "transfer.updated", "transfer.reversed", "balance.available"]
# Stripe lists them only at each account, never among our own events.
OF_RECIPIENTS = [
    "account.updated", "account.external_account.created", "account.external_account.updated",
    "account.external_account.deleted", "capability.updated",
    "payout.created", "payout.updated", "payout.paid", "payout.failed", "payout.canceled",
]  # fmt: skip

_log = structlog.get_logger("payouts.stripe")


@dataclass(frozen=True, slots=True)
class EventDifference:
    """An event's transfer that the books cannot explain."""

    transfer: str
    code: DifferenceCode


@dataclass(frozen=True, slots=True)
class ProcessingResult:
    """The result of processing the waiting events.

    Attributes:
        processed: Number of processed events.
        deferred: Number of deferred events, which are retried later.
        differences: The differences that a person has to explain.
    """

    processed: int
    deferred: int
    differences: tuple[EventDifference, ...]


@dataclass(frozen=True, slots=True)
class _Result:
    """The result of one event: its code, and the difference for a person, if any."""

    code: str
    difference: DifferenceCode | None = None


def _unchanged(code: EventCode) -> _Result:
    return _Result(code)


def process(store: Store, rail: StripeRail, *, limit: int = 200) -> ProcessingResult:
    """Process the waiting events; those that fail are retried later.

    Args:
        store: The store.
        rail: The rail of the events.
        limit: The most events to process.
    """
    done = deferred = away = 0
    differences: dict[EventDifference, None] = {}
    results: dict[tuple[str, str, str], _Result] = {}
    for event in provider_events.waiting(store, rail=rail.name, limit=limit):
        # Several events about one object: it is fetched once, after all of them arrived.
        subject = _subject(event)
        try:
            result = results[subject] if subject in results else _handle(store, rail, event)
        except ProviderAway:
            provider_events.defer(store, event.id, code="provider_away", provider_away=True)
            deferred, away = deferred + 1, away + 1
            if away == MOST_AWAY:
                break
            continue
        except ProviderRefuses as refusal:
            provider_events.defer(store, event.id, code=refusal.code or "provider_refused")
            deferred += 1
            continue
        results[subject] = result
        if result.difference:
            differences[EventDifference(event.object_id, result.difference)] = None
        provider_events.finish(store, event.id, code=result.code)
        done += 1
    return ProcessingResult(done, deferred, tuple(differences))


def catch_up(store: Store, rail: StripeRail, *, since: datetime | None = None, recipients: bool = True) -> int:
    """Fetch undelivered events, and poll the recipients with a waiting reward.

    A refusal about one recipient does not stop the others.

    Args:
        store: The store.
        rail: The rail.
        since: The last catch-up; None for all that Stripe lists, thirty days. Undelivered events are always listed
            that far back.
        recipients: Whether to list the events of each recipient's account too, one call each.

    Returns:
        The number of new events.

    Raises:
        ProviderAway: Stripe left at least one call unanswered; the others were made.
        ProviderRefuses: Stripe refuses our own account.
    """
    oldest = store.now() - LISTED_BACK
    start = oldest if since is None else max(oldest, since - OVERLAP)
    new = len(provider_events.save(store, list(list_events(rail, since=start)), way="listed"))
    new += len(provider_events.save(store, list(list_events(rail, since=oldest, undelivered=True)), way="listed"))
    outages = _Outages()
    for recipient_id, requested_at in onboardings.requested_at(store).items():
        who = recipient_statuses.recipient(store, recipient_id)
        if who is not None and who.rail == rail.name:
            with outages.collected():
                _poll(store, rail, who, requested_at=requested_at)
    for who in recipient_statuses.unsettled(store, rail=rail.name, listed_for=LISTED_BACK) if recipients else ():
        with outages.collected():
            new += len(provider_events.save(store, _events_at_account(store, rail, who, since=start), way="listed"))
    outages.raise_first()
    return new


class _Outages:
    """Collects unanswered calls about single recipients; too many of them end the pass."""

    def __init__(self) -> None:
        self.errors: list[ProviderAway] = []

    @contextlib.contextmanager
    def collected(self) -> Iterator[None]:
        """Collect an outage of one recipient's call."""
        try:
            yield
        except ProviderAway as error:
            self.errors.append(error)
            if len(self.errors) == MOST_AWAY:
                raise
        except ProviderRefuses as refusal:
            _log.warning("Stripe refuses a call about a recipient", code=refusal.code)

    def raise_first(self) -> None:
        """Raise the first outage, so that the caller lists the same period again."""
        if self.errors:
            raise self.errors[0]


def _poll(store: Store, rail: StripeRail, who: Recipient, *, requested_at: datetime) -> None:
    """Refresh the status of a recipient with a waiting reward, if it is due."""
    known, now = recipient_statuses.find(store, who.id), store.now()
    wait = min(max(POLL_AFTER, (now - requested_at) / POLL_SHARE), POLL_AT_LEAST)
    if known is None or now - known.checked_at >= wait:
        refresh_status(store, rail, who)
    else:
        recipient_statuses.claim_ready(store, who.id)  # In case of a crash between the saved status and the claim.


def _events_at_account(store: Store, rail: StripeRail, who: Recipient, *, since: datetime) -> list[ProviderEvent]:
    """Return the events of a recipient's account."""
    try:
        return list(list_events(rail, since=since, account=who.account))
    except ProviderRefuses:
        refresh_status(store, rail, who)  # Its holder may have disconnected it; no listed event reports that.
        return []


def list_events(
    rail: StripeRail, *, since: datetime, account: str = "", undelivered: bool = False
) -> Iterator[ProviderEvent]:
    """Yield the events since a moment, newest first.

    Args:
        rail: The rail.
        since: The moment.
        account: A recipient's account; empty for our own.
        undelivered: Whether to list only events that no webhook accepted.

    Raises:
        ProviderAway: Stripe does not answer.
        ProviderRefuses: Stripe refuses.
    """
    query: stripe.params.EventListParams = {
        "created": {"gte": int(since.timestamp())},
        "types": OF_RECIPIENTS if account else OF_OURS,
        "limit": PAGE,
    }
    if undelivered:
        query["delivery_success"] = False
    options: stripe.RequestOptions = {"stripe_account": account} if account else {}
    while True:
        page = call_stripe(rail.limiter, partial(rail.client.v1.events.list, query, options))
        for each in page.data:
            yield _parse(each.to_dict(), rail=rail.name)
        if not page.has_more:
            return
        query = {**query, "starting_after": page.data[-1].id}


def _parse(event: dict[str, Any], *, rail: str) -> ProviderEvent:
    return ProviderEvent(
        id=event["id"],
        rail=rail,
        kind=event["type"],
        object_id=event["data"]["object"].get("id") or "",
        account=event.get("account") or "",
        made_at=datetime.fromtimestamp(event["created"], tz=UTC),
    )


def _subject(event: ProviderEvent) -> tuple[str, str, str]:
    """Return the object of an event; all events about a recipient's account share one."""
    object_type = event.kind.partition(".")[0]
    if object_type in ABOUT_THE_ACCOUNT:
        return "account", event.account, ""
    return object_type, event.account, event.object_id


def _handle(store: Store, rail: StripeRail, event: ProviderEvent) -> _Result:
    """Fetch the object of an event and update the store."""
    object_type = event.kind.partition(".")[0]
    if object_type == "transfer":
        found, difference = book_transfer(store, rail.find(event.object_id), rail=rail.name, actor=ACTOR)
        return _Result(found, difference)
    if object_type not in ABOUT_THE_ACCOUNT and object_type != "payout":
        return _unchanged("ignored")
    who = recipient_statuses.by_account(store, rail=rail.name, account=event.account)
    if who is None:
        return _unchanged("unknown_account")
    if object_type != "payout":
        return _Result(refresh_status(store, rail, who).transfers)
    try:
        payout = refresh_bank_payout(store, rail, who, event.object_id)
    except ProviderRefuses as refusal:
        if refusal.code not in GONE:
            raise
        refresh_status(store, rail, who)
        return _unchanged("bank_payout_gone")
    if payout.state == "failed":
        # The money is on the recipient's balance at Stripe, not on ours: nothing is sent again.
        _log.warning("a bank payout failed", code=payout.failure_code)
    return _Result(payout.state)
