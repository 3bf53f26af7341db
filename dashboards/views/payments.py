"""The page of payments: what waits for a person, what failed, and one payment with its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboards import fragments
from dashboards.actions.confirmed_action import draw_result
from dashboards.actions.payout_by_hand import by_hand, stop_switch
from dashboards.actions.payout_rulings import held_rewards, waiting_batches
from dashboards.parts.payment_changes import changes_table
from dashboards.parts.payouts import failures, gate, lead
from dashboards.reading.payouts import pilot_payouts, rulings
from dashboards.visit import Visit, current
from payouts.answering import earned_in_words
from payouts.meanings import for_staff
from pilot.business_days import business_day
from pilot.composed import composed
from pilot.formatting import day_and_year
from pilot.identifiers import readable
from pilot.money import kronor
from pilot.words import say as say_words
from storage.store.payouts import batches, payment_history
from storage.store.payouts.attempts import MONEY_RAILS
from storage.store.payouts.payment_search import Subject, payout_of_reward, search
from storage.store.rewards import decisions, freezing, vouchers

if TYPE_CHECKING:
    from storage.store.rewards.vouchers import Voucher

MOST_SEARCHED = 255  # characters
MOST_SHOWN = 5  # guests who share a short reference


def show(visit: Visit) -> None:
    """Draw the page; a reader of some cafés sees those cafés' rewards, and no payouts of the whole pilot."""
    say = visit.say
    visit.draw(fragments.page_head(crumb=say("payments.crumb"), title=say("payments.title"), freshness=""))
    draw_result(visit)
    summed = st.container()
    if "sok" not in st.session_state and "sok" in st.query_params:
        st.session_state["sok"] = composed(st.query_params["sok"])[:MOST_SEARCHED]
    typed = st.text_input(
        say("payments.search"),
        key="sok",
        max_chars=MOST_SEARCHED,
        placeholder="K7M-2Q4",
        width=420,
        help=say("payments.what"),
    )
    wanted = composed(typed).strip()
    if wanted:
        _found(visit, wanted)
        return
    waiting = rulings(visit.store(permission="money"), cafes=visit.ids, simulated=visit.simulated)
    pilot = None
    if visit.principal.cafes is None:
        pilot = pilot_payouts(visit.home, visit.store(permission="money"), simulated=visit.simulated, now=visit.now)
    with summed:
        visit.draw(fragments.lead(lead(visit, waiting, pilot)))
    held_rewards(visit, waiting)
    if pilot is None:
        visit.draw(fragments.paragraph(say("payments.whole_pilot")))
        return
    waiting_batches(visit, pilot)
    failures(visit, pilot)
    by_hand(visit, pilot)
    gate(visit, pilot)
    stop_switch(visit, pilot)


def _found(visit: Visit, wanted: str) -> None:
    say = visit.say
    found = [one for one in search(visit.store(permission="money"), wanted) if _is_visible(visit, one)]
    if not found:
        visit.draw(fragments.lead(say("payments.nothing"), notes=[say("payments.nothing_do")]))
        return
    if len(found) > 1:
        visit.draw(fragments.paragraph(say("payments.several", count=len(found))))
    for one in found[:MOST_SHOWN]:
        _subject(visit, one, wanted=wanted)


def _is_visible(visit: Visit, one: Subject) -> bool:
    """Return whether a reader of some cafés may see a payment: its session's café is one of them."""
    if visit.principal.cafes is None:
        return True
    decision = decisions.find(visit.store(permission="money"), one.session_id) if one.kind == "reward" else None
    return decision is not None and visit.principal.sees(decision.cafe)


def _subject(visit: Visit, one: Subject, *, wanted: str) -> None:
    store = visit.store(permission="money")
    if one.kind == "batch":
        own = batches.instructions(store, one.id)
        total = kronor(sum(each.amount_ore for each in own))
        visit.draw(
            fragments.section_head(
                one.id,
                summary=visit.say(
                    "payments.batch_one" if len(own) == 1 else "payments.batch", count=len(own), total=total
                ),
            )
        )
        changes_table(visit, payment_history.of_batch(store, one.id))
    elif one.kind == "payout":
        visit.draw(fragments.section_head(one.id) + fragments.lead(_payout(visit, one.id)))
        changes_table(visit, payment_history.of_payout(store, one.id))
    else:
        _reward(visit, one, wanted=wanted)


def _reward(visit: Visit, one: Subject, *, wanted: str) -> None:
    store = visit.store(permission="money")
    decision = decisions.find(store, one.session_id)
    notes = []
    if decision is not None:
        payout, voucher = payout_of_reward(store, decision.reward_id), vouchers.of_reward(store, decision.reward_id)
        if payout is not None:
            notes.append(_payout(visit, payout))
        elif voucher is not None:
            notes.append(_voucher(visit, voucher))
        if decision.simulated:
            notes.append(visit.say("payments.simulated"))
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    # Support searches by the guest's reference and recognises it; a session's id has no meaning for support.
    spoken = readable(wanted) if wanted not in (one.id, one.session_id) else None
    reference = f"{spoken[:3]} {spoken[3:]}" if spoken else one.session_id
    title = reference if decision is None else f"{names.get(decision.cafe, decision.cafe)}, {reference}"
    visit.draw(
        fragments.section_head(title) + fragments.lead(earned_in_words(decision, language=visit.language), notes=notes)
    )
    if decision is not None:
        changes_table(visit, payment_history.of_reward(store, decision.reward_id))


def _payout(visit: Visit, name: str) -> str:
    store = visit.store(permission="money")
    one = batches.find_instruction(store, name)
    batch = batches.find_batch(store, one.batch_id)
    sentences = [kronor(one.amount_ore) + ".", for_staff(one.state, one.code, language=visit.language)]
    if batch.approval == "waiting":
        sentences.append(visit.say("payments.waits"))
    if batch.rail not in MONEY_RAILS:
        sentences.append(visit.say("payments.no_money"))
    return " ".join(sentences)


def _voucher(visit: Visit, voucher: Voucher) -> str:
    day = day_and_year(business_day(voucher.expires_at), language=visit.language)  # a voucher is valid for months
    frozen = voucher.state == "issued" and freezing.frozen(visit.store(permission="money"), voucher.reward_id)
    return say_words("money", f"voucher.{'frozen' if frozen else voucher.state}", visit.language, day=day)


show(current())
