"""The receipt page: reward, voucher, payout, the café's answers, reference, day and café.

Neither the score nor the guest's words are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from payouts.payout_status import AT_STRIPE, VOUCHER_GOOD
from pilot.business_days import local_time
from pilot.cafes import Cafe, Language
from pilot.money import kronor
from pilot.words import section
from storage.store.rewards.receipts import Receipt
from voice_edge.doors.calendar_words import day_and_clock_words, day_words
from voice_edge.http.page.answers import AnswerView
from voice_edge.http.rendering import fill_placeholders, render
from voice_edge.receipts.reward_view import RewardView

REFERENCE_GROUP = 3  # characters: six read aloud over a counter are two threes


@dataclass(frozen=True, slots=True)
class PayoutStatusWords:
    """The words for a payout's status, and whether the guest can continue on Stripe's pages."""

    title: str
    text: str
    at_stripe: bool


def receipt_page(
    *,
    receipt: Receipt,
    cafe: Cafe,
    language: Language,
    reward_ore: int,
    simulated: bool,
    path: str = "",
    erased_on: date | None = None,
    beyond_trial: bool = False,
    reward: RewardView | None = None,
    bank_offered: bool = False,
    rail_note: str = "",
    answers: Sequence[AnswerView] = (),
) -> str:
    """Return the receipt page.

    Args:
        receipt: The receipt.
        cafe: Its café.
        language: The page's language.
        reward_ore: The prospective reward, in öre; 0 for none.
        simulated: Whether it is a test's receipt.
        path: Its own address, under which the answers can be erased.
        erased_on: The day on which the answers were erased; None if they were not.
        beyond_trial: Whether the trial had no reward left for it.
        reward: The reward as decided; None before the decision.
        bank_offered: Whether its voucher may be exchanged for a payment to a bank account.
        rail_note: The note on a rail that moves no money; empty for one that does.
        answers: The café's answers; none are shown after the erasing.
    """
    outcome = _outcome(receipt, reward, reward_ore=reward_ore, beyond_trial=beyond_trial)
    if reward is not None:
        reward_ore = reward.amount_ore
    erased = erased_on is not None
    if erased:
        outcome = "erased"
    ready = reward is not None and reward.state == "ready" and not reward.payout_status
    return render(
        "receipt",
        language=language,
        cafe=cafe,
        path=path,
        t=fill_placeholders(
            section("receipt", language),
            {
                "cafe": cafe.name,
                "reward": kronor(reward_ore),
                "erased": day_words(erased_on or receipt.day, language),
                "until": day_words(_day_of(reward, default=receipt.day), language),
                "when": day_and_clock_words(reward.at, language) if reward is not None and reward.at else "",
            },
        ),
        payout_status=None if erased else payout_status_words(reward, language=language),
        bank_offered=bank_offered and not erased and ready,
        rail_note=rail_note,
        answers=() if erased else answers,
        why_known=reward is not None and not erased,
        offer=fill_placeholders(section("bank", language), {"reward": kronor(reward_ore)}),
        outcome=outcome,
        state=receipt_state(reward, erased=erased),
        watched=(reward is None and outcome != "beyond") or (reward is not None and not reward.final),
        code=reward.code if reward is not None else "",
        qr=reward.qr if reward is not None else "",
        reference=_grouped(receipt.reference),
        day=receipt.day,
        day_in_words=day_words(receipt.day, language),
        simulated=simulated,
    )


def receipt_state(reward: RewardView | None, *, erased: bool) -> str:
    """Return a short text that changes whenever the receipt page's view of the reward does."""
    parts = ["erased" if erased else "kept"]
    if reward is None:
        parts.append("open")
    else:
        parts += [reward.state, str(reward.number)]
        if reward.payout_status:
            parts.append(reward.payout_status)
    return ".".join(parts)


def payout_status_words(reward: RewardView | None, *, language: Language) -> PayoutStatusWords | None:
    """Return the words for a reward that is on its way to a bank account; None if it is not."""
    if reward is None or not reward.payout_status:
        return None
    if reward.payout_status in VOUCHER_GOOD and reward.state != "ready" and reward.payout_status != "lapsed":
        return None  # The voucher was redeemed or has lapsed meanwhile: the receipt says so.
    words = fill_placeholders(section("payout", language), {"reward": kronor(reward.amount_ore)})
    return PayoutStatusWords(
        words[f"{reward.payout_status}.title"],
        words[f"{reward.payout_status}.text"],
        at_stripe=reward.payout_status in AT_STRIPE,
    )


def _outcome(receipt: Receipt, reward: RewardView | None, *, reward_ore: int, beyond_trial: bool) -> str:
    if reward is not None:
        return "held_open" if reward.state == "held" and reward.at is None else reward.state
    if beyond_trial:
        return "beyond"
    if receipt.preliminary_eligible is None:
        return "pending"
    return "likely" if receipt.preliminary_eligible and reward_ore else "unlikely"


def _day_of(reward: RewardView | None, *, default: date) -> date:
    return local_time(reward.at).date() if reward is not None and reward.at is not None else default


def _grouped(reference: str) -> str:
    starts = range(0, len(reference), REFERENCE_GROUP)
    return " ".join(reference[start : start + REFERENCE_GROUP] for start in starts)
