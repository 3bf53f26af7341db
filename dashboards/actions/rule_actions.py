"""The actions on rules: a new one, a test, on and off, another secret, removal, and a delivery again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from dashboards import fragments
from dashboards.visit import Visit
from operations.webhooks.addresses import checked_url
from operations.webhooks.signing import secret_of
from pilot.access import Permission
from pilot.cafes import Cafe
from pilot.composed import composed
from pipelines.cases.proposals import NOT_A_THING
from pipelines.language.labels import THEMES
from storage.errors import StoreAway
from storage.store.engine import Store
from storage.store.outgoing import webhook_deliveries, webhook_rules
from storage.store.outgoing.webhook_rules import MOST_NAME, POLARITIES, Rule, RuleRefused, RuleState

CHANGE: Permission = "cafe.change"
URGENT: Permission = "harmful"
RESULT = "rules.result"  # shown once, after the page is drawn anew
SECRET = "rules.secret"  # noqa: S105 - the rule whose secret is shown until the reader has saved it
BY_PAGE = "page"  # the reason in the audit log
NAMED_THEMES = tuple(theme for theme in THEMES if theme != NOT_A_THING)


def draw_result(visit: Visit) -> None:
    """Report the action that led to this drawing of the page."""
    if result := st.session_state.pop(RESULT, ""):
        visit.draw(fragments.status(visit.say(result)))


def draw_secret(visit: Visit, rules: Sequence[Rule]) -> None:
    """Show the secret of the rule that was just made or changed, until the reader has saved it."""
    rule_id, generation = st.session_state.get(SECRET, ("", 0))
    rule = next((each for each in rules if each.id == rule_id and each.generation == generation), None)
    if rule is None or not visit.principal.may(CHANGE):
        return
    visit.confirm(cafe=rule.cafe, permission=CHANGE)
    with st.container(border=True, key="rule-secret"):
        title = visit.say("rules.secret.title", rule=rule.name)
        visit.draw(fragments.section_head(title, summary=visit.say("rules.secret.what")))
        st.code(secret_of(visit.home.secret(), rule_id=rule.id, generation=rule.generation), language=None)
        if st.button(visit.say("rules.secret.hide"), key="secret-saved"):
            del st.session_state[SECRET]
            st.rerun()


def rule_actions(visit: Visit, rule: Rule) -> None:
    """Draw the actions on a rule; nothing for a reader who may not change the café."""
    if not visit.principal.may(CHANGE):
        return
    say = visit.say
    with st.expander(say("rules.do.title", rule=rule.name), key=f"change-{rule.id}"):
        with st.container(horizontal=True, key=f"do-{rule.id}"):
            if st.button(say("rules.do.test"), key=f"test-{rule.id}"):
                _act(visit, rule.cafe, lambda store: _test(store, rule, visit), done="rules.do.tested")
            to: RuleState = "off" if rule.state == "on" else "on"
            if st.button(say(f"rules.do.{to}"), key=f"turn-{rule.id}"):
                _act(visit, rule.cafe, lambda store: _turn(store, rule, to, visit), done="rules.do.saved")
            if st.button(say("rules.do.rotate"), key=f"rotate-{rule.id}"):
                _act(visit, rule.cafe, lambda store: _rotate(store, rule, visit), done="rules.do.saved")
        with st.form(f"remove-{rule.id}", border=False):
            sure = st.checkbox(say("rules.do.sure"), key=f"sure-{rule.id}")
            removed = st.form_submit_button(say("rules.do.remove"), key=f"send-remove-{rule.id}")
        if removed and not sure:
            visit.draw(fragments.status(say("rules.do.not_sure")))
        elif removed:
            _act(visit, rule.cafe, lambda store: _turn(store, rule, "removed", visit), done="rules.do.saved")


def new_rule(visit: Visit, cafe: Cafe) -> None:
    """Draw the form of a new rule."""
    if not visit.principal.may(CHANGE):
        return
    say = visit.say
    with st.expander(say("rules.new.title"), key="new-rule"), st.form("new-rule-form", border=False):
        name = st.text_input(
            say("rules.new.name"), max_chars=MOST_NAME, placeholder=say("rules.new.name_hint"), width=420
        )
        theme = st.selectbox(
            say("rules.new.theme"),
            ("", *NAMED_THEMES),
            format_func=lambda each: visit.name_of("aspect", each) if each else say("rules.any_theme"),
            width=260,
        )
        polarity = st.selectbox(
            say("rules.new.polarity"),
            POLARITIES,
            format_func=lambda each: say(f"happy.kind.{each}") if each else say("rules.any_polarity"),
            width=260,
        )
        url = st.text_input(say("rules.new.url"), max_chars=500, placeholder=say("rules.new.url_hint"), width=560)
        urgent = visit.principal.may(URGENT) and st.checkbox(say("rules.new.urgent"), key="new-urgent")
        sent = st.form_submit_button(say("rules.new.add"), key="add-rule")

    def add(store: Store) -> None:
        visit.confirm(cafe=cafe.id, permission=URGENT if urgent else CHANGE)
        made = webhook_rules.add_rule(
            store,
            cafe=cafe.id,
            name=composed(name),
            theme=theme,
            polarity=polarity,
            url=checked_url(url),
            known_themes=NAMED_THEMES,
            with_urgent=bool(urgent),
            by=visit.actor,
        )
        st.session_state[SECRET] = (made.id, made.generation)

    if sent:
        _act(visit, cafe.id, add, done="rules.new.added")


def deliver_again(visit: Visit, cafe: Cafe, choices: dict[str, str]) -> None:
    """Draw the choice of a delivery that is to be sent again.

    Args:
        visit: The visit.
        cafe: The café.
        choices: The deliveries' names by their ids, newest first.
    """
    if not choices or not visit.principal.may(CHANGE):
        return
    say = visit.say
    with st.expander(say("rules.sent.again_title"), key="again"), st.form("again-form", border=False):
        chosen = st.selectbox(
            say("rules.sent.again_which"), tuple(choices), format_func=lambda each: choices.get(each, each), width=560
        )
        sent = st.form_submit_button(say("rules.sent.again"), key="send-again")
    if sent and chosen in choices:

        def again(store: Store) -> None:
            webhook_deliveries.deliver_again(store, chosen, by=visit.actor, at=visit.now)

        _act(visit, cafe.id, again, done="rules.sent.again_done")


def _act(visit: Visit, cafe: str, action: Callable[[Store], object], *, done: str) -> None:
    """Run an action of the reader on a café, and draw the page anew; say why if it is refused."""
    try:
        action(visit.store(cafe=cafe, permission=CHANGE))
    except RuleRefused as refused:
        visit.draw(fragments.status(visit.say(f"rules.refused.{refused.code}")))
        return
    except StoreAway:
        visit.draw(fragments.status(visit.say("rules.away")))
        return
    st.session_state[RESULT] = done
    st.rerun()


def _test(store: Store, rule: Rule, visit: Visit) -> None:
    webhook_deliveries.plan_test(store, rule.id, by=visit.actor)


def _turn(store: Store, rule: Rule, state: RuleState, visit: Visit) -> None:
    webhook_rules.turn(store, rule.id, state, by=visit.actor, reason=BY_PAGE)


def _rotate(store: Store, rule: Rule, visit: Visit) -> None:
    changed = webhook_rules.rotate(store, rule.id, by=visit.actor, reason=BY_PAGE)
    st.session_state[SECRET] = (changed.id, changed.generation)
