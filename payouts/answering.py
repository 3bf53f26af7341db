"""Answers support's first question: was the session completed, and does its score earn a reward?"""

from __future__ import annotations

from pilot.cafes import Language
from pilot.money import kronor
from pilot.words import say, section
from storage.store.rewards.decisions import Decision

WORDS = "money"

# Reasons of a decision that are not about the answer, so its explanation has no words for them.
OTHER_REASONS = {"device_had_reward": "why.device", "beyond_trial": "why.beyond", "daily_budget": "why.budget"}


def earned_in_words(decision: Decision | None, *, language: Language) -> str:
    """Return whether the session earned a reward, with the reason and without any threshold.

    Args:
        decision: The session's decision; None if there is none.
        language: sv or en.
    """
    if decision is None:
        return say(WORDS, "answer.none", language)
    if decision.outcome == "declined":
        return say(WORDS, "answer.no", language, reason=reasons_in_words(decision.reason, language=language))
    amount = kronor(decision.amount_ore)
    if decision.outcome == "eligible" or decision.released:
        return say(WORDS, "answer.yes", language, amount=amount)
    key = "answer.yes_held" if decision.released is None else "answer.yes_refused"
    return say(WORDS, key, language, amount=amount, reason=reasons_in_words(decision.reason, language=language))


def ruling(decision: Decision | None, *, language: Language) -> str:
    """Return the guest's text for a person's ruling on a held reward; empty before a ruling."""
    if decision is None or decision.released is None:
        return ""
    return say("bank", f"why.{'released' if decision.released else 'refused'}", language)


def first_sentence(decision: Decision | None, *, language: Language) -> str:
    """Return the ruling or limit that decided a reward; empty if the answer itself did."""
    ruled = ruling(decision, language=language)
    if ruled or decision is None or decision.reason not in OTHER_REASONS:
        return ruled
    return say("bank", OTHER_REASONS[decision.reason], language)


def reasons_in_words(reason: str, *, language: Language) -> str:
    """Return the reasons of a decision in words, for staff."""
    words = section(WORDS, language)
    return ", ".join(words.get(f"reason.{each}", each) for each in reason.split(","))
