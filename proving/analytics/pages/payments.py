"""The figures of the page of payments: each reward, payout and batch as its search shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from proving.analytics.registration import Choice, Query, Reader, Reading
from storage.store.payouts import batches
from storage.store.rewards import decisions, vouchers

PAGE = "payments.py"
MOST = 200  # of each kind, the newest


@dataclass(frozen=True, slots=True)
class ShownReward:
    """A reward as the page words it."""

    id: str
    cafe: str
    outcome: str
    reason: str
    amount_ore: int


@dataclass(frozen=True, slots=True)
class ShownVoucher:
    """A reward's voucher as the page words it."""

    reward_id: str
    state: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ShownPayout:
    """A payout as the page words it."""

    id: str
    amount_ore: int
    state: str
    code: str


@dataclass(frozen=True, slots=True)
class ShownBatch:
    """A batch with the number and the sum of its payouts."""

    id: str
    approval: str
    rail: str
    payouts: int
    total_ore: int


@dataclass(frozen=True, slots=True)
class ShownPayments:
    """All that the search of payments can show."""

    rewards: list[ShownReward]
    vouchers: list[ShownVoucher]
    payouts: list[ShownPayout]
    batches: list[ShownBatch]


def _payments(reader: Reader, choice: Choice) -> ShownPayments:
    store = reader.store
    with store.reading() as connection:
        ids = [
            row[0]
            for row in connection.exec_driver_sql(
                f"select session_id from reward_decisions order by session_id desc limit {MOST}"  # noqa: S608
            )
        ]
    found = [
        one for one in (decisions.find(store, each) for each in ids) if one is not None and one.cafe in choice.cafes
    ]
    own = {one.reward_id: vouchers.of_reward(store, one.reward_id) for one in found}
    everything = reader.principal.cafes is None  # A payout may be about rewards of several cafés.
    return ShownPayments(
        rewards=[ShownReward(one.reward_id, one.cafe, one.outcome, one.reason, one.amount_ore) for one in found],
        vouchers=[ShownVoucher(reward, one.state, one.expires_at) for reward, one in own.items() if one is not None],
        payouts=[
            ShownPayout(one.id, one.amount_ore, one.state, one.code)
            for one in (batches.instructions(store) if everything else [])
        ],
        batches=[
            ShownBatch(one.id, one.approval, one.rail, len(mine), sum(each.amount_ore for each in mine))
            for one in (batches.batches(store) if everything else [])
            for mine in (batches.instructions(store, one.id),)
        ],
    )


OWN = f"""
    select * from (select * from reward_decisions order by session_id desc limit {MOST}) as newest where cafe in $cafes
"""  # noqa: S608

READINGS = (
    Reading(
        page=PAGE,
        name="payments",
        function=decisions.find,
        kind=ShownPayments,
        choices=lambda reader: [
            Choice(
                reader.cafes,
                reader.days[0],
                reader.days[-1],
                reader.simulated,
                (("sees_all", reader.principal.cafes is None),),
            )
        ],
        shown=_payments,
        queries=(
            Query(
                part="rewards",
                sql=f"select reward_id as id, cafe, outcome, reason, amount_ore from ({OWN}) as own",  # noqa: S608
                key=("id",),
                of_store=True,
            ),
            Query(
                part="vouchers",
                sql=f"""
                    select v.reward_id, v.state, v.expires_at from vouchers v
                    where v.reward_id in (select reward_id from ({OWN}) as own)
                        and v.number = (select max(number) from vouchers o where o.reward_id = v.reward_id)
                """,  # noqa: S608
                key=("reward_id",),
                of_store=True,
            ),
            Query(
                part="payouts",
                sql="select id, amount_ore, state, code from payout_instructions where $sees_all",
                key=("id",),
                of_store=True,
            ),
            Query(
                part="batches",
                sql="""
                    select b.id, b.approval, b.rail, count(i.id) as payouts, coalesce(sum(i.amount_ore), 0) as total_ore
                    from payout_batches b left join payout_instructions i on i.batch_id = b.id
                    where $sees_all group by b.id, b.approval, b.rail
                """,
                key=("id",),
                of_store=True,
            ),
        ),
    ),
)
