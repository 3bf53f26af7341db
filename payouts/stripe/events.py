"""Looks at what Stripe's events are about: an event is a hint, the thing itself is fetched as it is now.

So their order, number and delay make no difference: whatever comes last fetches what is true then.
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

from payouts.reconciling import take_up
from payouts.stripe.calling import ProviderAway, ProviderRefuses, called
from payouts.stripe.rail import PAGE, StripeRail
from payouts.stripe.recipients import GONE, refresh_bank_payout, refresh_status
from storage.store.engine import Store
from storage.store.payouts import onboardings, provider_events
from storage.store.payouts import recipient_statuses as standings
from storage.store.payouts.claims import Recipient
from storage.store.payouts.payout_codes import DifferenceCode, EventCode
from storage.store.payouts.provider_events import ProviderEvent

ACTOR = "stripe"
LISTED_BACK = timedelta(days=30)  # Stripe lists no older events.
OVERLAP = timedelta(hours=1)  # Events are made a little before they can be listed, and not in order.
# A recipient whom a reward waits for is asked about as often, and less often the longer ago it was asked for.
POLL_AFTER, POLL_AT_LEAST = timedelta(minutes=10), timedelta(days=1)
POLL_SHARE = 10  # Again after a tenth of the time that has passed.
MOST_AWAY = 2  # So many questions without an answer in one look: the others would have none either.
ABOUT_THE_ACCOUNT = frozenset({"account", "capability"})
OF_OURS = ["transfer.created", "transfer.updated", "transfer.reversed", "balance.available"]
# Stripe lists them at each account alone, never among our own.
OF_RECIPIENTS = [
    "account.updated", "account.external_account.created", "account.external_account.updated",
    "account.external_account.deleted", "capability.updated",
    "payout.created", "payout.updated", "payout.paid", "payout.failed", "payout.canceled",
]  # fmt: skip

_log = structlog.get_logger("payouts.stripe")


@dataclass(frozen=True, slots=True)
class EventDifference:
    """A transfer of an event that the books cannot explain."""

    transfer: str
    code: DifferenceCode


@dataclass(frozen=True, slots=True)
class Processed:
    """The result of processing the waiting events.

    Attributes:
        done: How many were processed.
        put_off: How many could not be; they are tried again.
        differences: What a person has to explain.
    """

    done: int
    put_off: int
    differences: tuple[EventDifference, ...]


@dataclass(frozen=True, slots=True)
class _Result:
    """The result of one event: its code, and the difference for a person, if any."""

    code: str
    difference: DifferenceCode | None = None


def _unchanged(code: EventCode) -> _Result:
    return _Result(code)


def process(store: Store, rail: StripeRail, *, limit: int = 200) -> Processed:
    """Look at the events that wait; each is looked at again until it could be.

    Args:
        store: The store.
        rail: The rail that they are of.
        limit: How many at most.
    """
    done = put_off = away = 0
    differences: dict[EventDifference, None] = {}
    results: dict[tuple[str, str, str], _Result] = {}
    for event in provider_events.waiting(store, rail=rail.name, limit=limit):
        # Several events about one thing, or two for one fact: it is fetched once, after all of them had come.
        thing = _thing(event)
        try:
            result = results[thing] if thing in results else _look(store, rail, event)
        except ProviderAway:
            provider_events.put_off(store, event.id, code="provider_away", away=True)
            put_off, away = put_off + 1, away + 1
            if away == MOST_AWAY:
                break
            continue
        except ProviderRefuses as refusal:
            provider_events.put_off(store, event.id, code=refusal.code or "provider_refused")
            put_off += 1
            continue
        results[thing] = result
        if result.difference:
            differences[EventDifference(event.object_id, result.difference)] = None
        provider_events.finish(store, event.id, code=result.code)
        done += 1
    return Processed(done, put_off, tuple(differences))


def catch_up(store: Store, rail: StripeRail, *, since: datetime | None = None, recipients: bool = True) -> int:
    """Fetch what no webhook told: events, and how recipients stand whom a reward waits for.

    Args:
        store: The store.
        rail: The rail.
        since: When this was done last; None lists what Stripe still has, thirty days. What it could not deliver is
            listed from that far back each time.
        recipients: Whether to ask for the events of each recipient's account too, one call each.

    Returns:
        How many events were new.

    What Stripe refuses to say of one recipient keeps it from telling of none other.

    Raises:
        ProviderAway: Stripe does not answer, to one question at least; the others were asked.
        ProviderRefuses: it refuses us.
    """
    oldest = store.now() - LISTED_BACK
    start = oldest if since is None else max(oldest, since - OVERLAP)
    new = len(provider_events.keep(store, list(listed(rail, since=start)), way="listed"))
    new += len(provider_events.keep(store, list(listed(rail, since=oldest, undelivered=True)), way="listed"))
    away = _Away()
    for recipient_id, asked_at in onboardings.asked(store).items():
        who = standings.recipient(store, recipient_id)
        if who is not None and who.rail == rail.name:
            with away.noted():
                _poll(store, rail, who, asked_at=asked_at)
    for who in standings.unsettled(store, rail=rail.name, told_for=LISTED_BACK) if recipients else ():
        with away.noted():
            new += len(provider_events.keep(store, _told_at(store, rail, who, since=start), way="listed"))
    away.tell()
    return new


class _Away:
    """Notes which questions about single recipients had no answer; after a few the rest is not asked."""

    def __init__(self) -> None:
        self.errors: list[ProviderAway] = []

    @contextlib.contextmanager
    def noted(self) -> Iterator[None]:
        """Ask about one recipient."""
        try:
            yield
        except ProviderAway as error:
            self.errors.append(error)
            if len(self.errors) == MOST_AWAY:
                raise
        except ProviderRefuses as refusal:
            _log.warning("Stripe refuses to tell of a recipient", code=refusal.code)

    def tell(self) -> None:
        """Raise what was noted, so that the same time is asked about again."""
        if self.errors:
            raise self.errors[0]


def _poll(store: Store, rail: StripeRail, who: Recipient, *, asked_at: datetime) -> None:
    """Ask how a recipient stands whom a reward waits for, where it is time."""
    known, now = standings.find(store, who.id), store.now()
    wait = min(max(POLL_AFTER, (now - asked_at) / POLL_SHARE), POLL_AT_LEAST)
    if known is None or now - known.checked_at >= wait:
        refresh_status(store, rail, who)
    else:
        standings.claim_ready(store, who.id)  # A crash came between its standing and its claim.


def _told_at(store: Store, rail: StripeRail, who: Recipient, *, since: datetime) -> list[ProviderEvent]:
    """Return what Stripe tells at a recipient's account."""
    try:
        return list(listed(rail, since=since, account=who.account))
    except ProviderRefuses:
        refresh_status(store, rail, who)  # It may have been taken away from us; that nobody lists.
        return []


def listed(
    rail: StripeRail, *, since: datetime, account: str = "", undelivered: bool = False
) -> Iterator[ProviderEvent]:
    """Yield the events since a moment, the newest first.

    Args:
        rail: The rail.
        since: The moment.
        account: A recipient's account; empty: our own.
        undelivered: Only those that Stripe could not deliver to a webhook.

    Raises:
        ProviderAway: Stripe does not answer.
        ProviderRefuses: it refuses.
    """
    asked: stripe.params.EventListParams = {
        "created": {"gte": int(since.timestamp())},
        "types": OF_RECIPIENTS if account else OF_OURS,
        "limit": PAGE,
    }
    if undelivered:
        asked["delivery_success"] = False
    options: stripe.RequestOptions = {"stripe_account": account} if account else {}
    while True:
        page = called(rail.limiter, partial(rail.client.v1.events.list, asked, options))
        for each in page.data:
            yield _named(each.to_dict(), rail=rail.name)
        if not page.has_more:
            return
        asked = {**asked, "starting_after": page.data[-1].id}


def _named(event: dict[str, Any], *, rail: str) -> ProviderEvent:
    return ProviderEvent(
        id=event["id"],
        rail=rail,
        kind=event["type"],
        object_id=event["data"]["object"].get("id") or "",
        account=event.get("account") or "",
        made_at=datetime.fromtimestamp(event["created"], tz=UTC),
    )


def _thing(event: ProviderEvent) -> tuple[str, str, str]:
    """Return what an event is about: all that is told of a recipient's account is one thing."""
    noun = event.kind.partition(".")[0]
    if noun in ABOUT_THE_ACCOUNT:
        return "account", event.account, ""
    return noun, event.account, event.object_id


def _look(store: Store, rail: StripeRail, event: ProviderEvent) -> _Result:
    """Look at what one event is about."""
    noun = event.kind.partition(".")[0]
    if noun == "transfer":
        found, difference = take_up(store, rail.find(event.object_id), rail=rail.name, actor=ACTOR)
        return _Result(found, difference)
    if noun not in ABOUT_THE_ACCOUNT and noun != "payout":
        return _unchanged("ignored")
    who = standings.by_account(store, rail=rail.name, account=event.account)
    if who is None:
        return _unchanged("unknown_account")
    if noun != "payout":
        return _Result(refresh_status(store, rail, who).transfers)
    try:
        payout = refresh_bank_payout(store, rail, who, event.object_id)
    except ProviderRefuses as refusal:
        if refusal.code not in GONE:
            raise
        refresh_status(store, rail, who)
        return _unchanged("bank_payout_gone")
    if payout.state == "failed":
        # The money is on the recipient's balance at Stripe, never back with us: nothing is sent again.
        _log.warning("a bank payout failed", code=payout.failure_code)
    return _Result(payout.state)
