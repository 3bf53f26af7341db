"""The status of a voucher by its code, and its redemption as at the till."""

from __future__ import annotations

import secrets
from datetime import timedelta

import streamlit as st
from markupsafe import Markup

from dashboards import fragments
from dashboards.visit import Visit
from payouts import redeeming
from payouts.redeeming import RedeemingReply
from pilot.access import Permission
from pilot.business_days import business_day
from pilot.cafes import Cafe
from pilot.composed import composed
from pilot.formatting import clock_time, day_and_year
from pilot.money import kronor
from pilot.words import say as say_words
from storage.errors import StoreAway
from storage.store.rewards.vouchers import UNDO_SECONDS

SECTION = "rewards"
CHANGE: Permission = "cafe.change"
MOST_TYPED = 40
REPLY = "voucher.reply"  # the last tap's code and result
REQUEST_BYTES = 12
GOOD = ("redeemed", "undone", "valid")


def voucher_action(visit: Visit, cafe: Cafe) -> None:
    """Draw the field of the code, what it is worth, and the button that redeems it."""
    say = visit.sayer(SECTION)
    visit.draw(fragments.section_head(say("voucher.title"), summary=say("voucher.what")))
    typed = composed(
        st.text_input(
            say("voucher.code"),
            max_chars=MOST_TYPED,
            key=f"voucher-{cafe.id}",
            placeholder=say("voucher.placeholder"),
            width=300,
            autocomplete="off",
        )
    ).strip()
    if not typed:
        return
    try:
        _reply(visit, cafe, typed)
    except StoreAway:
        visit.draw(fragments.status(say("away")))


def _reply(visit: Visit, cafe: Cafe, typed: str) -> None:
    store = visit.store(cafe=cafe.id, permission="feedback")
    last: tuple[str, str, RedeemingReply] | None = st.session_state.get(REPLY)
    if last is not None and last[:2] == (cafe.id, typed):
        reply = last[2]
    else:
        reply = redeeming.check_code(store, secret=visit.home.secret(), typed=typed, cafe=cafe.id)
        st.session_state.pop(REPLY, None)
    visit.draw(_in_words(visit, cafe, reply))
    if not visit.principal.may(CHANGE):
        if reply.outcome == "valid":
            visit.draw(fragments.paragraph(visit.sayer(SECTION)("voucher.may_not")))
        return
    if reply.outcome in ("valid", "undone"):
        _redeem(visit, cafe, typed, reply)
    elif reply.outcome == "redeemed" and _is_young(visit, reply):
        _undo(visit, cafe, typed, reply)


def _redeem(visit: Visit, cafe: Cafe, typed: str, reply: RedeemingReply) -> None:
    assert reply.voucher is not None
    label = visit.sayer(SECTION)("voucher.redeem", amount=kronor(reply.voucher.amount_ore))
    # One request for each number of the voucher's taps: a double tap redeems once and says so twice.
    request = st.session_state.setdefault(f"voucher.request.{reply.code}", secrets.token_urlsafe(REQUEST_BYTES))
    if st.button(label, type="primary", key=f"redeem-{cafe.id}"):
        store = visit.store(cafe=cafe.id, permission=CHANGE)
        done = redeeming.redeem(
            store, secret=visit.home.secret(), typed=reply.code, cafe=cafe.id, actor=visit.actor, request=request
        )
        st.session_state[REPLY] = (cafe.id, typed, done)
        st.rerun()


def _undo(visit: Visit, cafe: Cafe, typed: str, reply: RedeemingReply) -> None:
    if st.button(visit.sayer(SECTION)("voucher.undo"), key=f"undo-{cafe.id}"):
        store = visit.store(cafe=cafe.id, permission=CHANGE)
        done = redeeming.undo(store, secret=visit.home.secret(), typed=reply.code, cafe=cafe.id, actor=visit.actor)
        st.session_state[REPLY] = (cafe.id, typed, done)
        st.session_state.pop(f"voucher.request.{reply.code}", None)
        st.rerun()


def _is_young(visit: Visit, reply: RedeemingReply) -> bool:
    at = reply.voucher.redeemed_at if reply.voucher else None
    return at is not None and visit.now - at <= timedelta(seconds=UNDO_SECONDS)


def _in_words(visit: Visit, cafe: Cafe, reply: RedeemingReply) -> Markup:
    """Return the reply in the till's words."""
    say, voucher, kind = visit.sayer(SECTION), reply.voucher, "good" if reply.outcome in GOOD else "bad"
    amount = kronor(voucher.amount_ore) if voucher else ""
    if reply.outcome == "valid" and voucher is not None:
        day = day_and_year(business_day(voucher.expires_at), language=visit.language)
        title, text = say("voucher.valid_title", amount=amount), say("voucher.valid", day=day)
    else:
        outcome = "test" if reply.outcome == "redeemed" and voucher and voucher.simulated else reply.outcome
        moment = (voucher.redeemed_at or voucher.expires_at) if voucher else visit.now
        when = f"{day_and_year(business_day(moment), language=visit.language)} {clock_time(moment)}"
        fields = {"cafe": cafe.name, "amount": amount, "when": when}
        title = say_words("till", f"till.{outcome}_title", visit.language, **fields)
        text = say_words("till", f"till.{outcome}", visit.language, **fields)
    if voucher is not None and voucher.simulated and reply.outcome != "redeemed":
        title = f"{say('voucher.test')} – {title}"
    return fragments.render("voucher", kind=kind, title=title, text=text)
