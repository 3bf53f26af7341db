"""Receipts: derived from the session, saved in the store, queued while the store is away."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from pilot.errors import PilotError
from pilot.identifiers import READABLE_ALPHABET, RECEIPT_TOKEN_BYTES, REFERENCE_LENGTH, receipt_hash
from storage.store.cafes import case_answers, trial_slots
from storage.store.cafes.case_answers import CaseAnswer, Verdict
from storage.store.engine import Store
from storage.store.payouts import guest_payouts
from storage.store.payouts.guest_payouts import GuestPayout
from storage.store.privacy import tombstones
from storage.store.rewards import decisions, freezing, vouchers
from storage.store.rewards import receipts as stored_receipts
from storage.store.rewards.decisions import Decision
from storage.store.rewards.receipts import Receipt
from storage.store.rewards.vouchers import Voucher
from voice_edge.clock import Clock

MOST_WAITING = 10_000  # Beyond this the oldest are left to the projection from the landing.
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0
GUEST = "guest"

log = structlog.get_logger("voice_edge.receipts.receipt")


def receipt_token(session_id: str, *, secret: bytes) -> str:
    """Return the secret token of a session's receipt.

    It is derived, not random: a page whose connection broke between `finish` and `completed` repeats `finish`, perhaps
    to another replica, and must get the same receipt.
    """
    digest = hmac.new(secret, f"receipt:{session_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:RECEIPT_TOKEN_BYTES]).decode().rstrip("=")


def receipt_reference(session_id: str, *, secret: bytes) -> str:
    """Return the spoken reference of a session, derived like its token; it opens nothing."""
    value = int.from_bytes(hmac.new(secret, f"reference:{session_id}".encode(), hashlib.sha256).digest()[:16], "big")
    letters = []
    for _ in range(REFERENCE_LENGTH):
        value, index = divmod(value, len(READABLE_ALPHABET))
        letters.append(READABLE_ALPHABET[index])
    return "".join(letters)


@dataclass(frozen=True, slots=True)
class ReceiptStatus:
    """A receipt and its current status.

    Attributes:
        receipt: The receipt.
        erased_at: When its answers were erased, UTC; None if they were not.
        beyond_trial: Whether the trial had no reward left for it.
        decision: The decision on its reward; None before it.
        voucher: The reward's newest voucher.
        payout: Its payout to a bank account; None if its guest requested none.
        frozen: Whether a person has to release the reward, because it may have been paid before a restore.
        answers: The café's answers to what its guest said, newest first.
    """

    receipt: Receipt
    erased_at: datetime | None = None
    beyond_trial: bool = False
    decision: Decision | None = None
    voucher: Voucher | None = None
    payout: GuestPayout | None = None
    frozen: bool = False
    answers: tuple[CaseAnswer, ...] = ()


class ReceiptService:
    """Saves receipts in the background, with retries, and finds them."""

    def __init__(self, open_store: Callable[[], Store], *, clock: Clock) -> None:
        self._open_store = open_store
        self._clock = clock
        self._waiting: OrderedDict[str, Receipt] = OrderedDict()
        self._arrived = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Return the number of receipts that are not saved yet."""
        return len(self._waiting)

    def submit(self, receipt: Receipt) -> None:
        """Queue a receipt; `keep_saving` saves it."""
        self._waiting[receipt.receipt_hash] = receipt
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popitem(last=False)
        self._arrived.set()

    async def find(self, token: str) -> ReceiptStatus | None:
        """Return the status of the receipt that `token` opens; None for none.

        Raises:
            PilotError: the store is away, and the receipt is not queued here.
        """
        key = receipt_hash(token)
        waiting = self._waiting.get(key)
        try:
            return await asyncio.to_thread(self._find, key, waiting)
        except (PilotError, OSError):
            if waiting is None:
                raise
            return ReceiptStatus(waiting)

    async def erase(self, receipt: Receipt) -> None:
        """Erase the session of a receipt at its guest's request; repeating it changes nothing.

        Raises:
            PilotError: the store is away; nothing is erased.
        """
        await asyncio.to_thread(
            lambda: tombstones.add(
                self._open_store(), session_id=receipt.session_id, actor=GUEST, reason="asked_on_receipt"
            )
        )

    async def give_verdict(self, receipt: Receipt, *, case_id: str, verdict: Verdict) -> None:
        """Record the guest's verdict on an answer; only the first one counts.

        Raises:
            CaseRefused: the receipt shows no such answer.
            PilotError: the store is away; nothing is recorded.
        """
        await asyncio.to_thread(
            lambda: case_answers.give_verdict(
                self._open_store(), case_id=case_id, session_id=receipt.session_id, verdict=verdict
            )
        )

    async def keep_saving(self) -> None:
        """Save queued receipts, retrying with growing pauses while the store is away."""
        pause = FIRST_RETRY_SECONDS
        while True:
            await self._arrived.wait()
            if await self.save_waiting():
                self._arrived.clear()
                pause = FIRST_RETRY_SECONDS
                if self._waiting:
                    self._arrived.set()
                continue
            await self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_RETRY_SECONDS)

    async def save_waiting(self) -> bool:
        """Save all queued receipts; return whether that succeeded."""
        for key, receipt in list(self._waiting.items()):
            try:
                await asyncio.to_thread(self._save, receipt)
            except (PilotError, OSError) as error:
                log.warning("receipt not saved yet", session_id=receipt.session_id, kind=type(error).__name__)
                return False
            self._waiting.pop(key, None)
        return True

    def _find(self, key: str, waiting: Receipt | None) -> ReceiptStatus | None:
        store = self._open_store()
        receipt = stored_receipts.by_hash(store, key) or waiting
        if receipt is None:
            return None
        slot = None if receipt.simulated else trial_slots.find(store, receipt.session_id)
        decision = decisions.find(store, receipt.session_id)
        return ReceiptStatus(
            receipt,
            erased_at=tombstones.erased_at(store, receipt.session_id),
            beyond_trial=slot is not None and slot.used and not slot.rewarded,
            decision=decision,
            voucher=vouchers.of_reward(store, decision.reward_id) if decision is not None else None,
            payout=guest_payouts.of_reward(store, decision.reward_id) if decision is not None else None,
            frozen=decision is not None and freezing.frozen(store, decision.reward_id),
            answers=tuple(case_answers.answers_to(store, receipt.session_id)),
        )

    def _save(self, receipt: Receipt) -> None:
        stored_receipts.save(self._open_store(), receipt)
