"""The receipt's view of a reward: its state, and the voucher's code while it can be redeemed."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import segno

from payouts.payout_status import SETTLED, PayoutStatus, payout_status
from payouts.voucher_codes import voucher_code
from storage.store.payouts.guest_payouts import GuestPayout
from storage.store.rewards.decisions import Decision
from storage.store.rewards.vouchers import Voucher

State = Literal["ready", "bank", "redeemed", "lapsed", "frozen", "held", "refused", "declined", "device", "beyond"]

QR_ERROR_LEVEL = "m"  # A screen is not scratched or stained; an old camera reads fewer modules faster.
QR_BORDER_MODULES = 4
FINAL: frozenset[State] = frozenset({"redeemed", "lapsed", "refused", "declined", "device", "beyond"})
_DECLINED: dict[str, State] = {"device_had_reward": "device", "beyond_trial": "beyond"}


@dataclass(frozen=True, slots=True)
class RewardView:
    """The receipt's view of a reward.

    Attributes:
        state: Its state.
        amount_ore: Its amount; 0 for none.
        at: The voucher's expiry or redemption, or the deadline of a person's review, UTC; None once that has passed.
        code: The voucher's code in readable form; empty if there is none to redeem.
        qr: An SVG of the address that opens the till's page with the code; empty like `code`.
        number: The number of the reward's voucher; 0 for none.
        payout_status: Status of its payout to a bank account; empty if its guest requested none.
    """

    state: State
    amount_ore: int = 0
    at: datetime | None = None
    code: str = ""
    qr: str = ""
    number: int = 0
    payout_status: PayoutStatus | Literal[""] = ""

    @property
    def final(self) -> bool:
        """Return whether the view is final, except for actions of people."""
        return self.state in FINAL or (self.state == "bank" and self.payout_status in SETTLED)


def reward_view(
    decision: Decision | None,
    voucher: Voucher | None,
    *,
    payout: GuestPayout | None = None,
    frozen: bool = False,
    secret: bytes,
    public_url: str,
    now: datetime,
) -> RewardView | None:
    """Return the receipt's view of a reward; None before the decision.

    Args:
        decision: The decision on the session.
        voucher: The reward's newest voucher.
        payout: Its payout to a bank account; None if its guest wanted none.
        frozen: Whether a person has to release it, because it may have been paid before a restore.
        secret: The installation's key, from which the code is derived.
        public_url: The public address of the till's page.
        now: The current time, UTC: an expired voucher is shown so before any job has marked it.
    """
    if decision is None:
        return None
    if payout is not None and payout.claimed:
        return RewardView("bank", payout.amount_ore, payout_status=payout_status(payout))
    if voucher is not None:
        shown = _of_voucher(voucher, secret=secret, public_url=public_url, now=now)
        if frozen and shown.state == "ready":
            return RewardView("frozen", shown.amount_ore, number=shown.number)
        return shown if payout is None else replace(shown, payout_status=payout_status(payout))
    if decision.outcome == "held":
        if decision.released is False:
            return RewardView("refused")
        due = decision.held_until
        return RewardView("held", decision.amount_ore, due if due is not None and due > now else None)
    return RewardView(_DECLINED.get(decision.reason, "declined"))


def _of_voucher(voucher: Voucher, *, secret: bytes, public_url: str, now: datetime) -> RewardView:
    if voucher.state == "redeemed":
        return RewardView("redeemed", voucher.amount_ore, voucher.redeemed_at, number=voucher.number)
    if voucher.state != "issued" or now >= voucher.expires_at:
        return RewardView("lapsed", voucher.amount_ore, voucher.expires_at, number=voucher.number)
    code = voucher_code(secret, voucher.reward_id, voucher.number)
    return RewardView(
        "ready",
        voucher.amount_ore,
        voucher.expires_at,
        code=code,
        qr=_svg(f"{public_url}/till/{voucher.cafe}?code={code}"),
        number=voucher.number,
    )


def _svg(address: str) -> str:
    buffer = io.BytesIO()
    segno.make(address, error=QR_ERROR_LEVEL, micro=False).save(
        buffer, kind="svg", border=QR_BORDER_MODULES, xmldecl=False, svgns=False, omitsize=True, svgclass=None
    )
    return buffer.getvalue().decode()
