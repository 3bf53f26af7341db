"""The page of cafés: state, trial, codes and opening hours, with the actions that change them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.actions.cafe_accounts import cafe_accounts
from dashboards.actions.cafes_draft import draft_of_file
from dashboards.actions.code_actions import retire_code
from dashboards.actions.confirmed_action import confirmed_action, draw_result
from dashboards.choices.url_choice import url_choice
from dashboards.parts.cafe_context import cafe_context
from dashboards.parts.cafes_in_need import cafes_in_need
from dashboards.reading.code_scans import DAYS, TABLES, code_scans
from dashboards.reading.page_snapshot import PageSnapshot
from dashboards.visit import Visit, current
from pilot.business_days import business_day, days_between
from pilot.cafes import Cafe
from pilot.composed import composed
from pilot.formatting import clock_time, long_day, number, short_day
from pilot.opening_hours import hours_on, opening_at
from pilot.swedish_order import swedish_key
from storage.errors import StoreAway
from storage.store.cafes import cafe_states, codes, trial_slots
from storage.store.cafes.cafe_states import LARGEST_TRIAL_LIMIT, CafeState
from storage.store.cafes.codes import Code
from storage.store.cafes.trial_slots import TrialUse

HOURS_SHOWN_DAYS = 7
ROWS_SHOWN = 50  # cafés; more are searched
SEARCH = "sok"


def show(visit: Visit) -> None:
    """Draw the page."""
    say = visit.say
    visit.draw(fragments.page_head(crumb=say("cafes.crumb"), title=say("cafes.title"), freshness=""))
    draw_result(visit)
    try:
        store = visit.store(permission="cafes")
        states, uses = cafe_states.find_all(store), trial_slots.usages(store, visit.cafes)
        active = codes.active(store)
    except StoreAway:
        visit.draw(fragments.paragraph(say("cafes.away")))
        return
    by_name = sorted(visit.cafes, key=lambda one: swedish_key(one.name))
    visit.draw(fragments.lead(_lead(visit, states, uses), notes=cafes_in_need(visit)))
    found = _searched(visit, by_name) if len(by_name) > ROWS_SHOWN else by_name
    if not found:
        visit.draw(fragments.paragraph(say("cafes.search.none")))
        return
    if len(found) > ROWS_SHOWN:
        count = number(len(found), language=visit.language)
        visit.draw(fragments.paragraph(say("cafes.search.first", shown=ROWS_SHOWN, count=count)))
    rows = [
        {
            say("controls.cafe"): cafe.name,
            say("cafes.state"): _state(visit, cafe, states.get(cafe.id), uses[cafe.id]),
            say("cafes.used"): number(uses[cafe.id].used, language=visit.language),
            say("cafes.left"): number(_left(uses[cafe.id]), language=visit.language),
            say("cafes.limit"): number(uses[cafe.id].limit, language=visit.language),
            say("cafes.today"): _hours(visit, cafe, visit.now),
        }
        for cafe in found[:ROWS_SHOWN]
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    with st.container(horizontal=True, key="controls"):
        names = {cafe.id: cafe.name for cafe in found[:ROWS_SHOWN]}
        chosen = url_choice(say("controls.cafe"), names, default=found[0].id, name="kafe", width=280)
    cafe = next(one for one in by_name if one.id == chosen)
    visit.draw(fragments.section_head(cafe.name, summary=_state(visit, cafe, states.get(chosen), uses[chosen])))
    _pause(visit, cafe, states.get(chosen, CafeState(chosen)))
    _limit(visit, cafe, uses[chosen])
    _codes(visit, cafe, [one for one in active if one.cafe == chosen])
    cafe_accounts(visit, cafe)
    cafe_context(visit, cafe)
    _week(visit, cafe)
    draft_of_file(visit)


def _searched(visit: Visit, cafes: Sequence[Cafe]) -> list[Cafe]:
    """Return the cafés whose name, city or id contains the typed words; an address of a café finds it."""
    if SEARCH not in st.session_state:
        st.session_state[SEARCH] = composed(st.query_params.get(SEARCH, st.query_params.get("kafe", "")))
    typed = composed(st.text_input(visit.say("cafes.search.label"), key=SEARCH, max_chars=80, width=320).strip())
    if typed:
        st.query_params[SEARCH] = typed
    else:
        st.query_params.pop(SEARCH, None)
    words = typed.casefold().split()
    return [one for one in cafes if all(word in f"{one.name} {one.city} {one.id}".casefold() for word in words)]


def _lead(visit: Visit, states: dict[str, CafeState], uses: dict[str, TrialUse]) -> str:
    paused = sum(cafe.id in states and states[cafe.id].paused for cafe in visit.cafes)
    full = sum(uses[cafe.id].full for cafe in visit.cafes)
    if not paused and not full:
        return visit.say("cafes.all_well")
    return visit.say("cafes.some", paused=paused, full=full, all=len(visit.cafes))


def _state(visit: Visit, cafe: Cafe, state: CafeState | None, use: TrialUse) -> str:
    say = visit.say
    if state is not None and state.paused:
        return say("cafes.states.paused", reason=state.reason or "–", actor=state.actor)
    if use.full:
        return say("cafes.states.full" if cafe.on_trial_limit == "stop" else "cafes.states.unrewarded")
    opening = opening_at(cafe, visit.now)
    if opening.open and opening.closes_at is not None:
        return say("cafes.states.open", time=clock_time(opening.closes_at))
    if opening.opens_at is None:
        return say("cafes.states.closed")
    day = short_day(business_day(opening.opens_at), language=visit.language)
    return say("cafes.states.opens", day=day, time=clock_time(opening.opens_at))


def _left(use: TrialUse) -> int:
    return max(0, use.limit - use.used - use.reserved)


def _hours(visit: Visit, cafe: Cafe, moment: datetime) -> str:
    window = hours_on(cafe, business_day(moment)).window
    return visit.say("cafes.closed") if window is None else f"{window[0]:%H:%M}–{window[1]:%H:%M}"


def _pause(visit: Visit, cafe: Cafe, state: CafeState) -> None:
    say, what = visit.say, "resume" if state.paused else "pause"

    def do(reason: str) -> str:
        change = cafe_states.resume if what == "resume" else cafe_states.pause
        change(visit.store(cafe=cafe.id, permission="cafes"), cafe.id, actor=visit.actor, reason=reason)
        return say(f"cafes.{what}.done", cafe=cafe.name)

    with st.expander(say(f"cafes.{what}.title")):
        name, effect = say(f"cafes.{what}.button"), say(f"cafes.{what}.effect", cafe=cafe.name)
        confirmed_action(visit, cafe=cafe.id, key=f"{what}-{cafe.id}", name=name, effect=effect, do=do)


def _limit(visit: Visit, cafe: Cafe, use: TrialUse) -> None:
    say = visit.say
    with st.expander(say("cafes.trial.title")):
        limit = st.number_input(
            say("cafes.trial.new"),
            min_value=1,
            max_value=LARGEST_TRIAL_LIMIT,
            value=use.limit,
            step=1,
            key=f"limit-{cafe.id}",
            width=260,
        )

        def do(reason: str) -> str:
            store = visit.store(cafe=cafe.id, permission="cafes")
            cafe_states.set_trial_limit(store, cafe.id, limit=int(limit), actor=visit.actor, reason=reason)
            return say("cafes.trial.done", cafe=cafe.name, limit=number(limit, language=visit.language))

        fields = {"cafe": cafe.name, "used": use.used, "old": use.limit, "new": int(limit)}
        effect = say("cafes.trial.effect", **fields)
        confirmed_action(
            visit, cafe=cafe.id, key=f"trial-{cafe.id}", name=say("cafes.trial.button"), effect=effect, do=do
        )


def _codes(visit: Visit, cafe: Cafe, active: list[Code]) -> None:
    say = visit.say
    visit.draw(fragments.section_head(say("cafes.codes.title"), summary=say("cafes.codes.what", days=DAYS)))
    if not active:
        visit.draw(fragments.paragraph(say("cafes.codes.none")))
        return
    first = visit.today - timedelta(days=DAYS - 1)
    with PageSnapshot(visit.lake(), *TABLES, days=list(days_between(first, visit.today))) as snapshot:
        scans = code_scans(
            snapshot, snapshot.key, cafe=cafe.id, first=first, last=visit.today, simulated=visit.simulated
        )
    rows = [
        {
            say("cafes.codes.code"): one.code,
            say("cafes.codes.place"): _place(visit, one.label),
            say("cafes.codes.issued"): _moment(visit, one.created_at),
            say("cafes.codes.scanned"): _moment(visit, scans[one.code])
            if one.code in scans
            else say("cafes.codes.never"),
        }
        for one in active
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    with st.expander(say("cafes.retire.title")):
        options = {one.code: f"{one.code}, {_place(visit, one.label)}" for one in active}
        code: str = st.selectbox(
            say("cafes.codes.code"), list(options), format_func=options.__getitem__, key=f"code-{cafe.id}"
        )
        retire_code(visit, cafe, code, key=f"retire-{cafe.id}", permission="cafes")


def _place(visit: Visit, label: str) -> str:
    """Return a code's place in words; a label that a person chose is shown as it is."""
    return visit.name_of("cafes.codes.label", label)


def _week(visit: Visit, cafe: Cafe) -> None:
    say = visit.say
    visit.draw(fragments.section_head(say("cafes.week.title"), summary=say("cafes.week.what")))
    rows = []
    for day in days_between(visit.today, visit.today + timedelta(days=HOURS_SHOWN_DAYS - 1)):
        hours = hours_on(cafe, day)
        shown = say("cafes.closed") if hours.window is None else f"{hours.window[0]:%H:%M}–{hours.window[1]:%H:%M}"
        why = getattr(hours.reason, visit.language) if hours.reason else ""
        rows.append(
            {say("controls.day"): long_day(day, language=visit.language), say("cafes.week.open"): shown}
            | {say("cafes.week.why"): why}
        )
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _moment(visit: Visit, moment: datetime) -> str:
    return f"{short_day(business_day(moment), language=visit.language)} {clock_time(moment)}"


show(current())
