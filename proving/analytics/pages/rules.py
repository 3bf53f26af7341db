"""The figures of the page of rules: each rule, its deliveries and their attempts."""

from __future__ import annotations

from dataclasses import dataclass

from proving.analytics.registration import Choice, Query, Reader, Reading
from storage.store.outgoing.webhook_deliveries import Attempt, Delivery, deliveries_of
from storage.store.outgoing.webhook_rules import Rule, rules_of

PAGE = "rules.py"
MOST = 100  # deliveries
SENT = f"""
    select d.* from webhook_deliveries d where d.rule_id in (select id from webhook_rules where cafe = $cafe)
    order by d.created_at desc, d.id desc limit {MOST}
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Rules:
    """What the page shows of a café."""

    on: int
    disabled: int
    rules: list[Rule]
    deliveries: list[Delivery]
    attempts: list[Attempt]


def _shown(reader: Reader, choice: Choice) -> Rules:
    rules, sent = rules_of(reader.store, choice.cafes), deliveries_of(reader.store, choice.cafes, most=MOST)
    return Rules(
        on=sum(one.state == "on" for one in rules),
        disabled=sum(one.state == "disabled" for one in rules),
        rules=rules,
        deliveries=[delivery for delivery, _ in sent],
        attempts=[attempt for _, attempts in sent for attempt in attempts],
    )


READINGS = (
    Reading(
        page=PAGE,
        name="rules",
        function=rules_of,
        kind=Rules,
        choices=lambda reader: [
            Choice((cafe,), reader.days[0], reader.days[-1], reader.simulated) for cafe in reader.cafes
        ],
        shown=_shown,
        no_figures={"rules.url": "a secret; the page shows its host"},
        queries=(
            Query(
                sql="""
                    select count(case when state = 'on' then 1 end) as "on",
                        count(case when state = 'disabled' then 1 end) as disabled
                    from webhook_rules where cafe = $cafe
                """,
                of_store=True,
            ),
            Query(
                part="rules",
                sql="""
                    select id, cafe, name, theme, polarity, with_urgent, state, generation, previous_until, since,
                        failing_since, created_at, created_by
                    from webhook_rules where cafe = $cafe and state <> 'removed'
                """,
                key=("id",),
                of_store=True,
            ),
            Query(
                part="deliveries",
                sql=f"""
                    select id, rule_id, session_id, day, state, attempts, next_at, claimed_at, created_at
                    from ({SENT}) as sent
                """,  # noqa: S608
                key=("id",),
                of_store=True,
            ),
            Query(
                part="attempts",
                sql=f"""
                    select delivery_id, number, at, duration_ms, status, outcome from webhook_attempts
                    where delivery_id in (select id from ({SENT}) as sent)
                """,  # noqa: S608
                key=("delivery_id", "number"),
                of_store=True,
            ),
        ),
    ),
)
