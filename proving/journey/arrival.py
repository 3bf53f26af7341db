"""The second half of the journey, from the landing to the figures and the reward."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import date

from pilot.business_days import session_day
from pilot.lake_tables.tables import PILOT_KPIS, SCORED_FEEDBACK, SESSIONS
from proving.journey.errors import JourneyFailed
from proving.journey.stages import Stages
from storage.lake import Lake
from storage.store.engine import Store
from storage.store.rewards import decisions

ARRIVAL_SECONDS = 120.0
POLL_SECONDS = 0.5
COMPLETION = "completion"


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """The session's row in `scored_feedback`."""

    score: int
    eligible: bool
    turns_scored: int
    turns_left_out: int
    words: int


@dataclass(frozen=True, slots=True)
class CompletionFigures:
    """The completion figures of a café's simulated sessions on a day.

    Attributes:
        completed: Numerator of the completion metric.
        decided: Its denominator: completed and abandoned.
    """

    completed: int
    decided: int


def completion_figures(lake: Lake, *, cafe: str, day: date) -> CompletionFigures:
    """Return the completion figures of simulated sessions; zero if there are none."""
    if lake.version(PILOT_KPIS) is None:
        return CompletionFigures(0, 0)
    with lake.snapshot(PILOT_KPIS) as snapshot:
        rows = snapshot.sql(
            "SELECT numerator, denominator FROM pilot_kpis WHERE day = ? AND cafe = ? AND simulated AND kpi = ?",
            (day, cafe, COMPLETION),
        ).rows()
    return CompletionFigures(int(rows[0][0] or 0), int(rows[0][1] or 0)) if rows else CompletionFigures(0, 0)


async def wait_until_scored(
    lake: Lake, *, session_id: str, stages: Stages, wait_seconds: float = ARRIVAL_SECONDS
) -> ScoredRow:
    """Wait for the session's row in `scored_feedback`.

    Raises:
        JourneyFailed: the row did not appear in time.
    """
    deadline = time.monotonic() + wait_seconds
    while True:
        row = await asyncio.to_thread(_scored, lake, session_id)
        if row is not None:
            stages.reach("scored", note=f"{row.turns_scored} turns scored, {row.turns_left_out} left out")
            return row
        await _wait_or_fail(deadline, wait_seconds, "the session's row in scored_feedback")


def _scored(lake: Lake, session_id: str) -> ScoredRow | None:
    if lake.version(SCORED_FEEDBACK) is None:
        return None
    with lake.snapshot(SCORED_FEEDBACK) as snapshot:
        rows = snapshot.sql(
            "SELECT score, eligible, turns_scored, turns_left_out, words FROM scored_feedback "
            "WHERE day = ? AND session_id = ?",
            (session_day(session_id), session_id),
        ).rows()
    return ScoredRow(*rows[0]) if rows else None


async def wait_until_counted(
    lake: Lake,
    *,
    session_id: str,
    cafe: str,
    before: CompletionFigures,
    stages: Stages,
    wait_seconds: float = ARRIVAL_SECONDS,
) -> CompletionFigures:
    """Wait until the pilot's figures count the session.

    They count it when more sessions are completed than before, and exactly as many as in `sessions`.

    Raises:
        JourneyFailed: the session was not counted in time.
    """
    day = session_day(session_id)
    deadline = time.monotonic() + wait_seconds
    while True:
        now = await asyncio.to_thread(_figures_with, lake, session_id=session_id, cafe=cafe, day=day)
        if now is not None and now.completed > before.completed:
            stages.reach("counted in the pilot's figures", note=f"completed {before.completed} -> {now.completed}")
            return now
        await _wait_or_fail(deadline, wait_seconds, "the session's effect in pilot_kpis")


def _figures_with(lake: Lake, *, session_id: str, cafe: str, day: date) -> CompletionFigures | None:
    if lake.version(PILOT_KPIS) is None or lake.version(SESSIONS) is None:
        return None
    with lake.snapshot(PILOT_KPIS, SESSIONS) as snapshot:
        rows = snapshot.sql(
            "SELECT numerator, denominator FROM pilot_kpis WHERE day = ? AND cafe = ? AND simulated AND kpi = ?",
            (day, cafe, COMPLETION),
        ).rows()
        ((completed, ours),) = snapshot.sql(
            "SELECT count(*), count(*) FILTER (session_id = ?) FROM sessions "
            "WHERE day = ? AND cafe = ? AND simulated AND outcome = 'completed'",
            (session_id, day, cafe),
        ).rows()
    if not rows or ours != 1 or rows[0][0] is None or int(rows[0][0]) != completed:
        return None
    return CompletionFigures(int(rows[0][0]), int(rows[0][1] or 0))


async def wait_until_decided(
    store: Store, *, session_id: str, stages: Stages, wait_seconds: float = ARRIVAL_SECONDS
) -> str:
    """Wait for the decision on the session's reward; return its outcome, with the reason of a refusal.

    Raises:
        JourneyFailed: it was not decided in time.
    """
    deadline = time.monotonic() + wait_seconds
    while True:
        found = await asyncio.to_thread(decisions.find, store, session_id)
        if found is not None:
            outcome = found.outcome if found.outcome == "eligible" else f"{found.outcome} ({found.reason})"
            stages.reach("reward decided", note=outcome)
            return outcome
        await _wait_or_fail(deadline, wait_seconds, "a decision on the session's reward")


async def _wait_or_fail(deadline: float, wait_seconds: float, what: str) -> None:
    if time.monotonic() > deadline:
        raise JourneyFailed(
            f"After {wait_seconds:g} s there is no sign of {what}.",
            remedy="See `pilot health`, .logs/daemon.log and Dagster's page: is the sensor running?",
        )
    await asyncio.sleep(POLL_SECONDS)
