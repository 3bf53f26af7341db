"""Decides, rules on and redeems a demo's rewards, at the moments at which a pilot would have done it.

Every draw depends on the seed and the session alone, so that a demo that is continued later goes on from where it was.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl
from sqlalchemy import select

from payouts.deciding import decide_scored, issuer
from pilot.business_days import at_local, business_day
from pilot.cafes import Cafe, Cafes
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS
from pilot.opening_hours import hours_on
from pipelines.signals.session_signals import reward_effects
from proving.simulator import chances
from storage.home import Home
from storage.store.engine import Store
from storage.store.rewards import decisions, voucher_failures, vouchers
from storage.store.rewards.decisions import ASSETS
from storage.store.schemas.money import reward_decisions
from storage.store.schemas.money import vouchers as voucher_rows

ACTOR = "simulator"
RELEASED, REFUSED = "simulated: an honest guest", "simulated: copied texts"
LATEST_DAYS = 60  # a voucher that is not redeemed by then is forgotten


class _Clock:
    """A clock that is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True)
class Tap:
    """A guest's attempt to redeem a voucher.

    Attributes:
        at: When.
        code_hash: The voucher.
        cafe: The till's café.
        fails: Whether the store is away.
    """

    at: datetime
    code_hash: str
    cafe: str
    fails: bool = False


def decide_days(home: Home, days: Iterable[date], *, seed: int, until: datetime) -> None:
    """Decide on days' scored sessions soon after each was sent; rule on held rewards hours later."""
    clock = _Clock(until)
    store = Store(home.store().engine, now=clock)
    for day in sorted(days):
        _decide_day(home, store, clock, day=day, until=until)
    for held in sorted(decisions.held_rewards(store), key=lambda one: one.decided_at):
        rng = _rng(seed, "ruling", held.session_id)
        at = held.decided_at + timedelta(hours=rng.uniform(*chances.RULED_HOURS))
        release = rng.random() < chances.SHARE_RELEASED
        if at <= until and held.simulated:
            clock.at = at
            decisions.rule(
                store,
                held.session_id,
                release=release,
                issuer=issuer(home.secret()),
                actor=ACTOR,
                reason=RELEASED if release else REFUSED,
            )


def redeem(home: Home, *, seed: int, until: datetime) -> int:
    """Redeem and refuse the issued vouchers whose guests came back by `until`; return the number of taps."""
    clock = _Clock(until)
    store = Store(home.store().engine, now=clock)
    cafes = home.cafes()
    query = (
        select(voucher_rows, reward_decisions.c.session_id)
        .join(reward_decisions, reward_decisions.c.reward_id == voucher_rows.c.reward_id)
        .where(voucher_rows.c.state == "issued", voucher_rows.c.simulated)
    )
    with store.reading() as connection:
        issued = connection.execute(query.order_by(reward_decisions.c.session_id, voucher_rows.c.number)).all()
    due = sorted(
        (
            tap
            for row in issued
            for tap in taps(
                _rng(seed, "taps", row.session_id, row.number),
                cafes=cafes,
                cafe=cafes.get(row.cafe),
                code_hash=row.code_hash,
                issued_at=row.issued_at,
            )
            if tap.at <= until
        ),
        key=lambda tap: (tap.at, tap.code_hash),
    )
    for tap in due:
        clock.at = tap.at
        if tap.fails:
            voucher_failures.record(store, tap.code_hash, cafe=tap.cafe, why="store_away", at=tap.at)
            continue
        request = f"{tap.code_hash[:12]}-{tap.at.isoformat()}"
        vouchers.redeem(store, tap.code_hash, cafe=tap.cafe, actor=ACTOR, request=request)
    clock.at = until
    vouchers.expire_due(store)
    return len(due)


def taps(rng: random.Random, *, cafes: Cafes, cafe: Cafe, code_hash: str, issued_at: datetime) -> list[Tap]:
    """Draw a guest's attempts to redeem a voucher, within opening hours; none if the guest forgets it."""
    if rng.random() >= chances.SHARE_REDEEMED:
        return []
    if rng.random() < chances.SHARE_REDEEMED_AT_ONCE:
        at = issued_at + timedelta(minutes=rng.uniform(*chances.REDEEMED_AT_ONCE_MINUTES))
    else:
        later = min(1 + rng.expovariate(1 / chances.REDEEMED_LATER_DAYS), LATEST_DAYS)
        at = issued_at + timedelta(days=later)
    found = _when_open(rng, cafe=cafe, at=at)
    if found is None:
        return []
    made: list[Tap] = []
    others = [other for other in cafes.ids if other != cafe.id]
    again = found + timedelta(minutes=chances.TAP_AGAIN_MINUTES)
    if rng.random() < chances.SHARE_TAP_FAILED:
        made.append(Tap(found, code_hash, cafe.id, fails=True))
    elif others and rng.random() < chances.SHARE_TAP_ELSEWHERE:
        made.append(Tap(found, code_hash, rng.choice(others)))
    return [*made, Tap(again if made else found, code_hash, cafe.id)]


def _decide_day(home: Home, store: Store, clock: _Clock, *, day: date, until: datetime) -> None:
    lake = home.lake()
    scored, sessions = lake.read(SCORED_FEEDBACK, days=[day]), lake.read(SESSIONS, days=[day])
    if scored.is_empty():
        return
    signals = reward_effects(lake.read(SESSION_SIGNALS, days=[day]))
    timed = scored.with_columns(pl.col("completed_at").dt.truncate(f"{chances.DECIDED_MINUTES}m").alias("step"))
    for step in sorted(timed["step"].unique().to_list()):
        clock.at = min(step + timedelta(minutes=chances.DECIDED_MINUTES), until)
        decide_scored(
            store,
            scored=timed.filter(pl.col("step") == step).drop("step"),
            sessions=sessions,
            signals=signals,
            quarantined=(),
            cafes=home.cafes(),
            secret=home.secret(),
            decided_by=ASSETS,
        )


def _when_open(rng: random.Random, *, cafe: Cafe, at: datetime) -> datetime | None:
    """Return a moment from `at` on within opening hours; None if the café is closed for a week."""
    for later in range(7):
        day = business_day(at) + timedelta(days=later)
        window = hours_on(cafe, day).window
        if window is None:
            continue
        opens, closes = (at_local(day, wall) for wall in window)
        latest = closes - timedelta(minutes=chances.TAP_AGAIN_MINUTES)
        if later == 0 and opens <= at < latest:
            return at
        if later == 0 and at >= latest:
            continue
        return opens + (latest - opens) * rng.random()
    return None


def _rng(seed: int, *parts: object) -> random.Random:
    return random.Random(":".join(str(part) for part in (seed, *parts)))  # noqa: S311 - simulation, not secrets
