"""The Stripe rail: a payout is a transfer to a recipient's account, looked up by its group."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import count, takewhile
from typing import Any

import stripe

from payouts.rail import Accepted, Order, Outcome, Refused, Transfer, Unknown
from payouts.stripe.calling import LOCKED, ProviderAway, ProviderRefuses, call_stripe, error_code
from payouts.stripe.limiter import CallLimiter

CURABLE = frozenset({"balance_insufficient"})  # Funds arrive without an action here.
PAGE = 100
# The codes for an account that its holder disconnected, or that no longer exists.
GONE = frozenset({"account_invalid", "resource_missing", "platform_account_required"})
# Stripe takes 500 characters in a value of metadata and 50 values.
REWARDS_IN_A_VALUE = 10


class StripeRail:
    """Transfers through the official client."""

    def __init__(self, client: stripe.StripeClient, *, name: str, limiter: CallLimiter) -> None:
        """Create a rail.

        Args:
            client: The official client.
            name: The rail's name (`payouts.stripe.configured.rail_name`), as stored with its batches.
            limiter: The rate limiter; one for all users of the same key.
        """
        self.name = name
        self.client = client
        self.limiter = limiter

    def parameters(
        self, *, instruction_id: str, batch_id: str, account: str, amount_ore: int, reward_ids: tuple[str, ...]
    ) -> str:
        """Return the request as JSON with sorted keys."""
        parts = [reward_ids[at : at + REWARDS_IN_A_VALUE] for at in range(0, len(reward_ids), REWARDS_IN_A_VALUE)]
        metadata = {"instruction": instruction_id, "batch": batch_id}
        metadata |= {f"rewards_{number}": ",".join(part) for number, part in enumerate(parts)}
        request = {
            "amount": amount_ore,
            "currency": "sek",
            "destination": account,
            "metadata": metadata,
            "transfer_group": instruction_id,
        }
        return json.dumps(request, sort_keys=True)

    def send(self, order: Order) -> Outcome:
        """Request a transfer once."""
        self.limiter.wait()
        try:
            made = self.client.v1.transfers.create(json.loads(order.parameters), {"idempotency_key": order.key})
        except stripe.RateLimitError as error:
            if error_code(error) != LOCKED:
                self.limiter.record_rate_limit()
            return Unknown(error_code(error))
        except stripe.IdempotencyError as error:
            return Unknown(error_code(error))
        except (stripe.InvalidRequestError, stripe.PermissionError, stripe.CardError) as error:
            self.limiter.record_success()
            code = error_code(error)
            return Refused(code, curable=code in CURABLE)
        except stripe.StripeError as error:
            return Unknown(error_code(error))
        self.limiter.record_success()
        return Accepted(made.id)

    def find(self, reference: str) -> Transfer:
        """Return a transfer by Stripe's reference.

        Raises:
            ProviderAway: Stripe does not answer.
            ProviderRefuses: there is no such transfer.
        """
        return as_transfer(call_stripe(self.limiter, partial(self.client.v1.transfers.retrieve, reference)))

    def find_transfer(self, instruction_id: str) -> Transfer | Unknown | None:
        """Return the transfer of an instruction by its group, None if Stripe has none."""
        try:
            found = call_stripe(
                self.limiter,
                lambda: self.client.v1.transfers.list({"transfer_group": instruction_id, "limit": PAGE}),
            )
        except ProviderAway:
            return Unknown("provider_away")
        except ProviderRefuses as refusal:
            return Unknown(refusal.code or "provider_refused")
        return next((as_transfer(each) for each in found.data), None)

    def bank_fingerprint(self, account: str) -> str | None:
        """Return Stripe's fingerprint of an account's bank account; None if there is none.

        Raises:
            ProviderAway: Stripe does not answer.
            ProviderRefuses: Stripe refuses for a reason other than the account.
        """
        try:
            found = call_stripe(self.limiter, partial(self.client.v1.accounts.retrieve, account))
        except ProviderRefuses as refusal:
            if refusal.code not in GONE:
                raise
            return None
        return payout_bank(found.to_dict()).get("fingerprint")

    def transfers(self, *, since: datetime) -> Iterator[Transfer]:
        """Yield the transfers made since a moment, newest first.

        Raises:
            ProviderAway: Stripe does not answer.
            ProviderRefuses: Stripe refuses.
        """
        query: stripe.params.TransferListParams = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        while True:
            page = call_stripe(self.limiter, partial(self.client.v1.transfers.list, query))
            yield from (as_transfer(each) for each in page.data)
            if not page.has_more:
                return
            query = {**query, "starting_after": page.data[-1].id}


def payout_bank(account: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the bank account that Stripe pays an account's balance to; empty if there is none."""
    banks = (account.get("external_accounts") or {}).get("data") or []
    return next((each for each in banks if each.get("default_for_currency")), banks[0] if banks else {})


def as_transfer(found: stripe.Transfer) -> Transfer:
    """Convert Stripe's transfer."""
    metadata: dict[str, str] = found.metadata.to_dict()
    parts = takewhile(lambda part: part is not None, (metadata.get(f"rewards_{number}") for number in count()))
    destination = found.destination
    return Transfer(
        reference=found.id,
        instruction_id=metadata.get("instruction", ""),
        reward_ids=tuple(each for part in parts if part for each in part.split(",")),
        account=destination if isinstance(destination, str) else destination.id if destination else "",
        amount_ore=found.amount,
        reversed_ore=found.amount_reversed,
        made_at=datetime.fromtimestamp(found.created, tz=UTC),
    )
