"""Looks at what Stripe's events are about: an event is a hint, the thing itself is fetched as it is now.

So their order, number and delay make no difference: whatever comes last fetches what is true then.
"""

from __future__ import annotations

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
from payouts.stripe.recipients import refresh_bank_payout, refresh_standing
from storage.store import onboardings, provider_events, standings
from storage.store.engine import Store
from storage.store.provider_events import ProviderEvent
from storage.store.standings import Standing

ACTOR = "stripe"
LISTED_BACK = timedelta(days=30)  # Stripe lists no older events.
OVERLAP = timedelta(hours=1)  # Events are made a little before they can be listed, and not in order.
TYPES = [
    "transfer.created", "transfer.updated", "transfer.reversed", "balance.available",
]  # fmt: skip

_log = structlog.get_logger("payouts.stripe")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at the waiting events came to.

    Attributes:
        done: How many were looked at.
        put_off: How many could not be; they are looked at again.
        differences: What the books do not agree with, for a person.
    """

    done: int
    put_off: int
    differences: tuple[str, ...]


def process(store: Store, rail: StripeRail, *, limit: int = 200) -> Looked:
    """Look at the events that wait; each is looked at again until it could be.

    Args:
        store: The store.
        rail: The rail that they are of.
        limit: How many at most.
    """
    done = put_off = 0
    differences: list[str] = []
    for event in provider_events.waiting(store, rail=rail.name, limit=limit):
        try:
            note = _look(store, rail, event)
        except ProviderAway:
            provider_events.put_off(store, event.id, note="Stripe does not answer")
            put_off += 1
            break  # The others would not be answered either.
        except ProviderRefuses as refusal:
            provider_events.put_off(store, event.id, note=refusal.code or "refused")
            put_off += 1
            continue
        if note.startswith("!"):
            differences.append(f"{event.object_id}: {note[1:]}")
        provider_events.finish(store, event.id, note=note.lstrip("!"))
        done += 1
    return Looked(done, put_off, tuple(differences))


def catch_up(store: Store, rail: StripeRail, *, poll_older_than: timedelta = timedelta(minutes=10)) -> int:
    """Fetch what no webhook told: events of our own account, and how recipients stand whom a reward waits for.

    Args:
        store: The store.
        rail: The rail.
        poll_older_than: A recipient who was asked about more recently is left alone.

    Returns:
        How many events were new.

    Raises:
        ProviderAway: Stripe does not answer.
        ProviderRefuses: it refuses.
    """
    newest = provider_events.newest_made_at(store, rail=rail.name)
    since = max(store.now() - LISTED_BACK, (newest or store.now() - LISTED_BACK) - OVERLAP)
    new = provider_events.keep(store, list(listed(rail, since=since)), way="listed")
    for recipient_id in onboardings.asked(store):
        who, known = standings.recipient(store, recipient_id), standings.find(store, recipient_id)
        if who is None or who.rail != rail.name:
            continue
        if known is None or store.now() - known.checked_at >= poll_older_than:
            refresh_standing(store, rail, who)
        else:
            standings.claim_ready(store, recipient_id)  # A crash came between its standing and its claim.
    return new


def listed(rail: StripeRail, *, since: datetime) -> Iterator[ProviderEvent]:
    """Yield the events of our own account since a moment, the newest first.

    Raises:
        ProviderAway: Stripe does not answer.
        ProviderRefuses: it refuses.
    """
    asked: stripe.params.EventListParams = {
        "created": {"gte": int(since.timestamp())},
        "types": TYPES,
        "limit": PAGE,
    }
    while True:
        page = called(rail.limiter, partial(rail.client.v1.events.list, asked))
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


def _look(store: Store, rail: StripeRail, event: ProviderEvent) -> str:
    """Look at what one event is about; a note that begins with `!` is for a person."""
    noun = event.kind.partition(".")[0]
    if noun == "transfer":
        found, what = take_up(store, rail.find(event.object_id), actor=ACTOR)
        return f"!{what}" if what else found
    if noun not in ("account", "capability", "payout"):
        return "nothing to do"
    who = standings.by_account(store, rail=rail.name, account=event.account)
    if who is None:
        return "an account of nobody we know"
    if event.kind == "account.application.deauthorized":
        gone = Standing(who.id, "gone", False, 0, "deauthorized", None, None, store.now())
        standings.save(store, gone)
        return "gone"
    if noun == "payout":
        payout = refresh_bank_payout(store, rail, who, event.object_id)
        if payout.state == "failed":
            # The money is on the recipient's balance at Stripe, never back with us: nothing is sent again.
            _log.warning("a bank payout failed", code=payout.failure_code)
        return payout.state
    return refresh_standing(store, rail, who).transfers
