"""A month of thousands of SIMULATED cafés: the tables that the report reads, drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import insert

from pilot.business_days import day_bounds, days_between
from pilot.kpis import KPIS
from pilot.lake_tables.insight_tables import THEMES, VOICE_LATENCY
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.payout_tables import PAYMENTS
from pilot.lake_tables.report_tables import ALL_CAFES, CAPACITY_PLAN, PILOT_REPORT
from pilot.lake_tables.satisfaction_tables import SATISFACTION
from pilot.lake_tables.tables import CUSTOMER_COUNTS, PROBES, SCORED_FEEDBACK, SESSIONS, UPTIME, Table
from pipelines.shapes import schema
from pipelines.statistics.clustered import ratio_from, share_interval
from reports.lake_readings import STAGES
from storage.home import Home
from storage.store.schemas.cases import cases

CUSTOMERS_A_DAY = 100
OUTAGE_MINUTES = 7
DOWN_SHARE = 0.004  # of the café-days
CASES_A_CAFE = 2
THEME_NAMES = ("coffee", "food", "service", "queue", "price", "seating", "noise", "cleanliness")


@dataclass(frozen=True, slots=True)
class Truth:
    """Each café's true figures."""

    customers: Any
    participation: Any
    completion: Any
    useful: Any
    in_time: Any
    paid: Any
    content: Any


def draw_truth(count: int, random: Any) -> Truth:
    """Return true figures of cafés that differ."""

    def share(mean: float, size: float) -> Any:
        return random.beta(mean * size, (1 - mean) * size, count)

    return Truth(
        customers=np.maximum(random.lognormal(np.log(CUSTOMERS_A_DAY), 0.5, count), 5),
        participation=share(0.12, 80), completion=share(0.78, 60), useful=share(0.6, 40), in_time=share(0.96, 300),
        paid=share(0.985, 400), content=share(0.6, 30),
    )  # fmt: skip


def fill_month(home: Home, *, last: date, days: int, seed: int = 20261130) -> int:
    """Write the tables of the month up to `last`; return the number of sessions."""
    random, ids = np.random.default_rng(seed), np.array([cafe.id for cafe in home.cafes().cafe])
    truth = draw_truth(len(ids), random)
    every = [_Day(home, ids, truth, day, random).write() for day in days_between(last - timedelta(days=days - 1), last)]
    sums = {name: np.stack([day[name] for day in every]) for name in every[0]}
    _report(home, ids, sums, last=last, days=days)
    _cases(home, ids, last=last, random=random)
    return int(sums["started"].sum())


class _Day:
    """One day of all cafés."""

    def __init__(self, home: Home, ids: Any, truth: Truth, day: date, random: Any) -> None:
        self._home, self._ids, self._truth, self._day, self._random = home, ids, truth, day, random
        self._noon = day_bounds(day)[0] + timedelta(hours=12)

    def write(self) -> dict[str, Any]:
        """Write the day's tables; return each café's counts."""
        random, truth, ids = self._random, self._truth, self._ids
        mood = np.exp(random.normal(0, 0.15, len(ids)))
        customers = random.poisson(truth.customers)
        started = random.binomial(customers, np.minimum(truth.participation * mood, 0.95))
        completed = random.binomial(started, truth.completion)
        useful = random.binomial(completed, truth.useful)
        answers = 3 * completed
        in_time = random.binomial(answers, truth.in_time)
        paid = random.binomial(useful, truth.paid)
        down = np.where(random.uniform(size=len(ids)) < DOWN_SHARE, OUTAGE_MINUTES * 60.0, 0.0)
        self._write(CUSTOMER_COUNTS, cafe=ids, customers=customers, source="manager", reported_at=self._noon)
        self._sessions(started, completed, useful)
        positive = random.binomial(completed, truth.content)
        self._write(
            SATISFACTION, cafe=ids, daypart="all", feedbacks=completed, usable=completed, positive=positive,
            mixed=(completed - positive) // 3, negative=completed - positive - (completed - positive) // 3, neutral=0,
        )  # fmt: skip
        themes = np.tile(THEME_NAMES, len(ids))
        mentions = random.binomial(np.repeat(completed, len(THEME_NAMES)), 0.2)
        bad = random.binomial(mentions, 0.4)
        self._write(
            THEMES, cafe=np.repeat(ids, len(THEME_NAMES)), theme=themes, mentions=mentions, negative=bad,
            positive=mentions - bad, mixed=0, feedbacks=np.repeat(completed, len(THEME_NAMES)), trend="steady",
            recent_feedbacks=0, recent_mentions=0, earlier_feedbacks=0, earlier_mentions=0,
        )  # fmt: skip
        stages = np.tile(STAGES, len(ids))
        self._write(
            VOICE_LATENCY, cafe=np.repeat(ids, len(STAGES)), stage=stages, author="scripted", within_3s=0,
            turns=np.repeat(answers, len(STAGES)), measured=np.repeat(answers, len(STAGES)), within_2s=0,
            p50_ms=random.normal(900, 50, len(stages)), p95_ms=random.normal(1_700, 100, len(stages)),
        )  # fmt: skip
        self._write(
            PAYMENTS, cafe=ids, rail="voucher", succeeded=paid, failed=useful - paid, succeeded_ore=paid * 2_000,
            open=0, issued=useful, expired=0,
        )  # fmt: skip
        self._write(
            UPTIME, cafe=ids, target="customer_page", probes=1_440, up_s=86_400.0 - down, down_s=down, unknown_s=0.0,
            planned_down_s=0.0, as_of=self._noon,
        )  # fmt: skip
        self._probes(ids[down > 0])
        names = ("customers", "started", "completed", "useful", "answers", "in_time", "paid", "down")
        found = (customers, started, completed, useful, answers, in_time, paid, down)
        return dict(zip(names, found, strict=True))

    def _sessions(self, started: Any, completed: Any, useful: Any) -> None:
        cafe = np.repeat(self._ids, started)
        place = np.arange(len(cafe)) - np.repeat(np.cumsum(started) - started, started)
        done, good = place < np.repeat(completed, started), place < np.repeat(useful, started)
        names = np.array([f"{self._day}-{number}" for number in range(len(cafe))])
        begins = np.datetime64(self._noon.replace(tzinfo=None), "us") + self._random.integers(
            0, 28_800, len(cafe)
        ).astype("timedelta64[s]")
        self._write(
            SESSIONS, session_id=names, cafe=cafe, last_event_at=begins, opened_at=begins, started_at=begins,
            outcome=np.where(done, "completed", "abandoned"), mode="voice", consent=True, first_turn_at=begins,
            turns=3, failed_turns=0, epochs=1, missing_events=0, duration_s=60.0, in_app=False,
            abandon_reason=np.where(done, "", "closed"),
        )  # fmt: skip
        theme = np.array(THEME_NAMES)[self._random.integers(0, len(THEME_NAMES), int(done.sum()))]
        kind = np.where(self._random.uniform(size=len(theme)) < 0.4, "negative", "positive")
        said = np.char.add(np.char.add(np.char.add('{"', theme), '":"'), np.char.add(kind, '"}'))
        self._write(
            SCORED_FEEDBACK, session_id=names[done], cafe=cafe[done], language="sv", completed_at=begins[done],
            turns_scored=3, turns_left_out=0, words=40, score=np.where(good[done], 70, 40), eligible=good[done],
            specificity=0.5, evidence=0.5, breadth=0.5, actionability=0.5, authenticity=0.5, rubric_version="1",
            scorer_version="1", themes=said,
        )  # fmt: skip
        self._write(
            REWARDS, session_id=names[done], cafe=cafe[done], outcome=np.where(good[done], "eligible", "declined"),
            reason="", score=70, counted_score=70, amount_ore=np.where(good[done], 2_000, 0), rubric_version="1",
            scorer_version="1", decided_by="assets", decided_at=self._noon,
        )  # fmt: skip

    def _probes(self, down: Any) -> None:
        """Write the probes of the cafés that were down; those of the others would not be read."""
        minutes = np.tile(np.arange(1_440), len(down))
        start = np.datetime64(day_bounds(self._day)[0].replace(tzinfo=None), "us")
        first = np.repeat(self._random.integers(480, 1_000, len(down)), 1_440)
        self._write(
            PROBES, cafe=np.repeat(down, 1_440), event_id=np.array([f"e{number}" for number in range(len(minutes))]),
            at=start + minutes.astype("timedelta64[m]"), edge="watch", target="customer_page",
            ok=~((minutes >= first) & (minutes < first + OUTAGE_MINUTES)), duration_ms=80.0, every_seconds=60,
            failure="",
        )  # fmt: skip

    def _write(self, table: Table, **columns: Any) -> None:
        _write(self._home, table, self._day, columns)


def _write(home: Home, table: Table, day: date, columns: dict[str, Any]) -> None:
    """Replace a day of a table; columns that are not given are empty."""
    height = max((len(each) for each in columns.values() if isinstance(each, np.ndarray | list)), default=0)
    lists = [pl.lit([], dtype=kind).alias(name) for name, kind in schema(table).items() if kind == pl.List(pl.String)]
    given = {"day": day, "simulated": True, **columns}
    arrays = {name: each for name, each in given.items() if isinstance(each, np.ndarray | list)}
    frame = pl.DataFrame(arrays) if arrays else pl.DataFrame({"day": [day] * height})
    frame = frame.with_columns(
        *(pl.lit(each).alias(name) for name, each in given.items() if name not in arrays), *lists
    )
    absent = [pl.lit(None).alias(name) for name in schema(table) if name not in frame.columns]
    moments = [
        pl.col(name).dt.replace_time_zone("UTC")
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.Datetime) and kind.time_zone is None
    ]
    frame = frame.with_columns(*absent, *moments)
    typed = frame.select(pl.col(name).cast(kind) for name, kind in schema(table).items())
    home.lake().replace_partition(table, day, typed, commit={})


def _report(home: Home, ids: Any, sums: dict[str, Any], *, last: date, days: int) -> None:
    """Write the metrics of each café and of all, with the report's own intervals of shares."""
    as_of = day_bounds(last)[1]
    parts = {
        "participation": ("started", "customers"), "completion": ("completed", "started"),
        "voice_response": ("in_time", "answers"), "payment_success": ("paid", "useful"),
    }  # fmt: skip
    rows: list[dict[str, Any]] = []
    for place, cafe in [*enumerate(ids), (None, ALL_CAFES)]:
        mine = {name: (each if place is None else each[:, place]).ravel() for name, each in sums.items()}
        for code, kpi in KPIS.items():
            if code in parts:
                row = _share(*(mine[name].astype(float) for name in parts[code]))
                if code == "voice_response":  # the p95 is not simulated: a value that goes with the share in time
                    row |= {name: 2.0 + (0.95 - row[name]) * 8 for name in ("value", "low", "high")}
                    row["low"], row["high"] = row["high"], row["low"]
            else:
                known = 86_400.0 * len(mine["down"])
                value = 1 - float(mine["down"].sum()) / known
                row = dict.fromkeys(("value", "low", "high"), value) | {"denominator": known}
                row |= {"numerator": known * value, "design_effect": 1.0, "interval": "census"}
            rows.append(row | {"cafe": cafe, "kpi": code, "target": kpi.target, "unit": kpi.unit})
    columns: dict[str, Any] = {name: [row.get(name) for row in rows] for name in rows[0] | {"interval": None}}
    _write(
        home, PILOT_REPORT, last,
        columns | {"first_day": last - timedelta(days=days - 1), "days": days, "days_left_out": 0, "cafe_days": days}
        | {"unknown": 0.0, "verdict": "met", "as_of": as_of},
    )  # fmt: skip
    load = {"sessions": 1, "busiest_hour_sessions": 9, "most_at_once": 60, "measured_at_once": 40, "days": days}
    limits = {"expected_low": 5, "expected_high": 20, "feedbacks_a_day": 9.0, "trial_limit": 1, "trial_used": 1}
    _write(
        home, CAPACITY_PLAN, last,
        {"cafe": np.array([ALL_CAFES]), "first_day": last, "as_of": as_of, "days_left_expected": 1.0} | load | limits,
    )  # fmt: skip


def _share(tops: Any, bottoms: Any) -> dict[str, Any]:
    some = bottoms > 0
    tops, bottoms = tops[some], bottoms[some]
    top, bottom = float(tops.sum()), float(bottoms.sum())
    found = ratio_from(top, bottom, len(tops), float(((tops - top / bottom * bottoms) ** 2).sum()))
    interval = share_interval(found)
    return {
        "numerator": top, "denominator": bottom, "value": found.value, "low": interval.low, "high": interval.high,
        "design_effect": interval.design_effect, "interval": "clustered",
    }  # fmt: skip


def _cases(home: Home, ids: Any, *, last: date, random: Any) -> None:
    """Write cases of which most were acted on within days."""
    begin = day_bounds(last)[0] - timedelta(days=25)
    rows = []
    for number, cafe in enumerate(np.repeat(ids, CASES_A_CAFE)):
        opened = begin + timedelta(hours=float(random.uniform(0, 200)))
        acted: datetime | None = opened + timedelta(hours=float(random.exponential(30)))
        acted = acted if random.uniform() < 0.8 else None
        rows.append(
            {"id": f"case-{number}", "cafe": str(cafe), "simulated": True, "subject": THEME_NAMES[number % 8]}
            | {"origin": "proposal", "week": opened.date() - timedelta(days=opened.weekday()), "owner": ""}
            | {"status": "done" if acted else "open", "opened_at": opened, "first_action_at": acted}
            | {"closed_at": acted, "note": "", "said": "", "answer": "", "answer_language": "sv"}
        )
    with home.store().begin() as connection:
        connection.execute(insert(cases), rows)
