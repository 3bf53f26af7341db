"""What the report reads from the store: cases, incidents, the managers' own answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pilot import survey
from pilot.business_days import business_day, day_bounds
from reports.scope import Scope
from storage.store.access.survey_answers import answers_of
from storage.store.alerts import episodes, precision
from storage.store.incidents import incidents
from storage.store.incidents.actions import actions_of

if TYPE_CHECKING:
    from pilot.cafes import Pilot
    from storage.store.engine import Store

Row = dict[str, Any]
MOST_EPISODES = 100_000


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
