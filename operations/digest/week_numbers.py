"""The week's figures in words, each with its interval and what it is counted among."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from operations.digest.week_facts import WeekFacts
from pilot.formatting import Language, interval, measure, number
from pilot.words import say
from pipelines.feedback.satisfaction_period import Share

ORE_A_KRONA = 100


@dataclass(frozen=True, slots=True)
class Number:
    """One figure: its name, its value, and details such as its interval."""

    name: str
    value: str
    details: str


def week_numbers(facts: WeekFacts, language: Language) -> tuple[Number, ...]:
    """Return customers, participation, satisfaction and rewards."""
    shares = facts.satisfaction.shares
    return (
        *_participation(facts, language),
        *(_share(name, shares[name], language) for name in ("positive", "negative")),
        Number(
            say("digest", "numbers.rewards", language),
            number(facts.rewards.count, language=language),
            say(
                "digest",
                "numbers.rewards_sum",
                language,
                sum=number(facts.rewards.sum_ore / ORE_A_KRONA, language=language),
            ),
        ),
    )


def _participation(facts: WeekFacts, language: Language) -> tuple[Number, ...]:
    found = facts.participation
    none = say("dashboards", "overview.no_value", language)
    customers = say("digest", "numbers.customers", language)
    if found.interval is None:
        return (Number(customers, none, say("digest", "numbers.customers_none", language)),)
    days = say("digest", "numbers.customers_days", language, days=found.days)
    share = measure(found.started / found.customers, unit="share", language=language, decimals=1)
    return (
        Number(customers, number(found.customers, language=language), days),
        Number(
            say("digest", "numbers.participation", language),
            share,
            interval(found.interval.low, found.interval.high, unit="share", language=language, decimals=1),
        ),
    )


def _share(name: str, share: Share, language: Language) -> Number:
    title = say("digest", f"numbers.{name}", language)
    if share.value is None or share.interval is None:
        return Number(title, say("dashboards", "overview.no_value", language), "")
    details = [
        interval(share.interval.low, share.interval.high, unit="share", language=language, decimals=0),
        say("digest", "numbers.of_answers", language, count=share.count, of=share.of),
    ]
    if share.before is not None:
        before = measure(share.before, unit="share", language=language, decimals=0)
        details.append(say("dashboards", f"happy.change.{share.change}", language, before=before))
    value = measure(share.value, unit="share", language=language, decimals=0)
    return Number(title, value, _joined(details))


def _joined(details: Iterable[str]) -> str:
    return " · ".join(each for each in details if each)
