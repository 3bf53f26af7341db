"""One day of a café: figures, hours, drop-off and the guests' words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import streamlit as st

from dashboards.reading.cover import Cover, reason
from dashboards.reading.kpi_figures import KpiFigure, figures_from
from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.business_days import local_time
from pilot.lake_tables.tables import PILOT_KPIS, SCORED_FEEDBACK, SESSIONS, TURNS
from pipelines.feedback.satisfaction import satisfaction_of

TABLES = (SESSIONS, TURNS, SCORED_FEEDBACK, PILOT_KPIS)

POLARITY = re.compile(r':\s*"(\w+)"')  # of a theme in the column of claims
USEFUL_ABOVE = 60  # The rubric's bound of "useful": specific, with detail or a reason.
ACTIONABLE_FROM = 0.5  # The lowest subscore of a feedback to act on.
URGENT_PREFIX = "urgent_"
ACT_FIRST = 3  # feedbacks
PRAISED = 3


@dataclass(frozen=True, slots=True)
class QuotedTurn:
    """One turn in the guest's own words, redacted before it was stored."""

    question: str
    words: str
    uncertain: bool
    edited: bool


@dataclass(frozen=True, slots=True)
class Feedback:
    """One feedback that was sent.

    Attributes:
        session_id: The session.
        sent_at: When it was sent.
        language: The language spoken.
        mode: voice, text or mixed.
        score: Its usefulness, 0-100.
        actionability: The subscore, 0-1.
        aspects: The themes that it makes a claim about.
        signals: The signals against its score.
        turns: The guest's words; none if the reader may not see them.
        flags: What should not wait.
        satisfaction: positive, mixed, negative or neutral.
        covered: The code of why its words are folded away; empty if they are not.
    """

    session_id: str
    sent_at: datetime
    language: str
    mode: str
    score: int
    actionability: float
    aspects: tuple[str, ...]
    signals: tuple[str, ...]
    turns: tuple[QuotedTurn, ...]
    flags: tuple[str, ...] = ()
    satisfaction: str = "neutral"
    covered: str = ""

    @property
    def urgent(self) -> tuple[str, ...]:
        """Return its urgent flags: an allergy, an injury, harassment, safety."""
        return tuple(flag for flag in self.flags if flag.startswith(URGENT_PREFIX))

    @property
    def is_actionable(self) -> bool:
        """Return whether it is useful, suggests an action, and raised no signal."""
        return self.score > USEFUL_ABOVE and self.actionability >= ACTIONABLE_FROM and not self.signals


@dataclass(frozen=True, slots=True)
class Funnel:
    """The number of visits that reached each step."""

    opened: int = 0
    started: int = 0
    consented: int = 0
    spoke: int = 0
    completed: int = 0


@dataclass(frozen=True, slots=True)
class Hour:
    """Sessions started within one hour of Stockholm's time."""

    hour: int
    completed: int
    left: int


@dataclass(frozen=True, slots=True)
class CafeDay:
    """The data of the page of one day."""

    funnel: Funnel
    completion: KpiFigure | None
    average_score: float | None
    hours: tuple[Hour, ...]
    feedback: tuple[Feedback, ...]

    @property
    def act_first(self) -> tuple[Feedback, ...]:
        """Return the few feedbacks to act on first, the most actionable first.

        Each has aspects that the ones before it do not have, if there are enough.
        """
        actionable = [feedback for feedback in self.feedback if feedback.is_actionable]
        ranked = sorted(actionable, key=lambda one: (-one.actionability, -one.score, one.sent_at, one.session_id))
        first: dict[tuple[str, ...], Feedback] = {}
        for feedback in ranked:
            first.setdefault(feedback.aspects, feedback)
        chosen = list(first.values())[:ACT_FIRST]
        chosen += [feedback for feedback in ranked if feedback not in chosen][: ACT_FIRST - len(chosen)]
        return tuple(chosen)

    @property
    def praised(self) -> tuple[Feedback, ...]:
        """Return the few feedbacks that only praise, the most useful first; each of other aspects."""
        happy = [one for one in self.feedback if one.satisfaction == "positive" and not one.signals and not one.urgent]
        ranked = sorted(happy, key=lambda one: (-one.score, one.sent_at, one.session_id))
        first: dict[tuple[str, ...], Feedback] = {}
        for feedback in ranked:
            first.setdefault(feedback.aspects, feedback)
        return tuple(first.values())[:PRAISED]

    @property
    def aspect_counts(self) -> Counter[str]:
        """Return the number of feedbacks about each aspect, without feedbacks that raised a signal."""
        return Counter(aspect for one in self.feedback if not one.signals for aspect in one.aspects)


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def cafe_day(
    _snapshot: PageSnapshot, key: Key, *, cafes: tuple[str, ...], day: date, simulated: bool, cover: Cover
) -> CafeDay:
    """Return one day of these cafés together; `key` is the snapshot's."""
    scope = (day, list(cafes), simulated)
    steps = _snapshot.sql(
        """
        select
            count(*) as opened,
            count(*) filter (outcome <> 'opened_only') as started,
            count(*) filter (consent) as consented,
            count(first_turn_at) as spoke,
            count(*) filter (outcome = 'completed') as completed
        from sessions
        where day = ? and list_contains(?, cafe) and simulated = ?
        """,
        scope,
    ).row(0, named=True)
    hours = _snapshot.sql(
        """
        select
            date_trunc('hour', started_at) as hour,
            count(*) filter (outcome = 'completed') as completed,
            count(*) as started
        from sessions
        where day = ? and list_contains(?, cafe) and simulated = ? and started_at is not null
        group by all
        """,
        scope,
    )
    average = _snapshot.sql(
        "select avg(score) as score from scored_feedback where day = ? and list_contains(?, cafe) and simulated = ?",
        scope,
    ).item()
    kpis = _snapshot.sql(
        """
        select day, cafe, kpi, numerator, denominator, value, low, high, target, verdict, why, unit, as_of
        from pilot_kpis
        where day = ? and list_contains(?, cafe) and simulated = ? and kpi = 'completion'
        """,
        scope,
    )
    figures = figures_from(kpis)
    return CafeDay(
        funnel=Funnel(**steps),
        completion=figures[0] if len(figures) == 1 else None,
        average_score=average,
        hours=_local_hours(hours.iter_rows()),
        feedback=feedback_of(_snapshot, days=[day], cafes=cafes, simulated=simulated, cover=cover),
    )


def _local_hours(rows: Any) -> tuple[Hour, ...]:
    """Return sums by Stockholm's hours; its offset is whole hours, so UTC's hours map onto them."""
    completed: Counter[int] = Counter()
    started: Counter[int] = Counter()
    for moment, sent, begun in rows:
        hour = local_time(moment).hour
        completed[hour] += sent
        started[hour] += begun
    return tuple(Hour(hour, completed[hour], started[hour] - completed[hour]) for hour in sorted(started))


def feedback_of(
    snapshot: PageSnapshot, *, days: Sequence[date], cafes: Sequence[str], simulated: bool, cover: Cover
) -> tuple[Feedback, ...]:
    """Return the feedback of some days and cafés in the guests' words, latest first."""
    scope = (list(days), list(cafes), simulated)
    quoted = turns_of(snapshot, days=days, cafes=cafes, simulated=simulated, cover=cover)
    scored = snapshot.sql(
        f"""
        select
            feedback.session_id, feedback.completed_at, feedback.language, coalesce(sessions.mode, '') as mode,
            feedback.score, feedback.actionability, feedback.aspects, feedback.signals,
            coalesce(feedback.flags, []) as flags, coalesce(feedback.themes, '') as themes, {reason("feedback")}
        from scored_feedback as feedback
        left join sessions on sessions.session_id = feedback.session_id and sessions.day = feedback.day
        where list_contains(?, feedback.day) and list_contains(?, feedback.cafe) and feedback.simulated = ?
        order by feedback.completed_at desc, feedback.session_id
        """,  # noqa: S608
        scope,
    )
    return tuple(
        Feedback(
            session_id=session_id,
            sent_at=sent_at,
            language=language,
            mode=mode,
            score=score,
            actionability=actionability,
            aspects=tuple(aspects),
            signals=tuple(signals),
            flags=tuple(flags),
            satisfaction=satisfaction_of(POLARITY.findall(themes)),
            turns=tuple(quoted.get(session_id, ())),
            covered=covered,
        )
        for session_id, sent_at, language, mode, score, actionability, aspects, signals, flags, themes, covered in (
            scored.iter_rows()
        )
    )


def turns_of(
    snapshot: PageSnapshot, *, days: Sequence[date], cafes: Sequence[str], simulated: bool, cover: Cover
) -> dict[str, list[QuotedTurn]]:
    """Return the words of each scored session, as far as the reader may see them."""
    turns = snapshot.sql(
        f"""
        select turns.session_id, {cover.words("question")}, {cover.words("transcript")}, low_confidence, edited
        from turns join scored_feedback as feedback
            on feedback.session_id = turns.session_id and feedback.day = turns.day
        where list_contains(?, turns.day) and list_contains(?, turns.cafe) and turns.simulated = ?
            and coalesce(transcript, '') <> '' and {cover.may_read("feedback")}
        order by turns.session_id, turn
        """,  # noqa: S608
        (list(days), list(cafes), simulated),
    )
    quoted: dict[str, list[QuotedTurn]] = {}
    for session_id, question, transcript, uncertain, edited in turns.iter_rows():
        quoted.setdefault(session_id, []).append(QuotedTurn(question or "", transcript, uncertain, edited))
    return quoted
