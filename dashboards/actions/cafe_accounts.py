"""The accounts that may open a café's pages: invite, make a new link, revoke; as `pilot account` does."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.actions.confirmed_action import DONE, confirmed_action, refusal
from dashboards.visit import Visit
from operations.access.first_sign_in import link_address
from pilot.access import Permission
from pilot.business_days import business_day
from pilot.cafes import Cafe
from pilot.formatting import clock_time, join_names, short_day
from pilot.swedish_order import swedish_key
from pilot.words import say as say_words
from storage.errors import StorageError, StoreAway
from storage.store.access import accounts, links, sign_ins
from storage.store.access.accounts import LONGEST_EMAIL, Account
from storage.store.engine import Store

CHANGE: Permission = "accounts"
LINK = "cafes.link"  # a new link, with its café and time
LINK_SHOWN = timedelta(minutes=2)  # long enough to copy; the page redraws itself whenever data arrives


def cafe_accounts(visit: Visit, cafe: Cafe) -> None:
    """Draw who may open the café's pages, and the actions for those who may invite."""
    say = visit.say
    visit.draw(fragments.section_head(say("cafes.accounts.title"), summary=say("cafes.accounts.what")))
    try:
        store = visit.store(cafe=cafe.id, permission="cafes")
        found = [each for each in accounts.every(store) if each.revoked_at is None and each.principal.sees(cafe.id)]
        seen = sign_ins.last_seen(store)
    except StoreAway:
        visit.draw(fragments.paragraph(say("action.refused.StoreAway")))
        return
    names = {each.id: each.name for each in visit.cafes}
    rows = [
        {
            say("cafes.accounts.email"): each.email,
            say("cafes.accounts.role"): say_words("entrance", f"role.{each.role}", visit.language),
            say("cafes.accounts.cafes"): _cafes(visit, each, names),
            say("cafes.accounts.seen"): _moment(visit, each, seen),
        }
        for each in found
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    _new_link(visit, cafe)
    if not visit.principal.may(CHANGE):
        visit.draw(fragments.paragraph(say("cafes.accounts.only_admin")))
        return
    _invite(visit, cafe)
    managers = [each for each in found if each.role == "manager"]
    if managers:
        _link(visit, cafe, managers)
        _revoke(visit, cafe, managers, names)


def _new_link(visit: Visit, cafe: Cafe) -> None:
    """Draw the link that was just made for the café, for a short time."""
    made: tuple[str, str, datetime] | None = st.session_state.get(LINK)
    if made is None:
        return
    of_cafe, link, at = made
    if of_cafe != cafe.id or visit.now - at >= LINK_SHOWN:
        del st.session_state[LINK]
        return
    visit.draw(fragments.status(visit.say("cafes.accounts.link_once")))
    st.code(link, language=None, wrap_lines=True)


def _invite(visit: Visit, cafe: Cafe) -> None:
    say = visit.say
    with (
        st.expander(say("cafes.accounts.invite"), key=f"invite-{cafe.id}"),
        st.form(f"invite-form-{cafe.id}", border=False),
    ):
        visit.draw(fragments.paragraph(say("cafes.accounts.invite_what", cafe=cafe.name)))
        email = st.text_input(
            say("cafes.accounts.email"), max_chars=LONGEST_EMAIL, key=f"invite-email-{cafe.id}", width=420
        )
        sent = st.form_submit_button(say("cafes.accounts.invite_button"), key=f"invite-send-{cafe.id}")
    if not sent:
        return
    try:
        store = visit.store(cafe=cafe.id, permission=CHANGE)
        known = accounts.find(store, email)
        if known is not None and known.revoked_at is None and known.role != "manager":
            visit.draw(
                fragments.status(
                    say("cafes.accounts.other_role", role=say_words("entrance", f"role.{known.role}", visit.language))
                )
            )
            return
        kept = known.cafes or frozenset() if known is not None and known.revoked_at is None else frozenset()
        invited = accounts.invite(
            store,
            email=email,
            role="manager",
            cafes=kept | {cafe.id},
            known_cafes=visit.home.cafes().ids,
            actor=visit.actor,
        )
        _make_link(visit, cafe, store, invited)
    except StorageError as refused:
        visit.draw(fragments.status(refusal(visit, refused)))
        return
    st.session_state[DONE] = say("cafes.accounts.invited", email=invited.email, cafe=cafe.name)
    st.rerun()


def _link(visit: Visit, cafe: Cafe, managers: list[Account]) -> None:
    say = visit.say
    with (
        st.expander(say("cafes.accounts.link"), key=f"link-{cafe.id}"),
        st.form(f"link-form-{cafe.id}", border=False),
    ):
        visit.draw(fragments.paragraph(say("cafes.accounts.link_what")))
        chosen = st.selectbox(
            say("cafes.accounts.email"), [each.email for each in managers], key=f"link-email-{cafe.id}", width=420
        )
        sent = st.form_submit_button(say("cafes.accounts.link_button"), key=f"link-send-{cafe.id}")
    if not sent:
        return
    try:
        store = visit.store(cafe=cafe.id, permission=CHANGE)
        account = accounts.find(store, chosen)
        if account is None or account.revoked_at is not None or not account.principal.sees(cafe.id):
            visit.draw(fragments.status(say("action.refused.other")))
            return
        _make_link(visit, cafe, store, account)
    except StorageError as refused:
        visit.draw(fragments.status(refusal(visit, refused)))
        return
    st.session_state[DONE] = say("cafes.accounts.linked", email=account.email)
    st.rerun()


def _make_link(visit: Visit, cafe: Cafe, store: Store, account: Account) -> None:
    """Save a new link for the next drawing: an invitation until a password is chosen, then a sign-in."""
    if account.password_hash:
        token, path = links.make(store, account, kind="sign_in", actor=visit.actor), "/link"
    else:
        token, path = links.make(store, account, kind="invitation", actor=visit.actor), "/invitation"
    st.session_state[LINK] = (cafe.id, link_address(visit.home, token, path=path), visit.now)


def _revoke(visit: Visit, cafe: Cafe, managers: list[Account], names: dict[str, str]) -> None:
    say = visit.say
    with st.expander(say("cafes.accounts.revoke"), key=f"revoke-{cafe.id}"):
        by_email = {each.email: each for each in managers}
        chosen = st.selectbox(say("cafes.accounts.email"), list(by_email), key=f"revoke-email-{cafe.id}", width=420)

        def do(reason: str) -> str:
            store = visit.store(cafe=cafe.id, permission=CHANGE)
            for each in by_email[chosen].cafes or ():  # A reader of some cafés takes none of another's managers away.
                visit.confirm(cafe=each, permission=CHANGE)
            accounts.revoke(store, email=chosen, actor=visit.actor, reason=reason)
            return say("cafes.accounts.revoked", email=chosen)

        confirmed_action(
            visit,
            cafe=cafe.id,
            key=f"revoke-{cafe.id}",
            name=say("cafes.accounts.revoke_button"),
            effect=say("cafes.accounts.revoke_effect", email=chosen, cafes=_cafes(visit, by_email[chosen], names)),
            do=do,
            permission=CHANGE,
        )


def _cafes(visit: Visit, account: Account, names: dict[str, str]) -> str:
    """Return an account's cafés; one that the reader may not see is only counted."""
    if account.cafes is None:
        return visit.say("cafes.accounts.every")
    known = sorted((names[each] for each in account.cafes if each in names), key=swedish_key)
    others = len(account.cafes) - len(known)
    named = [*known, visit.say("cafes.accounts.others", count=others)] if others else known
    return join_names(named, language=visit.language)


def _moment(visit: Visit, account: Account, seen: dict[str, datetime]) -> str:
    at = seen.get(account.id)
    if at is None:
        return visit.say("cafes.accounts.never")
    return f"{short_day(business_day(at), language=visit.language)} {clock_time(at)}"
