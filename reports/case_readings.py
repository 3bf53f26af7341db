"""What cafés changed, how soon, and how many complained before and after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pilot.business_days import business_day, days_between
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pipelines.cases.aftermath import Share, difference_interval, pooled_difference, share_of
from pipelines.cases.feedback_claims import DAYS_A_WEEK, monday_of
from pipelines.cases.recovery import CaseFacts, Figure, recovery
from pipelines.language.labels import THEMES
from reports.scope import Scope
from storage.store.cafes.cases import Case, Replies, cases_of, replies_of

if TYPE_CHECKING:
    from storage.home import Home

Row = dict[str, Any]
MOST_CHANGES = 40  # of more, each theme's sums are shown
WEEK = timedelta(days=DAYS_A_WEEK)


def cases_read(home: Home, scope: Scope, *, until: datetime) -> Row:
    """Return the recovery of the report's cases, and the complaints before and after each first action."""
    store = home.store()
    found = [
        each
        for each in cases_of(store, scope.ids, simulated=scope.simulated)
        if scope.first <= business_day(each.opened_at) <= scope.last
    ]
    replies = replies_of(store, scope.ids, simulated=scope.simulated)
    facts = [CaseFacts.of(each, mine) for each in found for mine in (replies.get(each.id, Replies()),)]
    whole = recovery(facts, now=until)
    acted = [each for each in found if each.subject in THEMES and each.first_action_at is not None]
    acted.sort(key=lambda each: (each.opened_at, each.id))
    weeks = _weeks(home, scope, acted)
    changes = [_change(case, *both, scope=scope) for case, both in zip(acted, weeks, strict=True)]
    return {
        "cases": whole.cases,
        "done": whole.done,
        "answered": whole.answered,
        "waiting": whole.waiting,
        "replies": whole.replies,
        "better": _figure(whole.better),
        "first_action_hours": _figure(whole.first_action_hours),
        "changes": changes if len(changes) <= MOST_CHANGES else [],
        "changed": len(changes),
        "themes": _themes(acted, weeks, scope=scope) if len(changes) > MOST_CHANGES else [],
    }


def _weeks(home: Home, scope: Scope, acted: Sequence[Case]) -> list[tuple[Share, Share]]:
    """Return the share that complains of each case's theme before its first action, and after it.

    Both are whole weeks: the one before that of the action, and the one after; the week of the action itself is
    neither. Feedback that raised a signal does not count.
    """
    if not acted:
        return []
    mondays = [_monday(case) for case in acted]
    days = list(days_between(min(mondays) - WEEK, max(mondays) + 2 * WEEK - timedelta(days=1)))
    with home.lake().snapshot(SCORED_FEEDBACK, days=days) as snapshot:
        rows = snapshot.sql(
            """
            with acted as (
                select unnest($places) as place, unnest($cafes) as cafe, unnest($themes) as theme,
                    unnest($mondays)::date as monday
            ), said as (
                select acted.place, feedback.day < acted.monday as before,
                    coalesce(json_extract_string(feedback.themes, '$."' || acted.theme || '"') in ('negative', 'mixed'),
                        false) as complains
                from scored_feedback as feedback join acted on feedback.cafe = acted.cafe
                    and feedback.day between acted.monday - 7 and acted.monday + 13
                    and not feedback.day between acted.monday and acted.monday + 6
                where feedback.simulated = $simulated and len(feedback.signals) = 0
            )
            select place, before, count(*) filter (complains) as complaints, count(*) as feedbacks
            from said group by place, before
            """,
            {
                "places": list(range(len(acted))),
                "cafes": [case.cafe for case in acted],
                "themes": [case.subject for case in acted],
                "mondays": [monday.isoformat() for monday in mondays],
                "simulated": scope.simulated,
            },
        )
    counts = {(place, before): share_of(some, every) for place, before, some, every in rows.iter_rows()}
    nothing = share_of(0, 0)
    return [(counts.get((place, True), nothing), counts.get((place, False), nothing)) for place in range(len(acted))]


def _monday(case: Case) -> Any:
    assert case.first_action_at is not None
    return monday_of(business_day(case.first_action_at))


def _is_over(case: Case, scope: Scope) -> bool:
    """Return whether the whole week after the action's week is covered."""
    return bool(_monday(case) + 2 * WEEK - timedelta(days=1) <= scope.last)


def _change(case: Case, before: Share, after: Share, *, scope: Scope) -> Row:
    known = bool(before.feedbacks and after.feedbacks)
    return {
        "cafe": case.cafe,
        "theme": case.subject,
        "status": case.status,
        "note": case.note,
        "before": [before.complaints, before.feedbacks],
        "after": [after.complaints, after.feedbacks],
        "difference": list(difference_interval(before, after)) if known else None,
        "week_after": (_monday(case) + WEEK).isoformat(),
        "complete": _is_over(case, scope),
    }


def _themes(acted: Sequence[Case], weeks: Sequence[tuple[Share, Share]], *, scope: Scope) -> list[Row]:
    """Return the sums of each theme over the cases whose week after is over, the most frequent first."""
    by: dict[str, list[tuple[Share, Share]]] = {}
    for case, both in zip(acted, weeks, strict=True):
        if _is_over(case, scope):
            by.setdefault(case.subject, []).append(both)
    rows = []
    for theme, pairs in sorted(by.items(), key=lambda one: (-len(one[1]), one[0])):
        sums = [
            [sum(pair[end].complaints for pair in pairs), sum(pair[end].feedbacks for pair in pairs)] for end in (0, 1)
        ]
        pooled = pooled_difference(pairs)
        rows.append(
            {"theme": theme, "cases": len(pairs), "before": sums[0], "after": sums[1]}
            | {"difference": None if pooled is None else list(pooled[1:])}
        )
    return rows


def _figure(found: Figure) -> list[float | None]:
    return [found.value, found.low, found.high]
