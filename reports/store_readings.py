"""What the report reads from the store: cases, incidents, the managers' own answers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pilot import survey
from pilot.business_days import business_day, day_bounds, days_between
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pipelines.cases.aftermath import aftermath
from pipelines.cases.feedback_claims import DAYS_A_WEEK, FEEDBACK_COLUMNS, monday_of
from pipelines.cases.recovery import CaseFacts, Figure, recovery
from pipelines.language.labels import THEMES
from reports.scope import Scope
from storage.store.access.survey_answers import answers_of
from storage.store.alerts import episodes, precision
from storage.store.cafes.cases import Case, Replies, cases_of, replies_of
from storage.store.incidents import incidents
from storage.store.incidents.actions import actions_of

if TYPE_CHECKING:
    import polars as pl

    from pilot.cafes import Pilot
    from storage.home import Home
    from storage.store.engine import Store

Row = dict[str, Any]
MOST_EPISODES = 100_000


def cases_read(home: Home, scope: Scope, *, until: datetime) -> Row:
    """Return the recovery of the report's cases, and the complaints after each first action."""
    store = home.store()
    found = [
        each
        for each in cases_of(store, scope.ids, simulated=scope.simulated)
        if scope.first <= business_day(each.opened_at) <= scope.last
    ]
    replies = replies_of(store, scope.ids, simulated=scope.simulated)
    facts = [
        CaseFacts(
            opened_at=each.opened_at,
            first_action_at=each.first_action_at,
            dropped_at=each.closed_at if each.status == "dropped" else None,
            is_done=each.status == "done",
            is_answered=each.is_answered,
            guests=mine.linked,
            better=mine.better,
            not_yet=mine.not_yet,
        )
        for each in found
        for mine in (replies.get(each.id, Replies()),)
    ]
    whole = recovery(facts, now=until)
    acted = [each for each in found if each.subject in THEMES and each.first_action_at is not None]
    return {
        "cases": whole.cases,
        "done": whole.done,
        "answered": whole.answered,
        "waiting": whole.waiting,
        "replies": whole.replies,
        "better": _figure(whole.better),
        "first_action_hours": _figure(whole.first_action_hours),
        "changes": [_change(home, scope, each) for each in sorted(acted, key=lambda each: (each.opened_at, each.id))],
    }


def _change(home: Home, scope: Scope, case: Case) -> Row:
    """Return a theme's complaints in the week before a case's first action, and in the week after it."""
    assert case.first_action_at is not None
    week = monday_of(business_day(case.first_action_at)) + timedelta(days=DAYS_A_WEEK)
    # The week of the action itself is neither before nor after it.
    after = aftermath(_feedback(home, scope, case, week=week), theme=case.subject, week=week)
    before = aftermath(
        _feedback(home, scope, case, week=week - timedelta(days=DAYS_A_WEEK)),
        theme=case.subject,
        week=week - timedelta(days=DAYS_A_WEEK),
    )
    return {
        "cafe": case.cafe,
        "theme": case.subject,
        "status": case.status,
        "note": case.note,
        "before": [before.before.complaints, before.before.feedbacks],
        "after": [after.after.complaints, after.after.feedbacks],
        "week_after": week.isoformat(),
        "complete": week + timedelta(days=DAYS_A_WEEK - 1) <= scope.last,
    }


def _feedback(home: Home, scope: Scope, case: Case, *, week: date) -> pl.DataFrame:
    import polars as pl

    days = list(days_between(week - timedelta(days=DAYS_A_WEEK), week + timedelta(days=DAYS_A_WEEK - 1)))
    frame = home.lake().read(SCORED_FEEDBACK, days=days, columns=(*FEEDBACK_COLUMNS, "cafe", "simulated"))
    return frame.filter((pl.col("cafe") == case.cafe) & (pl.col("simulated") == scope.simulated))


def incidents_read(store: Store, scope: Scope) -> list[Row]:
    """Return the incidents detected in the report's days that affect its cafés, oldest first."""
    found = [
        each
        for each in incidents.latest(store, limit=None)
        if scope.first <= business_day(each.detected_at) <= scope.last
        and (not each.cafes or set(each.cafes) & set(scope.ids))
    ]
    return [
        {
            "id": each.id,
            "kind": each.kind,
            "severity": each.severity,
            "title": each.title,
            "detected_at": each.detected_at.isoformat(),
            "closed_at": None if each.closed_at is None else each.closed_at.isoformat(),
            "cause": each.cause,
            "actions": [
                {"what": one.what, "owner": one.owner, "due": one.due.isoformat(), "done": one.done_at is not None}
                for one in actions_of(store, each.id)
            ],
        }
        for each in reversed(found)
    ]


def alerts_read(store: Store, scope: Scope) -> list[Row]:
    """Return how often each kind of alert fired in the report's days, and was judged right and wrong."""
    found = [
        each
        for each in episodes.latest(store, limit=MOST_EPISODES, since=day_bounds(scope.first)[0])
        if business_day(each.began_at) <= scope.last and (each.cafe in scope.ids if each.cafe else scope.whole)
    ]
    return [
        {"name": each.name, "fired": each.fired, "right": each.judged_true, "wrong": each.judged_false}
        for each in precision.figures(found)
    ]


def survey_read(store: Store, scope: Scope, pilot: Pilot) -> list[Row]:
    """Return the managers' answers by period of the survey."""
    given = [each for each in answers_of(store, simulated=scope.simulated) if set(each.cafes) & set(scope.ids)]
    found = []
    for period in survey.periods(pilot):
        mine = [each for each in given if each.period == period.first]
        if mine:
            found.append(
                {
                    "period": period.name,
                    "answers": len(mine),
                    "distribution": survey.distribution(each.answers for each in mine),
                    "comments": [{"cafes": list(each.cafes), "comment": each.comment} for each in mine if each.comment],
                }
            )
    return found


def _figure(found: Figure) -> list[float | None]:
    return [found.value, found.low, found.high]
