"""What a till does in the store: sign in, redeem, undo. Each is one call that blocks; the routes run it in a thread."""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Literal

from payouts import till_sign_in
from payouts.voucher_codes import typed_voucher, voucher_hash
from storage.store.engine import Store
from storage.store.rewards import till_pins, voucher_failures, vouchers
from storage.store.rewards.vouchers import Answer, Voucher, VoucherRefused
from voice_edge.clock import Clock

MOST_KEPT = 500  # taps that met no store, until it is back

Shift = Literal["signed_in", "signed_out", "no_pin"]
TillOutcome = Answer | Literal["unreadable", "undone", "undo_refused"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the barista is told, and of which voucher."""

    told: TillOutcome
    code: str = ""
    voucher: Voucher | None = None


class TillService:
    """The till's side of the vouchers."""

    def __init__(self, open_store: Callable[[], Store], *, secret: bytes, clock: Clock) -> None:
        self._open_store = open_store
        self._secret = secret
        self._clock = clock
        self._lost: deque[tuple[str, str, datetime]] = deque(maxlen=MOST_KEPT)
        self._telling = Lock()

    def shift(self, cafe: str, ticket: str) -> Shift:
        """Return whether a till that holds `ticket` (empty for none) is signed in at a café."""
        pin = till_pins.find(self._open_store(), cafe)
        if pin is None:
            return "no_pin"
        now = self._clock.now()
        held = till_sign_in.signed_in(self._secret, ticket, cafe=cafe, number=pin.number, now=now)
        return "signed_in" if held else "signed_out"

    def sign_in(self, cafe: str, typed: str) -> str | None:
        """Return a ticket for the shift, None where the PIN is not the café's."""
        pin = till_pins.find(self._open_store(), cafe)
        if pin is None:
            return None
        digits = "".join(character for character in typed if character.isascii() and character.isdecimal())
        tried = till_sign_in.pin_hash(self._secret, cafe=cafe, number=pin.number, pin=digits)
        if not hmac.compare_digest(tried, pin.pin_hash):
            return None
        return till_sign_in.ticket(self._secret, cafe=cafe, number=pin.number, now=self._clock.now())

    def redeem(self, cafe: str, typed: str, *, request: str) -> Reply:
        """Redeem what was typed or scanned; `request` names the tap, so that a repeated one is answered alike."""
        code = typed_voucher(typed)
        if code is None:
            return Reply("unreadable", typed)
        self._tell_lost()
        found = vouchers.redeem(
            self._open_store(), voucher_hash(self._secret, code), cafe=cafe, actor=f"till:{cafe}", request=request
        )
        return Reply(found.answer, code, found.voucher)

    def could_not(self, cafe: str, typed: str) -> None:
        """Keep that a code could not be looked at: once the store is back it tells whether it was a good one."""
        code = typed_voucher(typed)
        if code is not None:
            self._lost.append((cafe, voucher_hash(self._secret, code), self._clock.now()))

    def _tell_lost(self) -> None:
        with self._telling:  # Several tills tap at once when the store is back.
            while self._lost:
                cafe, code_hash, at = lost = self._lost.popleft()
                try:
                    voucher_failures.record(self._open_store(), code_hash, cafe=cafe, why="store_away", at=at)
                except BaseException:
                    self._lost.appendleft(lost)
                    raise

    def undo(self, cafe: str, typed: str) -> Reply:
        """Take a redemption back."""
        code = typed_voucher(typed)
        if code is None:
            return Reply("unreadable", typed)
        try:
            voucher = vouchers.undo(
                self._open_store(), voucher_hash(self._secret, code), cafe=cafe, actor=f"till:{cafe}"
            )
        except VoucherRefused:
            return Reply("undo_refused", code)
        return Reply("undone", code, voucher)
