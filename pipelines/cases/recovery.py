"""Recovery: how soon cases are acted on and answered, and whether guests say it is better."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipelines.statistics.intervals import Z, wilson

HALF = 0.5
SECONDS_AN_HOUR = 3600


class _StoredCase(Protocol):
    """A case as the store has it."""

    @property
    def opened_at(self) -> datetime: ...
    @property
    def first_action_at(self) -> datetime | None: ...
    @property
    def closed_at(self) -> datetime | None: ...
    @property
    def status(self) -> str: ...
    @property
    def is_answered(self) -> bool: ...


class _StoredReplies(Protocol):
    """The replies of a case's guests as the store has them."""

    @property
    def linked(self) -> int: ...
    @property
    def better(self) -> int: ...
    @property
    def not_yet(self) -> int: ...


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What recovery counts of one case.

    Attributes:
        opened_at: When it was opened.
        first_action_at: When somebody first acted on it; None before.
        dropped_at: When it was dropped without any action; None if it was not.
        is_done: Whether it is done.
        is_answered: Whether its guests can read an answer.
        guests: Sessions that it links.
        better: Of these, guests who replied that it is better.
        not_yet: Guests who replied that it is not.
    """

    opened_at: datetime
    first_action_at: datetime | None = None
    dropped_at: datetime | None = None
    is_done: bool = False
    is_answered: bool = False
    guests: int = 0
    better: int = 0
    not_yet: int = 0

    @classmethod
    def of(cls, case: _StoredCase, replies: _StoredReplies) -> CaseFacts:
        """Return what counts of a case of the store, with its guests' replies."""
        return cls(
            opened_at=case.opened_at,
            first_action_at=case.first_action_at,
            dropped_at=case.closed_at if case.status == "dropped" else None,
            is_done=case.status == "done",
            is_answered=case.is_answered,
            guests=replies.linked,
            better=replies.better,
            not_yet=replies.not_yet,
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval; None for what the data cannot tell."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Recovery:
    """The recovery of some cases.

    Attributes:
        cases: The cases.
        done: Cases that are done.
        answered: Of these, cases with an answer for the guests.
        replies: Guests who replied to an answer.
        better: The share of these who replied that it is better.
        waiting: Cases that nobody has acted on, dropped ones left out.
        first_action_hours: The median time from opening to the first action, hours.
    """

    cases: int
    done: int
    answered: int
    replies: int
    better: Figure
    waiting: int
    first_action_hours: Figure


def recovery(cases: Sequence[CaseFacts], *, now: datetime) -> Recovery:
    """Return the recovery of cases.

    The share of "better" is among the guests who replied, with Wilson's interval: those who do not reply are unknown.

    Args:
        cases: The cases.
        now: The present moment: cases without an action have waited until now.
    """
    better, replies = sum(each.better for each in cases), sum(each.better + each.not_yet for each in cases)
    share = Figure(better / replies, *wilson(better, replies)) if replies else Figure(None, None, None)
    waits = [_wait(each, now=now) for each in cases]
    return Recovery(
        cases=len(cases),
        done=sum(each.is_done for each in cases),
        answered=sum(each.is_answered for each in cases),
        replies=replies,
        better=share,
        waiting=sum(each.first_action_at is None and each.dropped_at is None for each in cases),
        first_action_hours=median_wait(waits),
    )


def median_wait(waits: Sequence[tuple[float, bool]]) -> Figure:
    """Return the median of waits, of which some have not ended yet.

    The median is the first time at which the Kaplan-Meier estimate is at most one half; the interval holds the times
    at which it is within 1.96 standard errors (Greenwood) of one half, and is open above if the waits do not bound it.
    Sources: Kaplan and Meier, JASA 53 (1958); Brookmeyer and Crowley, Biometrics 38 (1982).

    Args:
        waits: Each wait, and whether it has ended.
    """
    every = sorted(wait for wait, _ in waits)
    ends = Counter(wait for wait, has_ended in waits if has_ended)
    survival, variance = 1.0, 0.0
    value: float | None = None
    within: list[float] = []
    above: float | None = None
    for moment, events in sorted(ends.items()):
        at_risk = len(every) - bisect.bisect_left(every, moment)
        survival *= 1 - events / at_risk
        variance += events / (at_risk * (at_risk - events)) if at_risk > events else 0.0
        if value is None and survival <= HALF:
            value = moment
        error = survival * variance**0.5
        if abs(survival - HALF) <= Z * error:
            within.append(moment)
        elif survival < HALF and above is None:
            above = moment
    if value is None:
        return Figure(None, within[0] if within else None, None)
    # With few waits the estimate falls past one half in one step: the ends are then that step.
    return Figure(value, min([*within, value]), above if above is not None else None)


def _wait(case: CaseFacts, *, now: datetime) -> tuple[float, bool]:
    end = case.first_action_at or case.dropped_at or now
    return max(0.0, (end - case.opened_at).total_seconds() / SECONDS_AN_HOUR), case.first_action_at is not None
