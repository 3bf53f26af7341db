"""Three things this week: what a café could do first, out of the guests' feedback of the week before.

Urgent sessions come first, together as one thing, so that themes always have room. Then come themes of which
complaints have clearly become more common than in the four weeks before, then those with the most complaints. With
little feedback nothing is proposed but the urgent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from pipelines.cases.feedback_claims import complaints, counted, four_weeks_before, week_before
from pipelines.cases.rate_rise import rise_chance
from pipelines.language.labels import THEMES as THEME_NAMES
from pipelines.statistics.intervals import wilson

MOST_PROPOSALS = 3
FEWEST_FEEDBACKS = 10  # in the week
FEWEST_COMPLAINTS = 3  # of a theme in the week
FEWEST_BEFORE = 30  # feedbacks in the four weeks before, to speak of a trend
# Bonferroni over the themes: in one week of twenty a theme "rises" by chance, not in every second one.
RISE_CHANCE = 0.05 / (len(THEME_NAMES) - 1)
URGENT = "urgent"
URGENT_PREFIX = "urgent_"
NOT_A_THING = "other"  # Claims outside the named themes share no cause that one could act on.

State = Literal["enough", "few", "none"]


@dataclass(frozen=True, slots=True)
class Why:
    """One reason for a proposal; its sentence is in `pilot/words`.

    Attributes:
        code: an urgent flag, complaints, rising, usual (as common as before) or no_history (too little before).
        details: The figures: counts, shares 0-1, ends of 95 % intervals.
    """

    code: str
    details: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing to do.

    Attributes:
        subject: A theme's code, or "urgent".
        whys: The reasons, the first one first.
        sessions: The sessions behind it, oldest first.
    """

    subject: str
    whys: tuple[Why, ...]
    sessions: tuple[str, ...]

    @property
    def is_urgent(self) -> bool:
        """Return whether it is about urgent sessions."""
        return self.subject == URGENT


@dataclass(frozen=True, slots=True)
class Proposals:
    """The three things of a week.

    Attributes:
        week: The Monday of the week in which they are to be done.
        feedbacks: Feedbacks of the seven days before it that count.
        state: enough, few (below FEWEST_FEEDBACKS: only urgent matters are proposed) or none.
        items: At most three, the first one first.
    """

    week: date
    feedbacks: int
    state: State
    items: tuple[Proposal, ...]


def three_things(
    feedback: pl.DataFrame, *, week: date, taken: Collection[str] = (), handled: Collection[str] = ()
) -> Proposals:
    """Return what a café could do first in a week; the same feedback gives the same proposals.

    Args:
        feedback: FEEDBACK_COLUMNS of one café, of the HISTORY_DAYS before the week and of its days so far.
        week: The week's Monday. Themes are of the seven days before it; urgent matters also of the week so far.
        taken: Themes that a case of an earlier week is still about.
        handled: Urgent sessions that a case of an earlier week is about.
    """
    first, last = week_before(week)
    recent = counted(feedback, first=first, last=last)
    urgent = _urgent(feedback.filter(pl.col("day") >= first), handled=handled)
    themes = _themes(feedback, recent, week=week, taken=taken) if recent.height >= FEWEST_FEEDBACKS else []
    state: State = "enough" if recent.height >= FEWEST_FEEDBACKS else "few" if recent.height else "none"
    return Proposals(week, recent.height, state, tuple([*urgent, *themes][:MOST_PROPOSALS]))


def _urgent(feedback: pl.DataFrame, *, handled: Collection[str]) -> list[Proposal]:
    """Return the urgent sessions as one proposal, whatever their signals; frequent flags first."""
    flagged = (
        feedback.select("session_id", flag=pl.col("flags").fill_null([]))
        .explode("flag", empty_as_null=False, keep_nulls=False)
        .filter(pl.col("flag").str.starts_with(URGENT_PREFIX) & ~pl.col("session_id").is_in(list(handled)))
    )
    if flagged.is_empty():
        return []
    kinds = sorted(
        flagged.group_by("flag").agg(pl.col("session_id").n_unique()).rows(), key=lambda row: (-row[1], row[0])
    )
    whys = tuple(Why(flag, {"sessions": count}) for flag, count in kinds)
    return [Proposal(URGENT, whys, tuple(flagged["session_id"].unique().sort()))]


def _themes(feedback: pl.DataFrame, recent: pl.DataFrame, *, week: date, taken: Collection[str]) -> list[Proposal]:
    first, last = four_weeks_before(week)
    before = counted(feedback, first=first, last=last)
    earlier = {theme: len(sessions) for theme, sessions in complaints(before).items()}
    found: list[tuple[bool, int, str, Proposal]] = []
    for theme, sessions in complaints(recent).items():
        if len(sessions) < FEWEST_COMPLAINTS or theme in taken or theme == NOT_A_THING:
            continue
        trend = _trend(len(sessions), recent.height, earlier.get(theme, 0), before.height)
        proposal = Proposal(theme, (_complaints(len(sessions), recent.height), trend), sessions)
        found.append((trend.code != "rising", -len(sessions), theme, proposal))
    return [proposal for *_, proposal in sorted(found, key=lambda each: each[:3])]


def _complaints(count: int, feedbacks: int) -> Why:
    low, high = wilson(count, feedbacks)
    details = {"complaints": count, "feedbacks": feedbacks, "share": count / feedbacks, "low": low, "high": high}
    return Why("complaints", details)


def _trend(count: int, feedbacks: int, count_before: int, feedbacks_before: int) -> Why:
    if feedbacks_before < FEWEST_BEFORE:
        return Why("no_history", {"feedbacks_before": feedbacks_before})
    chance = rise_chance(count, feedbacks, count_before, feedbacks_before)
    return Why(
        "rising" if chance < RISE_CHANCE else "usual",
        {
            "share": count / feedbacks,
            "share_before": count_before / feedbacks_before,
            "complaints_before": count_before,
            "feedbacks_before": feedbacks_before,
        },
    )
