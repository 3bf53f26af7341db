"""Withdraws a claim by hand, after a reconciliation; refused while money may be in transit."""

from __future__ import annotations

from payouts.deciding import issuer
from payouts.rail import Rail
from payouts.reconciling import reconcile
from storage.store.engine import Store
from storage.store.payouts import guest_payouts, unclaims
from storage.store.payouts.claims import ClaimRefused


def unclaim(store: Store, rail: Rail, reward_id: str, *, secret: bytes, actor: str, reason: str) -> list[str]:
    """Withdraw the claims of a reward's whole payout and issue vouchers again; return the rewards.

    Args:
        store: The store.
        rail: The provider of the reward's payout.
        reward_id: The reward.
        secret: The installation's key.
        actor: Who withdraws it, for the audit log.
        reason: Why, for the audit log.

    Raises:
        ClaimRefused: the reward is unclaimed or of another rail, or its money was or may have been sent.
        ProviderError: the provider does not answer.
    """
    payout = guest_payouts.of_reward(store, reward_id)
    if payout is None or not payout.claimed:
        raise ClaimRefused("Nobody has claimed the reward.", remedy="See `pilot payout show` of it.")
    if payout.rail != rail.name:
        raise ClaimRefused(
            f"The reward goes through {payout.rail}; this is {rail.name}.", remedy="Set the key of that rail."
        )
    differing = {each.account for each in reconcile(store, rail, actor=actor).differences}
    if payout.account in differing:
        raise ClaimRefused(
            "The provider has transfers to this account that the books do not explain.",
            remedy="Run `pilot payout reconcile`, and look at the differences first.",
        )
    return unclaims.unclaim(store, reward_id, issuer=issuer(secret), actor=actor, reason=reason)
