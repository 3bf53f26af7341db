"""Recipients at Stripe: an account opened once, a link to Stripe's questions made on a click, how an account stands."""

from __future__ import annotations

from datetime import datetime

import stripe

from payouts.stripe.calling import called, error_code
from payouts.stripe.limiter import CallLimiter
from storage.store.standings import Standing, Transfers

COUNTRY = "SE"
# What Stripe answers for an account that was closed, or whose holder has cut the tie to us.
GONE = frozenset({"account_invalid", "resource_missing", "platform_api_key_expired"})


class Recipients:
    """Opens and looks at accounts through the official client."""

    def __init__(self, client: stripe.StripeClient, *, name: str, limiter: CallLimiter) -> None:
        """Make one.

        Args:
            client: The official client.
            name: The rail's name, as recipients carry it.
            limiter: Keeps the calls below the provider's limit.
        """
        self.name = name
        self._client = client
        self._limiter = limiter

    def open_account(self, *, reward_id: str, instead_of: str = "") -> str:
        """Return a new account's name; asked again for the same reward within a day it is the same one.

        The reward is committed before, and names the key: what a lost answer opened is found again. Nothing of the
        guest is sent; they tell Stripe themselves.

        Args:
            reward_id: The reward that the guest wants there.
            instead_of: The recipient whose account is gone, where this one takes its place.

        Raises:
            ProviderAway: Stripe does not answer.
            ProviderRefuses: it refuses.
        """
        asked: stripe.params.AccountCreateParams = {
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "stripe_dashboard": {"type": "express"},
            },
            "capabilities": {"transfers": {"requested": True}},
            "country": COUNTRY,
            "metadata": {"reward": reward_id},
        }
        key = f"account:{reward_id}" + (f":after:{instead_of}" if instead_of else "")
        made = called(self._limiter, lambda: self._client.v1.accounts.create(asked, {"idempotency_key": key}))
        return made.id

    def onboarding_link(self, account: str, *, return_url: str, refresh_url: str) -> str:
        """Return the address of Stripe's questions for an account; it is good once, and for minutes.

        Args:
            account: Stripe's name for the account.
            return_url: Where its holder comes back to; that they do says nothing.
            refresh_url: Where they come to when the link is used up; it makes a new one.

        Raises:
            ProviderAway: Stripe does not answer.
            ProviderRefuses: it refuses.
        """
        asked: stripe.params.AccountLinkCreateParams = {
            "account": account,
            "type": "account_onboarding",
            "return_url": return_url,
            "refresh_url": refresh_url,
        }
        return called(self._limiter, lambda: self._client.v1.account_links.create(asked)).url

    def standing(self, account: str, *, recipient_id: str, at: datetime) -> Standing:
        """Ask how an account stands.

        Args:
            account: Stripe's name for it.
            recipient_id: Ours for its holder.
            at: The moment before asking, UTC.

        Raises:
            ProviderAway: Stripe does not answer.
            ProviderRefuses: it refuses for another reason than that the account is gone.
        """

        def retrieved() -> stripe.Account | None:
            try:
                return self._client.v1.accounts.retrieve(account)
            except stripe.PermissionError:
                return None
            except stripe.InvalidRequestError as error:
                if error_code(error) in GONE:
                    return None
                raise

        found = called(self._limiter, retrieved)
        if found is None:
            return Standing(recipient_id, "gone", False, 0, "", None, None, at)
        return as_standing(found, recipient_id=recipient_id, at=at)


def as_standing(found: stripe.Account, *, recipient_id: str, at: datetime) -> Standing:
    """Return Stripe's account as the store keeps one; a word that Stripe adds later counts as "not yet"."""
    said = getattr(found.capabilities, "transfers", None)
    transfers: Transfers = "active" if said == "active" else "pending" if said == "pending" else "inactive"
    wanted = found.requirements
    due = {*(wanted.currently_due or ()), *(wanted.past_due or ())} if wanted is not None else set()
    banks = found.external_accounts.data if found.external_accounts is not None else []
    bank = next((each for each in banks if each.object == "bank_account"), None)
    return Standing(
        recipient_id=recipient_id,
        transfers=transfers,
        details_submitted=bool(found.details_submitted),
        due=len(due),
        disabled_reason=(wanted.disabled_reason or "") if wanted is not None else "",
        bank_fingerprint=getattr(bank, "fingerprint", None),
        bank_last4=getattr(bank, "last4", None),
        checked_at=at,
    )
