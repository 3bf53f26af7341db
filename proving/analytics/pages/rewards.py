"""The figures of the page of rewards: each day's decisions by state and reason, and useful feedback."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from dashboards.reading.rewards import TABLES, useful_by_day
from pilot.business_days import business_day
from proving.analytics.pages.cafes import trial_of
from proving.analytics.registration import Choice, Query, Reader, Reading
from proving.analytics.shared_queries import PERIOD
from storage.store.rewards.cafe_rewards import CafeReward, of_cafe

PAGE = "rewards.py"
DAYS = 30


@dataclass(frozen=True, slots=True)
class RewardGroup:
    """A day's decided sessions of one state and reason: the page's figures are sums of these."""

    day: date
    state: str
    reason: str
    count: int
    granted: int
    amount_ore: int
    held_until: datetime | None


def _days(reader: Reader) -> Iterable[Choice]:
    today = business_day(reader.now)
    first, extra = today - timedelta(days=DAYS - 1), (("now", reader.store.now().replace(tzinfo=None)),)
    return [Choice((cafe,), first, today, reader.simulated, extra) for cafe in reader.cafes]


def _shown(reader: Reader, choice: Choice) -> list[RewardGroup]:
    groups: dict[tuple[date, str, str], list[CafeReward]] = {}
    for one in of_cafe(reader.store, choice.cafes[0], first=choice.first, last=choice.last, simulated=choice.simulated):
        groups.setdefault((one.day, one.state, one.reason), []).append(one)
    return [
        RewardGroup(
            day=day,
            state=state,
            reason=reason,
            count=len(some),
            granted=sum(one.is_granted for one in some),
            amount_ore=sum(one.amount_ore for one in some),
            held_until=min((one.held_until for one in some if one.held_until is not None), default=None),
        )
        for (day, state, reason), some in groups.items()
    ]


def _useful(reader: Reader, choice: Choice) -> Any:
    choice = replace(choice, extra=())
    with reader.snapshot(*TABLES, choice=choice) as snapshot:
        return useful_by_day(
            snapshot,
            snapshot.key,
            cafe=choice.cafes[0],
            first=choice.first,
            last=choice.last,
            simulated=choice.simulated,
        )


READINGS = (
    trial_of(PAGE),
    Reading(
        page=PAGE,
        name="rewards",
        function=of_cafe,
        kind=list[RewardGroup],
        choices=_days,
        shown=_shown,
        queries=(
            Query(
                sql="""
                    with decided as (
                        select d.day, d.amount_ore, d.held_until, d.reason,
                            case when d.outcome = 'declined' then 'declined'
                                when d.outcome = 'held' and r.released is null then 'held'
                                when d.outcome = 'held' and not r.released then 'refused'
                                when exists (select 1 from vouchers v where v.reward_id = d.reward_id
                                    and v.state = 'redeemed') then 'redeemed'
                                when exists (select 1 from payout_claims c where c.reward_id = d.reward_id) then 'bank'
                                when exists (select 1 from vouchers v where v.reward_id = d.reward_id
                                    and v.state = 'issued' and v.expires_at > $now) then 'issued'
                                else 'expired' end as state
                        from reward_decisions d left join reward_rulings r on r.reward_id = d.reward_id
                        where d.cafe = $cafe and d.simulated = $simulated and d.day between $first and $last
                    ), worded as (
                        select day, state, amount_ore, case when state = 'held' then held_until end as held_until,
                            case when state in ('declined', 'held', 'refused') then reason else '' end as reason
                        from decided
                    )
                    select day, state, reason, count(*) as count, sum(amount_ore) as amount_ore,
                        count(case when state in ('redeemed', 'bank', 'issued', 'expired') then 1 end) as granted,
                        min(held_until) as held_until
                    from worded group by day, state, reason
                """,
                key=("day", "state", "reason"),
                of_store=True,
            ),
        ),
    ),
    Reading(
        page=PAGE,
        name="useful",
        function=useful_by_day,
        choices=_days,
        shown=_useful,
        queries=(
            Query(
                sql=f"""
                    select day, sum(eligible::int)::bigint as itself from scored_feedback where {PERIOD} group by day
                """,  # noqa: S608
                key=("day",),
            ),
        ),
    ),
)
