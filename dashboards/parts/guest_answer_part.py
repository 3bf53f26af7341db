"""One guest's reference in words for a café's staff: completed, rewarded, paid, and why."""

from __future__ import annotations

from markupsafe import Markup

from dashboards.fragments import render
from dashboards.visit import Visit
from operations.session_answers import TABLES, NoResult, session_answer
from payouts.paid_state import PaidState, paid_state
from pilot.business_days import business_day
from pilot.formatting import clock_time, day_and_year, long_day
from pilot.money import kronor
from pilot.words import say as say_words
from storage.store.engine import Store
from storage.store.rewards import decisions
from storage.store.rewards.decisions import Decision
from storage.store.rewards.receipts import Receipt

WORDS = "help"


def guest_answer(visit: Visit, receipt: Receipt) -> Markup:
    """Return what staff may know about a receipt's session: no words of the guest, points or account.

    Raises:
        AccessChanged: the reader may not see the receipt's café.
    """
    store = visit.store(cafe=receipt.cafe, permission="feedback")
    decision = decisions.find(store, receipt.session_id)
    state = paid_state(store, decision)
    day = long_day(business_day(receipt.created_at), language=visit.language)
    clock = clock_time(receipt.created_at)
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    why, note = _why(visit, store, receipt, decision)
    answers = [
        (_say(visit, "find.completed"), [_say(visit, "find.completed_yes", day=day, clock=clock)]),
        (_say(visit, "find.reward"), [_reward(visit, state, decision)]),
        (_say(visit, "find.paid"), [_paid(visit, state)]),
        (_say(visit, "find.why"), why),
    ]
    notes = [note]
    if state.code == "no_reward":
        notes.append(_say(visit, "find.again", reference=_spoken(receipt)))
    if receipt.simulated and not visit.simulated:
        notes.append(_say(visit, "find.simulated"))
    return render(
        "answers", title=f"{names.get(receipt.cafe, receipt.cafe)}, {_spoken(receipt)}", answers=answers, notes=notes
    )


def _reward(visit: Visit, state: PaidState, decision: Decision | None) -> str:
    if state.code in ("undecided", "no_reward", "review") or decision is None:
        return _say(visit, f"reward.{state.code}")
    return _say(visit, "reward.yes", amount=kronor(decision.amount_ore))


def _paid(visit: Visit, state: PaidState) -> str:
    key = "paid.review_open" if state.code == "review" and state.at is None else f"paid.{state.code}"
    if state.at is None:
        return _say(visit, key)
    day = day_and_year(business_day(state.at), language=visit.language)
    return _say(visit, key, day=day, clock=clock_time(state.at))


def _why(visit: Visit, store: Store, receipt: Receipt, decision: Decision | None) -> tuple[list[str], str]:
    """Return the explanation that can be said to the guest, and a note below it."""
    cafe = next((each for each in visit.cafes if each.id == receipt.cafe), None)
    try:
        with visit.lake().snapshot(*TABLES, days=[receipt.day]) as snapshot:
            found = session_answer(
                store, snapshot, receipt, decision, cafe=cafe, language=visit.language, now=visit.now
            )
    except NoResult as missing:
        return [_say(visit, "find.no_why", reason=missing.what)], ""
    # The offer of a second review is worded for the guest; the staff's own is a note.
    offers = {
        say_words(name, key, visit.language, reference=receipt.reference)
        for name, key in (("why", "again"), ("bank", "why.again"))
    }
    return [each for each in found.sentences if each not in offers], _say(visit, "find.say_it")


def _spoken(receipt: Receipt) -> str:
    return f"{receipt.reference[:3]} {receipt.reference[3:]}"


def _say(visit: Visit, key: str, **fields: object) -> str:
    return say_words(WORDS, key, visit.language, **fields)
