"""The figures of the page of cafés: the trial's use, pauses, and the codes' scans."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dashboards.reading.code_scans import DAYS, TABLES, code_scans
from proving.analytics.registration import Choice, Query, Reader, Reading
from proving.analytics.shared_queries import PERIOD
from storage.store.cafes import cafe_states, trial_slots
from storage.store.cafes.cafe_states import CafeState

PAGE = "cafes.py"
UNPAID = """
    select d.session_id from reward_decisions d left join reward_rulings r on r.reward_id = d.reward_id
    where (d.outcome = 'declined' and d.reason <> 'beyond_trial')
        or (d.outcome = 'held' and (r.released is null or not r.released))
"""


def _limits(reader: Reader) -> Iterable[Choice]:
    return [
        Choice((cafe.id,), reader.days[0], reader.days[-1], reader.simulated, _trial(reader, cafe.trial_limit))
        for cafe in reader.known_cafes
    ]


def _trial(reader: Reader, limit: int) -> tuple[tuple[str, Any], ...]:
    return (("limit", limit), ("now", reader.store.now().replace(tzinfo=None)))


def _use(reader: Reader, choice: Choice) -> Any:
    return trial_slots.usage(reader.store, reader.home.cafes().get(choice.cafes[0]))


def _states(reader: Reader, choice: Choice) -> list[CafeState]:
    found = cafe_states.find_all(reader.store)
    return [found[cafe] for cafe in choice.cafes if cafe in found]


def scanned(reader: Reader, choice: Choice) -> Any:
    """Return the last scan of each code as the pages read it."""
    with reader.snapshot(*TABLES, choice=choice) as snapshot:
        return code_scans(
            snapshot,
            snapshot.key,
            cafe=choice.cafes[0],
            first=choice.first,
            last=choice.last,
            simulated=choice.simulated,
        )


def trial_of(page: str) -> Reading:
    """Return the reading of each café's trial on a page."""
    return Reading(
        page=page,
        name="trial",
        function=trial_slots.usage,
        choices=_limits,
        shown=_use,
        queries=(
            Query(
                sql=f"""
                    with counted as (
                        select count(case when used and rewarded then 1 end) as used,
                            count(case when not used and rewarded then 1 end) as reserved,
                            count(case when used and not rewarded then 1 end) as unrewarded
                        from trial_slots
                        where cafe = $cafe and ((used and session_id not in ({UNPAID}))
                            or (not used and lease_until > $now))
                    ), limits as (
                        select coalesce((select trial_limit from cafe_states where cafe = $cafe), $limit) as trial
                    )
                    select used, reserved, unrewarded, trial as "limit", used + reserved >= trial as "full",
                        used * 10 >= trial * 8 as nearly_full
                    from counted cross join limits
                """,  # noqa: S608
                of_store=True,
            ),
        ),
    )


def scans_of(page: str) -> Reading:
    """Return the reading of the codes' last scans on a page."""
    return Reading(
        page=page,
        name="scans",
        function=code_scans,
        choices=lambda reader: reader.each_cafe_over(DAYS),
        shown=scanned,
        queries=(
            Query(
                sql=f"""
                    select code, max(opened_at) as itself from sessions where {PERIOD} and code is not null group by 1
                """,  # noqa: S608
                key=("code",),
            ),
        ),
    )


READINGS = (
    trial_of(PAGE),
    Reading(
        page=PAGE,
        name="states",
        function=cafe_states.find_all,
        choices=lambda reader: [Choice(reader.cafes, reader.days[0], reader.days[-1], reader.simulated)],
        shown=_states,
        queries=(
            Query(
                sql="""
                    select cafe, paused, reason, trial_limit, actor, changed_at, shown_sv, shown_en
                    from cafe_states where cafe in $cafes
                """,
                key=("cafe",),
                of_store=True,
            ),
        ),
    ),
    scans_of(PAGE),
)
