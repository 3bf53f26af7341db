"""A reward as the guest's receipt shows it: decided or not, the voucher's code while it can be redeemed."""

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

State = Literal["ready", "bank", "redeemed", "lapsed", "held", "refused", "declined", "device", "beyond"]

QR_ERROR_LEVEL = "m"  # A screen is neither scratched nor stained; fewer modules are read faster by an old camera.
QR_BORDER_MODULES = 4
FINAL: frozenset[State] = frozenset({"redeemed", "lapsed", "refused", "declined", "device", "beyond"})
_DECLINED: dict[str, State] = {"device_had_reward": "device", "beyond_trial": "beyond"}


@dataclass(frozen=True, slots=True)
class RewardShown:
    """What the receipt says of the reward.

    Attributes:
        state: How it stands.
        amount_ore: How much it is; 0 where there is none.
        at: Until when the voucher is valid, by when a person decides (None once that has
            passed), or when the voucher was redeemed; UTC.
        code: The voucher's code as it is read out; empty where there is none to redeem.
        qr: An SVG of the address that opens the till's page with the code; empty like `code`.
        number: Which of the reward's vouchers it is; 0 where there is none.
        payout_status: Status of its payout to a bank account; empty if its guest wanted none.
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
        """Return whether nothing of it will change by itself."""
        return self.state in FINAL or (self.state == "bank" and self.payout_status in SETTLED)


def reward_shown(
    decision: Decision | None,
    voucher: Voucher | None,
    *,
    payout: GuestPayout | None = None,
    secret: bytes,
    public_url: str,
    now: datetime,
) -> RewardShown | None:
    """Return what the receipt says of a reward; None while nothing is decided.

    Args:
        decision: The decision on the session.
        voucher: The reward's newest voucher.
        payout: Its way to a bank account, where its guest wanted one.
        secret: The installation's key, which the code is derived from.
        public_url: Where the till's page is reached.
        now: The moment, UTC: a voucher whose time is over is shown so before any job has marked it.
    """
    if decision is None:
        return None
    if payout is not None and payout.claimed:
        return RewardShown("bank", payout.amount_ore, payout_status=payout_status(payout))
    if voucher is not None:
        shown = _of_voucher(voucher, secret=secret, public_url=public_url, now=now)
        return shown if payout is None else replace(shown, payout_status=payout_status(payout))
    if decision.outcome == "held":
        if decision.released is False:
            return RewardShown("refused")
        due = decision.held_until
        return RewardShown("held", decision.amount_ore, due if due is not None and due > now else None)
    return RewardShown(_DECLINED.get(decision.reason, "declined"))


def _of_voucher(voucher: Voucher, *, secret: bytes, public_url: str, now: datetime) -> RewardShown:
    if voucher.state == "redeemed":
        return RewardShown("redeemed", voucher.amount_ore, voucher.redeemed_at, number=voucher.number)
    if voucher.state != "issued" or now >= voucher.expires_at:
        return RewardShown("lapsed", voucher.amount_ore, voucher.expires_at, number=voucher.number)
    code = voucher_code(secret, voucher.reward_id, voucher.number)
    return RewardShown(
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
