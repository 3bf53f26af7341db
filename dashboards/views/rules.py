"""The page of rules: which answers are sent on to a café's own programs, and each delivery."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st
from markupsafe import Markup

from dashboards import fragments
from dashboards.actions.rule_actions import deliver_again, draw_result, draw_secret, new_rule, rule_actions
from dashboards.choices.cafe_choice import choose_cafe
from dashboards.visit import Visit, current
from operations.webhooks.addresses import masked
from pilot.business_days import business_day
from pilot.cafes import Cafe
from pilot.formatting import clock_time, number, short_day
from storage.errors import StoreAway
from storage.store.outgoing.webhook_deliveries import Attempt, Delivery, deliveries_of
from storage.store.outgoing.webhook_rules import Rule, rules_of

SHOWN = 100  # deliveries
NOTHING = "–"
Row = dict[str, str]
Deliveries = Sequence[tuple[Delivery, tuple[Attempt, ...]]]


def show(visit: Visit) -> None:
    """Draw the page."""
    head = st.container()
    with st.container(horizontal=True, key="controls"):
        cafe = choose_cafe(visit)
    with head:
        visit.draw(fragments.page_head(crumb=visit.say("rules.crumb"), title=cafe.name, freshness=""))
    try:
        store = visit.store(cafe=cafe.id, permission="feedback")
        rules = rules_of(store, [cafe.id])
        sent = deliveries_of(store, [cafe.id], most=SHOWN)
    except StoreAway:
        visit.draw(fragments.paragraph(visit.say("rules.away")))
        return
    draw_result(visit)
    visit.draw(fragments.lead(_lead(visit, rules), notes=[visit.say("rules.what")]))
    draw_secret(visit, rules)
    if rules:
        visit.draw(fragments.section_head(visit.say("rules.list")))
    for rule in rules:
        with st.container(border=True, key=f"rule-{rule.id}"):
            visit.draw(_rule(visit, rule))
            rule_actions(visit, rule)
    new_rule(visit, cafe)
    _deliveries(visit, cafe, sent, names={rule.id: rule.name for rule in rules})


def _lead(visit: Visit, rules: Sequence[Rule]) -> str:
    on, disabled = (sum(rule.state == state for rule in rules) for state in ("on", "disabled"))
    if not rules:
        return visit.say("rules.none")
    first = "lead_off" if not on else "lead_one" if on == 1 else "lead"
    text = visit.say(f"rules.{first}", count=on)
    if disabled:
        text += " " + visit.say("rules.disabled_one" if disabled == 1 else "rules.disabled", count=disabled)
    return text


def _rule(visit: Visit, rule: Rule) -> Markup:
    say = visit.say
    theme = visit.name_of("aspect", rule.theme) if rule.theme else say("rules.any_theme")
    polarity = say(f"happy.kind.{rule.polarity}").lower() if rule.polarity else say("rules.any_polarity")
    lines = [
        say("rules.condition", theme=theme, polarity=polarity),
        say("rules.urgent" if rule.with_urgent else "rules.no_urgent"),
        say("rules.to", url=masked(rule.url)),
    ]
    details = [say("rules.made", day=_day(visit, rule.created_at), by=rule.created_by)]
    if rule.failing_since is not None:
        details.append(_at(visit, "rules.failing", rule.failing_since))
    if rule.previous_until is not None and visit.now < rule.previous_until:
        details.append(_at(visit, "rules.both_secrets", rule.previous_until))
    state = {"on": "done", "off": "dropped", "disabled": "doing"}[rule.state]
    return fragments.render(
        "case", title=rule.name, status=say(f"rules.state.{rule.state}"), state=state, lines=lines, details=details
    )


def _deliveries(visit: Visit, cafe: Cafe, sent: Deliveries, *, names: dict[str, str]) -> None:
    say = visit.say
    summary = say("rules.sent.what" if sent else "rules.sent.none")
    visit.draw(fragments.section_head(say("rules.sent.title"), summary=summary))
    rows = [row for delivery, attempts in sent for row in _rows(visit, delivery, attempts, names=names)]
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    finished = {
        delivery.id: f"{_moment(visit, delivery.created_at)} · {names[delivery.rule_id]}"
        for delivery, _ in sent
        if delivery.rule_id in names and delivery.state != "sending"
    }
    deliver_again(visit, cafe, finished)


def _rows(visit: Visit, delivery: Delivery, attempts: Sequence[Attempt], *, names: dict[str, str]) -> list[Row]:
    """Return a row for each attempt, the latest first; for a delivery without any, one of its state."""
    say = visit.say
    kind = say("rules.sent.test") if delivery.session_id is None else delivery.session_id[-6:]
    tried = [_row(visit, each.outcome, at=each.at, attempt=each) for each in reversed(attempts)]
    rows = tried or [_row(visit, delivery.state, at=delivery.created_at)]
    first = {
        say("rules.sent.next"): _moment(visit, delivery.next_at) if delivery.state == "waiting" else NOTHING,
    }
    fixed = {say("rules.sent.rule"): names.get(delivery.rule_id, NOTHING), say("rules.sent.kind"): kind}
    return [row | fixed | (first if place == 0 else {}) for place, row in enumerate(rows)]


def _row(visit: Visit, outcome: str, *, at: datetime, attempt: Attempt | None = None) -> Row:
    say = visit.say
    status = attempt.status if attempt is not None else 0
    duration = NOTHING if attempt is None else number(attempt.duration_ms, language=visit.language)
    return {
        say("rules.sent.time"): _moment(visit, at),
        say("rules.sent.outcome"): say(f"rules.outcome.{outcome}"),
        say("rules.sent.rule"): NOTHING,
        say("rules.sent.kind"): NOTHING,
        say("rules.sent.status"): str(status) if status else NOTHING,
        say("rules.sent.duration"): duration,
        say("rules.sent.attempt"): NOTHING if attempt is None else str(attempt.number),
        say("rules.sent.next"): NOTHING,
    }


def _day(visit: Visit, moment: datetime) -> str:
    return short_day(business_day(moment), language=visit.language)


def _moment(visit: Visit, moment: datetime) -> str:
    return f"{_day(visit, moment)} {clock_time(moment)}"


def _at(visit: Visit, key: str, moment: datetime) -> str:
    return visit.say(key, day=_day(visit, moment), time=clock_time(moment))


show(current())
