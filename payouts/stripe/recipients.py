"""Recipients at Stripe: opens accounts, creates onboarding links, and refreshes statuses.

The accounts have controller properties: Stripe collects the required details and shows an express dashboard; the
platform pays the fees and bears the losses.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Literal, cast

import stripe

from payouts.stripe.calling import ProviderRefuses, call_stripe
from payouts.stripe.rail import GONE, StripeRail, payout_bank
from storage.store.engine import Store
from storage.store.payouts import recipient_statuses
from storage.store.payouts.claims import Recipient
from storage.store.payouts.recipient_statuses import BankPayout, BankState, RecipientStatus, Transfers


def open_account(rail: StripeRail, *, reward_id: str, instead_of: str = "") -> str:
    """Open an account for the guest of a reward; within a day a repeated call returns the same one.

    The committed intent names the key, so an account whose answer was lost is found again.

    Args:
        rail: The rail.
        reward_id: The reward.
        instead_of: The recipient whose account this one replaces: it is gone, or the guest wants another.

    Raises:
        ProviderAway: Stripe does not answer; a retry is safe.
        ProviderRefuses: Stripe refuses.
    """
    request: stripe.params.AccountCreateParams = {
        "country": "SE",
        "default_currency": "sek",
        "business_type": "individual",
        "controller": {
            "fees": {"payer": "application"},
            "losses": {"payments": "application"},
            "stripe_dashboard": {"type": "express"},
        },
        "capabilities": {"transfers": {"requested": True}},
        "metadata": {"opened_for": reward_id},
    }
    options: stripe.RequestOptions = {
        "idempotency_key": f"account:{reward_id}" + (f":after:{instead_of}" if instead_of else "")
    }
    return call_stripe(rail.limiter, partial(rail.client.v1.accounts.create, request, options)).id


def onboarding_link(rail: StripeRail, *, account: str, return_url: str, refresh_url: str) -> str:
    """Create a link to Stripe's pages, valid once and for minutes: only when a guest clicks.

    Raises:
        ProviderAway: Stripe does not answer.
        ProviderRefuses: Stripe refuses.
    """
    request: stripe.params.AccountLinkCreateParams = {
        "account": account,
        "type": "account_onboarding",
        "return_url": return_url,
        "refresh_url": refresh_url,
        "collection_options": {"fields": "eventually_due"},
    }
    return call_stripe(rail.limiter, partial(rail.client.v1.account_links.create, request)).url


def refresh_status(store: Store, rail: StripeRail, recipient: Recipient) -> RecipientStatus:
    """Fetch a recipient's status from Stripe and save it.

    Raises:
        ProviderAway: Stripe does not answer; the saved status stays.
        ProviderRefuses: Stripe refuses for a reason other than the account.
    """
    at = store.now()
    try:
        found = call_stripe(rail.limiter, partial(rail.client.v1.accounts.retrieve, recipient.account)).to_dict()
        status = _parse_status(recipient.id, found, at=at)
    except ProviderRefuses as refusal:
        if refusal.code not in GONE:
            raise
        status = RecipientStatus(recipient.id, "gone", False, 0, refusal.code, None, None, at)
    recipient_statuses.save(store, status)
    return status


def refresh_bank_payout(store: Store, rail: StripeRail, recipient: Recipient, payout_id: str) -> BankPayout:
    """Fetch a payout to a recipient's bank from Stripe and save it.

    Raises:
        ProviderAway: Stripe does not answer.
        ProviderRefuses: Stripe refuses, or has no such payout.
    """
    at = store.now()
    options: stripe.RequestOptions = {"stripe_account": recipient.account}
    found = call_stripe(rail.limiter, partial(rail.client.v1.payouts.retrieve, payout_id, None, options)).to_dict()
    payout = BankPayout(
        id=str(found["id"]),
        recipient_id=recipient.id,
        amount_ore=int(found["amount"]),
        state=cast(BankState, found["status"]),
        failure_code=str(found.get("failure_code") or ""),
        arrives_on=_day(found.get("arrival_date")),
        changed_at=at,
        made_at=datetime.fromtimestamp(int(found["created"]), tz=UTC),
    )
    recipient_statuses.save_bank_payout(store, payout)
    return payout


def _parse_status(recipient_id: str, account: dict[str, Any], *, at: datetime) -> RecipientStatus:
    capability: Literal["inactive", "pending", "active"] | None = (account.get("capabilities") or {}).get("transfers")
    requirements = account.get("requirements") or {}
    bank = payout_bank(account)
    transfers: Transfers = capability or "inactive"
    return RecipientStatus(
        recipient_id=recipient_id,
        transfers=transfers,
        details_submitted=bool(account.get("details_submitted")),
        due=len(set(requirements.get("currently_due") or ()) | set(requirements.get("past_due") or ())),
        disabled_reason=str(requirements.get("disabled_reason") or ""),
        bank_fingerprint=bank.get("fingerprint"),
        bank_last4=bank.get("last4"),
        checked_at=at,
    )


def _day(seconds: int | None) -> date | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC).date()
