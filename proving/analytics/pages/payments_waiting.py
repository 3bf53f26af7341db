"""The figures of what the page of payments waits for: rulings, approvals, failures, gate and switch."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from dashboards.reading.payouts import MOST_TO_CHOOSE, VOUCHER_FAILURE_DAYS, pilot_payouts, rulings
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS
from pilot.lake_tables.tables import TABLES
from proving.analytics.pages.payments import PAGE
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows

if TYPE_CHECKING:
    from storage.home import Home

# A reward is paid once each of these was checked and no stopping check failed.
CHECKED = ("sessions", "turns", "scored_feedback", "session_signals", "rewards")
HELD = """
    select d.session_id, d.reward_id, d.day, d.cafe, d.simulated, d.outcome, d.reason, d.score, d.counted_score,
        d.amount_ore, d.held_until, d.rubric_version, d.scorer_version, d.decided_by, d.decided_at, null as released
    from reward_decisions d
    where d.outcome = 'held' and d.cafe in $cafes and d.simulated = $simulated
        and d.reward_id not in (select reward_id from reward_rulings)
    order by d.held_until, d.session_id
"""
UNPAID = """
    select i.id, i.batch_id, i.recipient_id, r.account, i.amount_ore, i.state, i.code, i.reference
    from payout_instructions i join recipients r on r.id = i.recipient_id join payout_batches b on b.id = i.batch_id
    where b.simulated = $simulated and i.state <> 'paid'
"""
BATCHES = """
    select b.id, b.day, b.rail, b.simulated, b.approval, b.planned_at,
        (select count(*) from payout_instructions i where i.batch_id = b.id and i.state <> 'paid') as payouts,
        (select coalesce(sum(amount_ore), 0) from payout_instructions i where i.batch_id = b.id and i.state <> 'paid')
            as total_ore
    from payout_batches b where b.approval = 'waiting' and b.simulated = $simulated
"""


def _own(reader: Reader) -> Iterable[Choice]:
    return [Choice(reader.cafes, reader.days[0], reader.days[-1], reader.simulated)]


def _whole_pilot(reader: Reader) -> Iterable[Choice]:
    if reader.principal.cafes is not None:
        return []  # payouts belong to no café
    since = (reader.now - timedelta(days=VOUCHER_FAILURE_DAYS)).replace(tzinfo=None)
    return [Choice(reader.cafes, reader.days[0], reader.days[-1], reader.simulated, (("since", since),))]


def _rulings(reader: Reader, choice: Choice) -> Any:
    return rulings(reader.store, cafes=choice.cafes, simulated=choice.simulated)


def _pilot(reader: Reader, choice: Choice) -> Any:
    return pilot_payouts(reader.home, reader.store, simulated=choice.simulated, now=reader.now)


def _rail(home: Home, _: Choice) -> Rows:
    key, is_fake = home.settings.stripe_key.get_secret_value(), bool(home.settings.stripe_url)
    rail = "stripe_fake" if is_fake else "stripe" if "_live_" in key else "stripe_test"
    return [{"rail": rail if key else ""}]


def _blocks(home: Home, choice: Choice) -> Rows:
    """Return failed stopping checks of days with unpaid rewards, and unchecked days with claims."""
    rail = _rail(home, choice)[0]["rail"]
    if not rail:
        return []
    with home.store().reading() as connection:
        claimed = connection.exec_driver_sql(
            """
            select c.rail, c.simulated, d.day, d.decided_at, i.state, b.rail as planned_rail
            from payout_claims c join reward_decisions d on d.reward_id = c.reward_id
            left join payout_instruction_rewards w on w.reward_id = c.reward_id
            left join payout_instructions i on i.id = w.instruction_id left join payout_batches b on b.id = i.batch_id
            """
        ).all()
    waiting: dict[date, str] = {}
    days: set[date] = set()
    for own, simulated, day, decided, state, planned in claimed:
        if bool(simulated) != choice.simulated or (planned or own) != rail or state in ("paid", "reversed"):
            continue
        day = day if isinstance(day, date) else date.fromisoformat(day)
        days.add(day)
        if state is None:
            waiting[day] = max(str(decided), waiting.get(day, ""))
    with home.lake().snapshot(QUALITY_VERDICTS, days=sorted(days)) as snapshot:
        found = snapshot.sql("select * from quality_verdicts").to_dicts()
    mine = [row for row in found if row["day"] in days and row["table_name"] in CHECKED]
    written = [name for name in CHECKED if home.lake().version(TABLES[name]) is not None]
    judged = {
        (row["day"], row["table_name"])
        for row in mine
        if str(row["judged_at"].replace(tzinfo=None)) >= waiting.get(row["day"], "")[:19]
    }
    rows: Rows = [
        {"code": "expectation_failed", "day": row["day"], "table": row["table_name"], "expectation": row["expectation"]}
        for row in mine
        if row["severity"] == "stop" and not row["passed"]
    ]
    for day in waiting:
        if any((day, name) not in judged for name in written):
            rows.append({"code": "not_validated", "day": day, "table": "", "expectation": ""})
    return rows


def _switch(rows: Rows, _: Choice) -> Rows:
    never = {"name": "rewards_stopped", "is_on": False, "reason": "", "actor": "", "changed_at": None, "until": None}
    return rows or [never]


READINGS = (
    Reading(
        page=PAGE,
        name="rulings",
        function=rulings,
        choices=_own,
        shown=_rulings,
        queries=(
            Query(part="held", sql=HELD, key=("session_id",), of_store=True),
            Query(
                part="to_choose",
                sql=f"select * from ({HELD} limit {MOST_TO_CHOOSE}) as first_ones",  # noqa: S608
                key=("session_id",),
                of_store=True,
            ),
            Query(
                part="references",
                sql=f"""
                    select session_id, reference as itself from receipts
                    where session_id in (select session_id from ({HELD} limit {MOST_TO_CHOOSE}) as first_ones)
                """,  # noqa: S608
                key=("session_id",),
                of_store=True,
            ),
        ),
    ),
    Reading(
        page=PAGE,
        name="payouts",
        function=pilot_payouts,
        choices=_whole_pilot,
        shown=_pilot,
        queries=(
            Query(counted=_rail, columns=("rail",)),
            Query(
                part="stopped",
                sql="select name, is_on, reason, actor, changed_at, until from switches where name = 'rewards_stopped'",
                then=_switch,
                columns=("name", "is_on", "reason", "actor", "changed_at", "until"),
                of_store=True,
            ),
            Query(
                part="blocks",
                counted=_blocks,
                columns=("code", "day", "table", "expectation"),
                key=("code", "day", "table", "expectation"),
            ),
            Query(
                part="waiting.batch",
                sql=f"select id, day, rail, simulated, approval, planned_at from ({BATCHES}) as waiting",  # noqa: S608
                key=("id",),
                of_store=True,
            ),
            Query(
                part="waiting",
                sql=f"select payouts, total_ore from ({BATCHES}) as waiting",  # noqa: S608
                key=("payouts", "total_ore"),
                of_store=True,
            ),
            Query(part="open", sql=UNPAID, key=("id",), of_store=True),
            Query(
                part="failed",
                sql=f"{UNPAID} and (i.state in ('refused', 'needs_review', 'held', 'reversed') or i.code <> '')",
                key=("id",),
                of_store=True,
            ),
            Query(
                sql="""
                    select count(*) as frozen from frozen_rewards
                    where reward_id in (select reward_id from reward_decisions where simulated = $simulated)
                """,
                of_store=True,
            ),
            Query(
                part="unredeemed",
                sql="""
                    select reward_id, cafe, why, "at" from voucher_failures
                    where "at" >= $since and simulated = $simulated
                        and reward_id not in (select reward_id from vouchers where state = 'redeemed')
                """,
                key=("reward_id", "at"),
                of_store=True,
            ),
        ),
    ),
)
