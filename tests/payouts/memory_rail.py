"""A FAKE provider in memory that moves no money: strict, with faults on demand.

Its idempotency follows Stripe's: the first answer under a key is saved for a day, including refusals and failures;
other parameters under the key are an error; a request that never reached the endpoint is not saved.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from payouts.rail import Accepted, Order, Outcome, Refused, Transfer, Unknown

Fault = Literal[
    "none", "never_arrives", "answer_lost", "error_saved_with_effect", "error_saved_without_effect", "key_in_use",
    "too_many", "lock_timeout",
]  # fmt: skip

FORGETS_AFTER = timedelta(hours=24)


class MemoryRail:
    """One provider, with its transfers, keys, funds and the faults of the next calls."""

    name = "memory"

    def __init__(self, *, now: Callable[[], datetime], funds_ore: int = 10**9) -> None:
        self.now = now
        self.funds_ore = funds_ore
        self.faults: deque[Fault] = deque()
        self.unable: set[str] = set()
        self.banks: dict[str, str] = {}
        self.made: dict[str, Transfer] = {}
        self.asked: Counter[str] = Counter()
        self._one_at_a_time = threading.Lock()
        self._kept: dict[str, tuple[str, Outcome, datetime]] = {}

    def parameters(
        self, *, instruction_id: str, batch_id: str, account: str, amount_ore: int, reward_ids: tuple[str, ...]
    ) -> str:
        """Return the request's text."""
        return json.dumps(
            {
                "amount": amount_ore,
                "currency": "sek",
                "destination": account,
                "transfer_group": instruction_id,
                "metadata": {"batch": batch_id, "rewards": ",".join(reward_ids)},
            },
            sort_keys=True,
        )

    def send(self, order: Order) -> Outcome:
        """Make a transfer, or meet the next fault."""
        with self._one_at_a_time:
            return self._send(order)

    def find_transfer(self, instruction_id: str) -> Transfer | Unknown | None:
        """Return the instruction's transfer."""
        return next((each for each in list(self.made.values()) if each.instruction_id == instruction_id), None)

    def bank_fingerprint(self, account: str) -> str | None:
        """Return the bank account's fingerprint; by default each account has its own."""
        return self.banks.get(account, f"bank of {account}")

    def transfers(self, *, since: datetime) -> Iterator[Transfer]:
        """Yield the transfers, newest first."""
        yield from (each for each in reversed(list(self.made.values())) if each.made_at >= since)

    def reverse(self, reference: str, amount_ore: int) -> None:
        """Reverse a part of a transfer, as a person may do on the provider's pages."""
        made = self.made[reference]
        self.made[reference] = replace(made, reversed_ore=min(made.amount_ore, made.reversed_ore + amount_ore))
        self.funds_ore += self.made[reference].reversed_ore - made.reversed_ore

    def _send(self, order: Order) -> Outcome:
        self.asked[order.key] += 1
        fault = self.faults.popleft() if self.faults else "none"
        if fault == "never_arrives":
            return Unknown("timeout")
        if fault in ("key_in_use", "too_many", "lock_timeout"):
            return Unknown(fault)  # Not saved: the same key may still succeed.
        kept = self._kept.get(order.key)
        if kept is not None and self.now() - kept[2] < FORGETS_AFTER:
            answer: Outcome = kept[1] if kept[0] == order.parameters else Unknown("idempotency_error")
        else:
            answer = self._executed(order, fault)
            self._kept[order.key] = (order.parameters, answer, self.now())
        return Unknown("timeout") if fault == "answer_lost" else answer

    def _executed(self, order: Order, fault: Fault) -> Outcome:
        if fault == "error_saved_without_effect":
            return Unknown("api_error")
        asked = json.loads(order.parameters)
        if asked["destination"] in self.unable:
            return Refused("insufficient_capabilities_for_transfer")
        if asked["amount"] > self.funds_ore:
            return Refused("balance_insufficient", curable=True)
        reference = f"tr_{len(self.made) + 1}"
        self.funds_ore -= asked["amount"]
        self.made[reference] = Transfer(
            reference=reference,
            instruction_id=asked["transfer_group"],
            reward_ids=tuple(asked["metadata"]["rewards"].split(",")),
            account=asked["destination"],
            amount_ore=asked["amount"],
            reversed_ore=0,
            made_at=self.now(),
        )
        return Unknown("api_error") if fault == "error_saved_with_effect" else Accepted(reference)
