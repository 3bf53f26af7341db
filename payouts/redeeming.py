"""Redeems vouchers by their typed codes, for a till and for a manager's page alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from payouts.voucher_codes import typed_voucher, voucher_hash
from storage.store.engine import Store
from storage.store.rewards import freezing, vouchers
from storage.store.rewards.vouchers import Answer, Voucher, VoucherRefused

RedeemingOutcome = Answer | Literal["valid", "unreadable", "undone", "undo_refused"]


@dataclass(frozen=True, slots=True)
class RedeemingReply:
    """The result of a tap, and its voucher if it is the café's."""

    outcome: RedeemingOutcome
    code: str = ""
    voucher: Voucher | None = None


def check_code(store: Store, *, secret: bytes, typed: str, cafe: str) -> RedeemingReply:
    """Return what redeeming a code would answer, `valid` if it can be redeemed; change nothing."""
    code = typed_voucher(typed)
    if code is None:
        return RedeemingReply("unreadable", typed)
    voucher = vouchers.find(store, voucher_hash(secret, code))
    if voucher is None:
        return RedeemingReply("unknown", code)
    if voucher.cafe != cafe:
        return RedeemingReply("other_cafe", code)
    if voucher.state == "redeemed":
        return RedeemingReply("already_redeemed", code, voucher)
    if voucher.state == "cancelled":
        return RedeemingReply("cancelled", code, voucher)
    if voucher.state == "expired" or store.now() >= voucher.expires_at:
        return RedeemingReply("expired", code, voucher)
    return RedeemingReply("frozen" if freezing.frozen(store, voucher.reward_id) else "valid", code, voucher)


def redeem(store: Store, *, secret: bytes, typed: str, cafe: str, actor: str, request: str) -> RedeemingReply:
    """Redeem a typed or scanned code; a repeated `request` gets the same reply."""
    code = typed_voucher(typed)
    if code is None:
        return RedeemingReply("unreadable", typed)
    result = vouchers.redeem(store, voucher_hash(secret, code), cafe=cafe, actor=actor, request=request)
    return RedeemingReply(result.answer, code, result.voucher)


def undo(store: Store, *, secret: bytes, typed: str, cafe: str, actor: str) -> RedeemingReply:
    """Undo a redemption within a minute."""
    code = typed_voucher(typed)
    if code is None:
        return RedeemingReply("unreadable", typed)
    try:
        voucher = vouchers.undo(store, voucher_hash(secret, code), cafe=cafe, actor=actor)
    except VoucherRefused:
        return RedeemingReply("undo_refused", code)
    return RedeemingReply("undone", code, voucher)
