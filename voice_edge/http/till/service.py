"""The till's blocking operations in the store: sign in, redeem, undo."""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Literal

from payouts import redeeming, till_sign_in
from payouts.redeeming import RedeemingReply
from payouts.voucher_codes import typed_voucher, voucher_hash
from storage.store.engine import Store
from storage.store.rewards import till_pins, voucher_failures
from voice_edge.clock import Clock

MOST_FAILURES = 500  # taps during an outage of the store, until it is back

Shift = Literal["signed_in", "signed_out", "no_pin"]


class TillService:
    """Signs tills in and redeems vouchers."""

    def __init__(self, open_store: Callable[[], Store], *, secret: bytes, clock: Clock) -> None:
        self._open_store = open_store
        self._secret = secret
        self._clock = clock
        self._failures: deque[tuple[str, str, datetime]] = deque(maxlen=MOST_FAILURES)
        self._flushing = Lock()

    def shift(self, cafe: str, ticket: str) -> Shift:
        """Return whether a till with `ticket` (empty for none) is signed in at a café."""
        pin = till_pins.find(self._open_store(), cafe)
        if pin is None:
            return "no_pin"
        now = self._clock.now()
        signed_in = till_sign_in.is_signed_in(self._secret, ticket, cafe=cafe, number=pin.number, now=now)
        return "signed_in" if signed_in else "signed_out"

    def sign_in(self, cafe: str, typed: str) -> str | None:
        """Return a ticket for the shift; None if the PIN is not the café's."""
        pin = till_pins.find(self._open_store(), cafe)
        if pin is None:
            return None
        digits = "".join(character for character in typed if character.isascii() and character.isdecimal())
        tried = till_sign_in.pin_hash(self._secret, cafe=cafe, number=pin.number, pin=digits)
        if not hmac.compare_digest(tried, pin.pin_hash):
            return None
        return till_sign_in.ticket(self._secret, cafe=cafe, number=pin.number, now=self._clock.now())

    def device(self, cafe: str, mark: str) -> str | None:
        """Return the device of a till that signed in before or used the manager's link, else None."""
        return till_sign_in.known_device(self._secret, mark, cafe=cafe, now=self._clock.now())

    def mark(self, cafe: str, *, device: str | None = None) -> str:
        """Return the mark that makes a till known; by default as a new device."""
        name = device or till_sign_in.new_device()
        return till_sign_in.device_mark(self._secret, name, cafe=cafe, now=self._clock.now())

    def invited(self, cafe: str, text: str) -> str | None:
        """Return the device of a manager's link; None if the link is not of the current PIN."""
        pin = till_pins.find(self._open_store(), cafe)
        return None if pin is None else till_sign_in.invited_device(self._secret, text, cafe=cafe, number=pin.number)

    def redeem(self, cafe: str, typed: str, *, request: str) -> RedeemingReply:
        """Redeem a typed or scanned code; a repeated `request` gets the same reply."""
        if typed_voucher(typed) is not None:
            self._flush_failures()
        return redeeming.redeem(
            self._open_store(), secret=self._secret, typed=typed, cafe=cafe, actor=f"till:{cafe}", request=request
        )

    def queue_failure(self, cafe: str, typed: str) -> None:
        """Note a tap that found no store; recorded once the store is back, if the code was good."""
        code = typed_voucher(typed)
        if code is not None:
            self._failures.append((cafe, voucher_hash(self._secret, code), self._clock.now()))

    def _flush_failures(self) -> None:
        with self._flushing:  # Several tills tap at once when the store is back.
            while self._failures:
                cafe, code_hash, at = failure = self._failures.popleft()
                try:
                    voucher_failures.record(self._open_store(), code_hash, cafe=cafe, why="store_away", at=at)
                except BaseException:
                    self._failures.appendleft(failure)
                    raise

    def undo(self, cafe: str, typed: str) -> RedeemingReply:
        """Undo a redemption."""
        return redeeming.undo(self._open_store(), secret=self._secret, typed=typed, cafe=cafe, actor=f"till:{cafe}")
