"""The suites of rewards and of the verdicts' tables: each expectation holds and is broken once."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from pilot.identifiers import new_identifier
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS, QUARANTINE
from pilot.lake_tables.money_tables import REWARD_PARITY, REWARDS
from pilot.lake_tables.tables import SESSIONS, TABLES
from quality.engine import run
from quality.results import SuiteResult
from quality.rules import Evidence
from quality.suites import rules, suite_of, validate
from tests.quality import whole_day
from tests.quality.breaks import Break, Frames, another_column, put, twice
from tests.quality.conftest import frame

pytestmark = pytest.mark.slow

CAFES = whole_day.CAFES
DAY = whole_day.DAY
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def good() -> Frames:
    """Return a day with a reward of each outcome."""
    outcomes = (
        ("eligible", "", 71, 2_000, None),
        ("held", "ring", 75, 2_000, NOON),
        ("declined", "capped", 66, 0, None),
    )
    sessions, rewards, parity = [], [], []
    for outcome, reason, score, ore, until in outcomes:
        own = {"day": DAY, "session_id": new_identifier(at=NOON), "cafe": "aurora", "simulated": False}
        sessions.append(own | {"outcome": "completed"})
        rewards.append(
            own
            | {"outcome": outcome, "reason": reason, "score": score, "counted_score": score, "amount_ore": ore}
            | {"held_until": until, "rubric_version": "2026-11", "scorer_version": "1"}
            | {"decided_by": "watch", "decided_at": NOON, "released": True if outcome == "held" else None}
        )
        scores = {"score": score, "score_now": score, "counted_score": score, "counted_now": score}
        parity.append(own | scores | {"same": True})
    judged = {"day": DAY, "table_name": "turns", "severity": "stop", "judged_at": NOON}
    verdict = judged | {"expectation": "at_least:turn:1", "passed": True, "rows": 3, "breaking": 0}
    apart = judged | {"row_key": "1", "expectation": "at_least:turn:1", "reason": "turn", "cafe": "aurora"}
    return SimpleNamespace(
        cafes=CAFES,
        sessions=frame(SESSIONS, sessions),
        rewards=frame(REWARDS, rewards),
        reward_parity=frame(REWARD_PARITY, parity),
        quality_verdicts=frame(QUALITY_VERDICTS, [verdict]),
        quarantine=frame(QUARANTINE, [apart]),
    )


BREAKS: dict[str, dict[str, Break]] = {
    "rewards": {
        "known_value:outcome": put("rewards", "outcome", "perhaps"),
        "known_value:decided_by": put("rewards", "decided_by", "a ghost"),
        "amount_zero_or_reward": put("rewards", "amount_ore", 123),
        "between:score:0:100": put("rewards", "score", 140),
        "between:counted_score:0:100": put("rewards", "counted_score", -1),
        "counted_within_score": put("rewards", "counted_score", 99),
        "declined_iff_no_amount": put("rewards", "amount_ore", 2_000, row=2),
        "reason_iff_not_eligible": put("rewards", "reason", "", row=1),
        "held_until_only_if_held": put("rewards", "outcome", "eligible", row=1),
        "released_only_if_held": put("rewards", "released", True),
        "of_completed_session_with_cafe": put("sessions", "outcome", "abandoned"),
    },
    "reward_parity": {
        "between:score:0:100": put("reward_parity", "score", 140),
        "between:score_now:0:100": put("reward_parity", "score_now", -1),
        "between:counted_score:0:100": put("reward_parity", "counted_score", 140),
        "between:counted_now:0:100": put("reward_parity", "counted_now", -1),
        "same_only_if_equal": put("reward_parity", "score_now", 12),
        "watch_matches_assets": put("reward_parity", "same", False),
    },
    "quality_verdicts": {},
    "quarantine": {},
}
for _table, _breaks in BREAKS.items():
    _declared = TABLES[_table]
    _breaks |= {
        "columns_as_declared": another_column(_table),
        (
            f"unique:{_declared.key[0]}" if len(_declared.key) == 1 else f"unique_together:{','.join(_declared.key)}"
        ): twice(_table),
        **{f"required:{each.name}": put(_table, each.name, None) for each in _declared.columns if each.required},
    }
    if "cafe" in _declared.names:
        _breaks["known_value:cafe"] = put(_table, "cafe", "closed-long-ago")


def judge(table: str, frames: Frames, *, only: str = "") -> SuiteResult:
    references = {other.name: getattr(frames, other.name) for other in suite_of(table).references}
    if not only:
        return validate(table, getattr(frames, table), references=references, cafes=CAFES, day=DAY, settled=True)
    (rule,) = (rule for rule in rules(table, cafes=CAFES) if rule.code == only)
    evidence = Evidence(references=references, cafes=CAFES, day=DAY)
    return SuiteResult(table=table, expectations=run([rule], frame=getattr(frames, table), evidence=evidence))


@pytest.mark.parametrize("table", list(BREAKS))
def test_a_good_day_and_one_without_rows_pass(good: Any, table: str) -> None:
    assert judge(table, good).failed == ()
    empty = {name: each.head(0) if isinstance(each, pd.DataFrame) else each for name, each in vars(good).items()}
    assert judge(table, SimpleNamespace(**empty)).failed == ()


@pytest.mark.parametrize(("table", "name"), [(table, name) for table, breaks in BREAKS.items() for name in breaks])
def test_each_break_fails_its_expectation(good: Any, table: str, name: str) -> None:
    BREAKS[table][name](good)
    assert not judge(table, good, only=name).passed


@pytest.mark.parametrize("ore", [2_500, 10_000])
def test_what_an_earlier_tier_gave_is_no_fault(good: Any, ore: int) -> None:
    assert ore not in {tier.amount_ore for tier in CAFES.pilot.reward_tiers}
    put("rewards", "amount_ore", ore)(good)
    assert judge("rewards", good).failed == ()
