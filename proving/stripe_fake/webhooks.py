"""The fake's webhooks: signed like Stripe's, retried until accepted, with faults on demand.

As with Stripe, events may arrive in any order and more than once.
"""

from __future__ import annotations

import heapq
import json
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

import stripe

from proving.stripe_fake.books import Books, Thing

WebhookFault = Literal[
    "delayed",  # an hour late
    "doubled",  # delivered twice
    "reordered",  # after the one that follows
    "two_ids",  # one fact as two events with different ids
    "lost",  # the first try never arrives
    "never",  # no try arrives; the event is only in the list
    "wrong_secret",  # signed with another secret the first time
    "old_timestamp",  # signed six minutes ago the first time
    "wrong_livemode",  # the same event of live mode comes as well
]
WEBHOOK_FAULTS: tuple[WebhookFault, ...] = get_args(WebhookFault)

FIRST_RETRY_SECONDS = 5
LONGEST_RETRY_SECONDS = 3600
GIVES_UP_AFTER_SECONDS = 3 * 24 * 3600
DELAY_SECONDS = 3600
OLD_SECONDS = 360  # Receivers accept signatures up to five minutes old.
REORDERED_SECONDS = 1

Receive = Callable[[bytes, str], int]
"""Takes a body and its `Stripe-Signature`, returns an HTTP status; an exception means a broken connection."""


@dataclass(order=True)
class _Waiting:
    due: int
    number: int
    event: Thing = field(compare=False)
    first_due: int = field(compare=False)
    fault: WebhookFault | None = field(default=None, compare=False)
    tries: int = field(default=0, compare=False)
    stray: bool = field(default=False, compare=False)


class Webhooks:
    """Delivers the events of a fake to one endpoint.

    Attributes:
        faults: The faults of the next events, in order.
        tried: The number of deliveries.
        taken: The number of deliveries answered with 2xx.
    """

    def __init__(self, books: Books, *, secret: str, lock: threading.RLock) -> None:
        """Make webhooks; undelivered events of the books are due at once.

        Args:
            books: The fake's state.
            secret: The endpoint's secret (whsec_...).
            lock: Held while the books are used, never during a delivery.
        """
        self.faults: deque[WebhookFault] = deque()
        self.tried = 0
        self.taken = 0
        self._books = books
        self._secret = secret
        self._lock = lock
        self._waiting: list[_Waiting] = []
        self._known: set[str] = set()
        self._number = 0

    def deliver(self, receive: Receive) -> int:
        """Deliver all due events; return the number of deliveries."""
        count = 0
        with self._lock:
            self._take_up()
            now = self._books.seconds()
            due = []
            while self._waiting and self._waiting[0].due <= now:
                due.append(heapq.heappop(self._waiting))
        for each in due:
            count += self._deliver_one(each, receive)
        return count

    def next_due(self) -> int | None:
        """Return the time of the next delivery, seconds since 1970; None if there is none."""
        with self._lock:
            self._take_up()
            return self._waiting[0].due if self._waiting else None

    def _take_up(self) -> None:
        """Queue new events."""
        for event_id in sorted(self._books.undelivered - self._known):
            event = self._books.events[event_id]
            self._known.add(event_id)
            fault = self.faults.popleft() if self.faults else None
            now = self._books.seconds()
            wait = {"delayed": DELAY_SECONDS, "reordered": REORDERED_SECONDS}.get(fault or "", 0)
            self._push(event, now + wait, fault=fault)
            if fault == "two_ids":
                twin = self._books.record_event(
                    event["type"], event["data"]["object"], account=event.get("account", "")
                )
                self._known.add(twin["id"])
                self._push(twin, now)
            elif fault == "doubled":
                self._push(event, now, stray=True)
            elif fault == "wrong_livemode":
                self._push({**event, "id": f"{event['id']}live", "livemode": True}, now, stray=True)

    def _push(self, event: Thing, due: int, *, fault: WebhookFault | None = None, stray: bool = False) -> None:
        self._number += 1
        heapq.heappush(self._waiting, _Waiting(due, self._number, event, due, fault=fault, stray=stray))

    def _deliver_one(self, each: _Waiting, receive: Receive) -> int:
        first = each.tries == 0
        each.tries += 1
        with self._lock:
            event = {**each.event, "pending_webhooks": 1} if not each.stray else each.event
            body = json.dumps(event, indent=2).encode()
            at = self._books.seconds()
        fault = each.fault if first or each.fault == "never" else None
        self.tried += 1
        taken = False
        if fault not in ("lost", "never"):
            secret = f"{self._secret}_of_somebody_else" if fault == "wrong_secret" else self._secret
            signed_at = at - OLD_SECONDS if fault == "old_timestamp" else at
            try:
                taken = 200 <= receive(body, signature(body, secret=secret, at=signed_at)) < 300
            except Exception:  # Any exception is a failed delivery.
                taken = False
        with self._lock:
            self._ended(each, taken=taken)
        return 1

    def _ended(self, each: _Waiting, *, taken: bool) -> None:
        if taken:
            self.taken += 1
            if not each.stray:
                self._books.delivered(each.event["id"])
            return
        now = self._books.seconds()
        if each.stray or now - each.first_due >= GIVES_UP_AFTER_SECONDS:
            return
        each.due = now + min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** (each.tries - 1))
        heapq.heappush(self._waiting, each)


def signature(body: bytes, *, secret: str, at: int) -> str:
    """Return the header `Stripe-Signature` of a body, made by the official package."""
    made = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)
    return str(made)


def known_faults(names: Iterable[str]) -> list[WebhookFault]:
    """Return the faults of these names.

    Raises:
        ValueError: there is no such fault.
    """
    by_name = {str(each): each for each in WEBHOOK_FAULTS}
    found = []
    for name in names:
        if name not in by_name:
            raise ValueError(f"There is no fault {name!r} of webhooks; known are {', '.join(WEBHOOK_FAULTS)}.")
        found.append(by_name[name])
    return found
