"""The figures of a café's week for its digest, from one snapshot of the lake and the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from operations.digest.praise import Praise, praise_of
from operations.week_of_cases import week_of_cases
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.satisfaction_tables import SATISFACTION, THEME_DAYPARTS
from pilot.lake_tables.tables import PILOT_KPIS, SCORED_FEEDBACK, TURNS
from pipelines.cases.aftermath import Aftermath, aftermath
from pipelines.cases.feedback_claims import DAYS_A_WEEK, feedback_days, week_before
from pipelines.cases.proposals import URGENT, Proposals
from pipelines.feedback.satisfaction_period import Period, period_of
from pipelines.statistics.clustered import Interval, ratio, share_interval
from storage.home import Home
from storage.snapshot import Snapshot
from storage.store.cafes.cases import Case, cases_of, sessions_of

if TYPE_CHECKING:
    import polars as pl

TABLES = (SCORED_FEEDBACK, TURNS, SATISFACTION, THEME_DAYPARTS, PILOT_KPIS, REWARDS)


@dataclass(frozen=True, slots=True)
class Participation:
    """How many customers took part, on the days with a usable count of customers.

    Attributes:
        customers: The customers of these days.
        started: The sessions started on these days.
        days: How many days of the week have a count.
        interval: The share's interval, clustered by day; None without customers.
    """

    customers: int
    started: int
    days: int
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Rewards:
    """The rewards of the week's sessions: how many, and their sum in öre."""

    count: int
    sum_ore: int


@dataclass(frozen=True, slots=True)
class WeekFacts:
    """A café's week.

    Attributes:
        cafe: The café's id.
        week: The Monday of the week in which things are to be done; the figures are of the seven days before it.
        simulated: Whether it is about simulated guests.
        proposals: The three things.
        taken: The cases of the week before, each with what became of its theme; None for an urgent matter.
        praise: The feedback to be proud of; None without one.
        satisfaction: How content guests were, compared with the four weeks before.
        participation: How many customers took part.
        rewards: The rewards.
    """

    cafe: str
    week: date
    simulated: bool
    proposals: Proposals
    taken: tuple[tuple[Case, Aftermath | None], ...]
    praise: Praise | None
    satisfaction: Period
    participation: Participation
    rewards: Rewards


def week_facts(home: Home, *, cafe: str, week: date) -> WeekFacts:
    """Return the facts of a café for the week that begins with a Monday.

    Raises:
        PilotError: the lake or the store cannot be read.
    """
    simulated = home.kind == "demo"
    store = home.store()
    cases = cases_of(store, [cafe], simulated=simulated)
    with home.lake().snapshot(*TABLES, days=feedback_days(week), cafes=[cafe]) as snapshot:
        feedback = _feedback(snapshot, cafe=cafe, simulated=simulated)
        return WeekFacts(
            cafe=cafe,
            week=week,
            simulated=simulated,
            proposals=week_of_cases(
                feedback, week=week, cases=cases, sessions=sessions_of(store, [cafe], simulated=simulated)
            ),
            taken=_taken(feedback, cases, week=week - timedelta(days=DAYS_A_WEEK)),
            praise=praise_of(snapshot, store, cafe=cafe, days=week_before(week), simulated=simulated),
            satisfaction=_satisfaction(snapshot, cafe=cafe, week=week, simulated=simulated),
            participation=_participation(snapshot, cafe=cafe, week=week, simulated=simulated),
            rewards=_rewards(snapshot, cafe=cafe, week=week, simulated=simulated),
        )


def _feedback(snapshot: Snapshot, *, cafe: str, simulated: bool) -> pl.DataFrame:
    return snapshot.sql(
        "select day, session_id, themes, coalesce(flags, []) as flags, signals from scored_feedback "
        "where cafe = ? and simulated = ? order by session_id",
        (cafe, simulated),
    )


def _taken(feedback: pl.DataFrame, cases: Sequence[Case], *, week: date) -> tuple[tuple[Case, Aftermath | None], ...]:
    return tuple(
        (case, None if case.subject == URGENT else aftermath(feedback, theme=case.subject, week=week))
        for case in reversed(cases)
        if case.week == week
    )


def _satisfaction(snapshot: Snapshot, *, cafe: str, week: date, simulated: bool) -> Period:
    first, last = week_before(week)
    where = "where cafe = ? and simulated = ? and day <= ?"
    rows = [
        snapshot.sql(f"select * from {table.name} {where}", (cafe, simulated, last))  # noqa: S608 - a table's own name
        for table in (SATISFACTION, THEME_DAYPARTS)
    ]
    return period_of(*rows, first=first)


def _participation(snapshot: Snapshot, *, cafe: str, week: date, simulated: bool) -> Participation:
    rows = snapshot.sql(
        "select numerator, denominator from pilot_kpis where kpi = 'participation' and cafe = ? and simulated = ? "
        "and day between ? and ? and value is not null and isfinite(value) and denominator > 0 order by day",
        (cafe, simulated, *week_before(week)),
    ).rows()
    found = ratio(rows)
    return Participation(
        customers=int(found.denominator),
        started=int(found.numerator),
        days=len(rows),
        interval=share_interval(found) if found.denominator else None,
    )


def _rewards(snapshot: Snapshot, *, cafe: str, week: date, simulated: bool) -> Rewards:
    count, sum_ore = snapshot.sql(
        "select count(*), coalesce(sum(amount_ore), 0)::bigint from rewards where cafe = ? and simulated = ? "
        "and day between ? and ? and (outcome = 'eligible' or coalesce(released, false))",
        (cafe, simulated, *week_before(week)),
    ).row(0)
    return Rewards(count, sum_ore)
