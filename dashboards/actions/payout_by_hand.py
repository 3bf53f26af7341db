"""One payout by hand: send, retry, hold or release it; and the switch that stops every payout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from dashboards import fragments
from dashboards.actions.confirmed_action import confirmed_action
from dashboards.parts.payment_changes import changes_table
from dashboards.parts.payouts import state_name
from dashboards.reading.payouts import PilotPayouts
from dashboards.visit import Visit
from operations.paying_by_hand import pay_by_hand
from payouts.meanings import for_staff
from payouts.rail import ProviderError
from payouts.stripe.configured import open_rail
from pilot.access import Permission
from pilot.money import kronor
from storage.store.cafes import switches
from storage.store.payouts import batches, payment_history
from storage.store.payouts.instruction_rows import Instruction, State
from storage.store.payouts.payout_codes import RESTORED

CHANGE: Permission = "money.change"
Step = Literal["trigger", "retry", "hold", "release"]
STEPS: dict[State, tuple[Step, ...]] = {
    "planned": ("trigger", "hold"),
    "in_flight": ("trigger",),
    "refused": ("retry",),
    "needs_review": ("retry",),
    "held": ("release",),
}


def by_hand(visit: Visit, pilot: PilotPayouts) -> None:
    """Draw the choice of a payout and of a step that its state allows; nothing without open payouts."""
    say = visit.say
    payouts = {each.id: each for each in pilot.open if _steps(each)}
    if not payouts or not visit.principal.may(CHANGE):
        return
    visit.draw(fragments.section_head(say("payments.hand.title"), summary=say("payments.hand.what")))
    with st.container(key="by-hand"):
        names = {
            name: f"{kronor(each.amount_ore)}, {state_name(visit, each)}, {name}" for name, each in payouts.items()
        }
        chosen = st.selectbox(
            say("payments.hand.choose"), list(names), format_func=names.__getitem__, key="by-hand-payout", width=560
        )
        one = payouts[chosen]
        visit.draw(fragments.lead("", notes=[for_staff(one.state, one.code, language=visit.language)]))
        with st.expander(say("payments.hand.history"), key=f"history-{chosen}"):
            changes_table(visit, payment_history.of_payout(visit.store(permission="money"), chosen))
        step = _chosen_step(visit, _steps(one))
        confirmed_action(
            visit,
            cafe=None,
            key=f"hand-{chosen}-{step}",
            name=say(f"payments.hand.{step}"),
            effect=say(f"payments.hand.{step}_effect"),
            do=lambda reason: _take(visit, one, step=step, reason=reason),
            permission=CHANGE,
        )


def stop_switch(visit: Visit, pilot: PilotPayouts) -> None:
    """Draw the switch that stops every reward and payout, and starts them again."""
    if not visit.principal.may(CHANGE):
        return
    say, verb = visit.say, "start" if pilot.stopped.is_on else "stop"

    def do(reason: str) -> str:
        store = visit.store(permission=CHANGE)
        switches.turn(store, "rewards_stopped", on=verb == "stop", actor=visit.actor, reason=reason)
        return say(f"payments.switch.{verb}_done")

    with st.expander(say(f"payments.switch.{verb}")):
        confirmed_action(
            visit,
            cafe=None,
            key=f"switch-{verb}",
            name=say(f"payments.switch.{verb}_button"),
            effect=say(f"payments.switch.{verb}_effect"),
            do=do,
            permission=CHANGE,
        )


def _steps(payout: Instruction) -> tuple[Step, ...]:
    """Return the steps that a payout's state allows; a restore's hold ends with its frozen rewards."""
    return () if payout.code == RESTORED else STEPS.get(payout.state, ())


def _chosen_step(visit: Visit, steps: Sequence[Step]) -> Step:
    if len(steps) == 1:
        return steps[0]
    chosen: Step = st.radio(
        visit.say("payments.hand.step"),
        list(steps),
        format_func=lambda step: visit.say(f"payments.hand.{step}"),
        key="by-hand-step",
        horizontal=True,
    )
    return chosen


def _take(visit: Visit, one: Instruction, *, step: Step, reason: str) -> str:
    store = visit.store(permission=CHANGE)
    if step in ("hold", "release"):
        done = batches.hold(store, one.id, held=step == "hold", actor=visit.actor, reason=reason)
    else:
        rail = open_rail(visit.home.settings)
        if rail is None:
            raise ProviderError("No payment provider is configured.", remedy="Set PILOT_STRIPE_KEY.")
        done = pay_by_hand(visit.home, rail, one.id, retry_refused=step == "retry", actor=visit.actor, reason=reason)
    if step == "trigger" and done.state == "planned":
        return visit.say("payments.hand.not_sent")
    return visit.say("payments.hand.done", amount=kronor(done.amount_ore), state=state_name(visit, done))
