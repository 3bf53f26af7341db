"""The figures of recovery on the page of things to do."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from datetime import datetime, timedelta

from scipy import stats

from pipelines.cases.recovery import CaseFacts, Recovery, recovery
from proving.analytics import arithmetic
from proving.analytics.pages.to_do import PAGE, RECOVERY_DAYS, cases_shown
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows
from storage.store.cafes.cases import Replies, replies_of

OWN_CASES = "cases where cafe = $cafe and simulated = $simulated and opened_at >= $since"
VERDICTS = """
    select {what} from case_verdicts v join case_sessions s on s.case_id = v.case_id and s.session_id = v.session_id
    where v.case_id in (select id from {cases}) and v.session_id not in (select session_id from tombstones)
"""


def _recoveries(reader: Reader) -> Iterable[Choice]:
    now = reader.now.replace(microsecond=0)
    extra = (("since", (now - timedelta(days=RECOVERY_DAYS)).replace(tzinfo=None)), ("now", now))
    return [Choice((cafe,), reader.days[0], reader.days[-1], reader.simulated, extra) for cafe in reader.cafes]


def _recovery(reader: Reader, choice: Choice) -> Recovery:
    replies = replies_of(reader.store, choice.cafes, simulated=reader.simulated)
    since = choice["now"] - timedelta(days=RECOVERY_DAYS)
    facts = [
        CaseFacts(
            opened_at=each.opened_at,
            first_action_at=each.first_action_at,
            dropped_at=each.closed_at if each.status == "dropped" else None,
            is_done=each.status == "done",
            is_answered=each.is_answered,
            guests=own.linked,
            better=own.better,
            not_yet=own.not_yet,
        )
        for each in cases_shown(reader, choice.cafes[0])
        if each.opened_at >= since
        for own in (replies.get(each.id, Replies()),)
    ]
    return recovery(facts, now=choice["now"])


def _better(rows: Rows, choice: Choice) -> Rows:
    better, replies = (int(rows[0][name]) for name in ("better", "replies"))
    if not replies:
        return [{"value": None, "low": None, "high": None}]
    low, high = arithmetic.wilson(better, replies)
    return [{"value": better / replies, "low": low, "high": high}]


def _waits(rows: Rows, choice: Choice) -> Rows:
    """Return the median wait by scipy's estimate of the survival of censored waits."""
    ended: list[float] = []
    open_: list[float] = []
    for row in rows:
        acted: datetime | None = row["first_action_at"]
        hours = ((acted or row["dropped_at"] or choice["now"]) - row["opened_at"]).total_seconds() / 3600
        (open_ if acted is None else ended).append(max(0.0, hours))
    if not ended:
        return [{"value": None, "low": None, "high": None}]
    survival = stats.ecdf(stats.CensoredData(uncensored=ended, right=open_)).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # once nobody waits, Greenwood's formula has no value
        ends = survival.confidence_interval(0.95)
    value = within = above = None
    for hours in sorted(set(ended)):
        at = float(survival.evaluate(hours))
        includes = float(ends.low.evaluate(hours)) <= 0.5 <= float(ends.high.evaluate(hours))
        value = hours if value is None and at <= 0.5 else value
        within = hours if within is None and includes else within
        above = hours if above is None and not includes and at < 0.5 else above
    if value is None:
        return [{"value": None, "low": within, "high": None}]
    return [{"value": value, "low": min(value, within if within is not None else value), "high": above}]


READINGS = (
    Reading(
        page=PAGE,
        name="recovery",
        function=recovery,
        choices=_recoveries,
        shown=_recovery,
        queries=(
            Query(
                sql=f"""
                    select count(*) as cases, count(case when status = 'done' then 1 end) as done,
                        count(case when status = 'done' and answer <> '' then 1 end) as answered,
                        count(case when first_action_at is null and status <> 'dropped' then 1 end) as waiting,
                        ({VERDICTS.format(what="count(*)", cases=OWN_CASES)}) as replies
                    from {OWN_CASES}
                """,  # noqa: S608
                of_store=True,
            ),
            Query(
                part="better",
                sql=VERDICTS.format(
                    what="count(*) as replies, count(case when verdict = 'better' then 1 end) as better",
                    cases=OWN_CASES,
                ),
                of_store=True,
                then=_better,
                columns=("value", "low", "high"),
            ),
            Query(
                part="first_action_hours",
                sql=f"""
                    select opened_at, first_action_at, case when status = 'dropped' then closed_at end as dropped_at
                    from {OWN_CASES}
                """,  # noqa: S608
                of_store=True,
                then=_waits,
                columns=("value", "low", "high"),
            ),
        ),
    ),
)
