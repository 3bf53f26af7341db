"""The rulings on held rewards, and the approval of batches: by a person, with a reason."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from dashboards import fragments
from dashboards.actions.confirmed_action import confirmed_action
from dashboards.fragments import render
from dashboards.parts import feedback_fragments
from dashboards.reading.page_snapshot import PageSnapshot
from dashboards.reading.payouts import PilotPayouts, Rulings
from dashboards.reading.to_do import WORDS_TABLES, words_of
from dashboards.visit import Visit
from payouts.answering import reasons_in_words
from payouts.deciding import issuer
from pilot.access import Permission
from pilot.business_days import business_day
from pilot.formatting import clock_time, long_day, short_day
from pilot.money import kronor
from storage.store.payouts import batches
from storage.store.payouts.batches import Batch
from storage.store.rewards import decisions
from storage.store.rewards.decisions import Decision

CHANGE: Permission = "money.change"


def held_rewards(visit: Visit, waiting: Rulings) -> None:
    """Draw the held rewards, most urgent first, and the ruling on one of them."""
    say = visit.say
    summary = say("payments.held.what" if waiting.held else "payments.held.none")
    visit.draw(fragments.section_head(say("payments.held.title"), summary=summary))
    if not waiting.held:
        return
    names = {each.session_id: _name(visit, each, waiting) for each in waiting.to_choose}
    chosen = st.selectbox(
        say("payments.held.choose", count=len(waiting.held)),
        list(names),
        format_func=names.__getitem__,
        key="held",
        width=560,
    )
    one = next(each for each in waiting.held if each.session_id == chosen)
    with st.container(border=True, key=f"held-{one.reward_id}"):
        visit.draw(_described(visit, one, waiting))
        _words(visit, one)
        if visit.principal.may(CHANGE):
            _ruling(visit, one)


def waiting_batches(visit: Visit, pilot: PilotPayouts) -> None:
    """Draw the batches that wait for a person's approval; nothing if there is none."""
    say = visit.say
    if not pilot.waiting:
        return
    visit.draw(fragments.section_head(say("payments.batches.title"), summary=say("payments.batches.what")))
    for one in pilot.waiting:
        batch, count, amount = one.batch, one.payouts, kronor(one.total_ore)
        with st.container(border=True, key=f"batch-{batch.id}"):
            day = long_day(batch.day, language=visit.language)
            total = say("payments.batch_one" if count == 1 else "payments.batch", count=count, total=amount)
            visit.draw(render("case", title=f"{day}: {total}", state="open", status="", lines=[], details=[batch.id]))
            if visit.principal.may(CHANGE):
                _approval(visit, batch, total=total)


def _name(visit: Visit, one: Decision, waiting: Rulings) -> str:
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    reference = waiting.references.get(one.session_id, "")
    parts = [names.get(one.cafe, one.cafe), kronor(one.amount_ore), f"{reference[:3]} {reference[3:]}".strip()]
    if one.held_until is not None and one.held_until < visit.now:
        parts.append(visit.say("payments.held.late"))
    return ", ".join(part for part in parts if part)


def _described(visit: Visit, one: Decision, waiting: Rulings) -> Markup:
    say, lines = visit.say, []
    reasons = reasons_in_words(one.reason, language=visit.language)
    lines.append(say("payments.held.why", reasons=reasons))
    if one.held_until is not None:
        day = long_day(business_day(one.held_until), language=visit.language)
        late = one.held_until < visit.now
        lines.append(say("payments.held.was_promised" if late else "payments.held.promised", day=day))
    decided = f"{short_day(business_day(one.decided_at), language=visit.language)} {clock_time(one.decided_at)}"
    return render(
        "case",
        title=_name(visit, one, waiting),
        state="open",
        status="",
        lines=lines,
        details=[say("payments.held.since", when=decided)],
    )


def _words(visit: Visit, one: Decision) -> None:
    """Draw the guest's answer on demand."""
    if not st.toggle(visit.say("payments.held.read"), key=f"read-{one.reward_id}"):
        return
    days = (one.day,)
    with PageSnapshot(visit.lake(), *WORDS_TABLES, days=days) as snapshot:
        said = words_of(
            snapshot,
            snapshot.key,
            cafe=one.cafe,
            sessions=(one.session_id,),
            days=days,
            simulated=visit.simulated,
            cover=visit.cover,
        )
    visit.draw(
        feedback_fragments.quotes(visit, said) if said else fragments.paragraph(visit.say("payments.held.no_words"))
    )


def _ruling(visit: Visit, one: Decision) -> None:
    say = visit.say
    choices = {True: say("payments.held.approve"), False: say("payments.held.refuse")}
    release = st.radio(
        say("payments.held.ruling"), list(choices), format_func=choices.__getitem__, key=f"ruling-{one.reward_id}"
    )
    verb, amount = "approve" if release else "refuse", kronor(one.amount_ore)

    def do(reason: str) -> str:
        decisions.rule(
            visit.store(cafe=one.cafe, permission=CHANGE),
            one.session_id,
            release=bool(release),
            issuer=issuer(visit.home.secret()),
            actor=visit.actor,
            reason=reason,
        )
        return say(f"payments.held.{verb}_done", amount=amount)

    confirmed_action(
        visit,
        cafe=one.cafe,
        key=f"rule-{one.reward_id}-{verb}",
        name=say(f"payments.held.{verb}_button", amount=amount),
        effect=say(f"payments.held.{verb}_effect"),
        do=do,
        permission=CHANGE,
    )


def _approval(visit: Visit, batch: Batch, *, total: str) -> None:
    say = visit.say

    def do(reason: str) -> str:
        batches.approve(visit.store(permission=CHANGE), batch.id, actor=visit.actor, reason=reason)
        return say("payments.batches.done")

    confirmed_action(
        visit,
        cafe=None,
        key=f"approve-{batch.id}",
        name=say("payments.batches.button"),
        effect=say("payments.batches.effect", total=total),
        do=do,
        permission=CHANGE,
    )
