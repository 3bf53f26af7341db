"""Recipients at Stripe: opens accounts, mints the links by which people tell Stripe who they are, asks how they stand.

The accounts are made with controller properties: Stripe asks for what it must know and shows an express dashboard, the
platform pays its fees and bears its losses.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Literal, cast

import stripe

from payouts.stripe.calling import ProviderRefuses, called
from payouts.stripe.rail import StripeRail
from storage.store.engine import Store
from storage.store.payouts import recipient_statuses as standings
from storage.store.payouts.claims import Recipient
from storage.store.payouts.recipient_statuses import BankPayout, BankState, RecipientStatus, Transfers

# What an account answers that its holder has taken away from us, or that is not there any more.
GONE = frozenset({"account_invalid", "resource_missing", "platform_account_required"})


def open_account(rail: StripeRail, *, reward_id: str, instead_of: str = "") -> str:
    """Open an account for whoever earned a reward; asked again within a day it is the same one.

    The wish is committed before, and names the key: what a lost answer opened is found again.

    Args:
        rail: The rail.
        reward_id: The reward that is wanted there.
        instead_of: The recipient whose account this one takes the place of: it is gone, or the guest wants another.

    Raises:
        ProviderAway: Stripe does not answer; asking again is safe.
        ProviderRefuses: it refuses.
    """
    asked: stripe.params.AccountCreateParams = {
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
    return called(rail.limiter, partial(rail.client.v1.accounts.create, asked, options)).id


def onboarding_link(rail: StripeRail, *, account: str, return_url: str, refresh_url: str) -> str:
    """Mint a link to Stripe's own pages, for one use within minutes: when a guest clicks, never before.

    Raises:
        ProviderAway: Stripe does not answer.
        ProviderRefuses: it refuses.
    """
    asked: stripe.params.AccountLinkCreateParams = {
        "account": account,
        "type": "account_onboarding",
        "return_url": return_url,
        "refresh_url": refresh_url,
        "collection_options": {"fields": "eventually_due"},
    }
    return called(rail.limiter, partial(rail.client.v1.account_links.create, asked)).url


def refresh_status(store: Store, rail: StripeRail, recipient: Recipient) -> RecipientStatus:
    """Ask Stripe how a recipient stands, and keep it.

    Raises:
        ProviderAway: Stripe does not answer; what was known stays.
        ProviderRefuses: it refuses for a reason that says nothing of the account.
    """
    at = store.now()
    try:
        found = called(rail.limiter, partial(rail.client.v1.accounts.retrieve, recipient.account)).to_dict()
        standing = _standing(recipient.id, found, at=at)
    except ProviderRefuses as refusal:
        if refusal.code not in GONE:
            raise
        standing = RecipientStatus(recipient.id, "gone", False, 0, refusal.code, None, None, at)
    standings.save(store, standing)
    return standing


def refresh_bank_payout(store: Store, rail: StripeRail, recipient: Recipient, payout_id: str) -> BankPayout:
    """Ask Stripe how a payout to a recipient's bank stands, and keep it.

    Raises:
        ProviderAway: Stripe does not answer.
        ProviderRefuses: it refuses; there is no such payout.
    """
    at = store.now()
    options: stripe.RequestOptions = {"stripe_account": recipient.account}
    found = called(rail.limiter, partial(rail.client.v1.payouts.retrieve, payout_id, None, options)).to_dict()
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
    standings.save_bank_payout(store, payout)
    return payout


def _standing(recipient_id: str, account: dict[str, Any], *, at: datetime) -> RecipientStatus:
    told: Literal["inactive", "pending", "active"] | None = (account.get("capabilities") or {}).get("transfers")
    requirements = account.get("requirements") or {}
    banks = (account.get("external_accounts") or {}).get("data") or []
    bank = next((each for each in banks if each.get("default_for_currency")), banks[0] if banks else {})
    transfers: Transfers = told or "inactive"
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
