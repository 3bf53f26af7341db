"""What became of a theme, and the recovery of cases, against published examples."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from pipelines.cases.aftermath import Share, aftermath, difference_interval, pooled_difference, share_of
from pipelines.cases.recovery import CaseFacts, Figure, median_wait, recovery
from tests.pipelines.cases.test_three_things import frame, rows

WEEK = date(2026, 11, 16)
BEFORE = WEEK - timedelta(days=7)
NOW = datetime(2026, 11, 30, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [((20, 60), (4, 60), "fewer"), ((4, 60), (20, 60), "more"), ((9, 60), (8, 60), "cannot_tell"), ((9, 9), (0, 60), "too_few")],
)  # fmt: skip
def test_a_themes_share_is_compared_with_its_interval(before, after, verdict):
    parts = [
        part
        for day, (count, whole) in ((BEFORE, before), (WEEK, after))
        for part in (rows(count, "queue", day=day), rows(whole - count, day=day))
    ]
    found = aftermath(frame(*parts, rows(50, "queue", signals=["copy"], day=WEEK)), theme="queue", week=WEEK)
    assert (found.before.complaints, found.before.feedbacks) == before
    assert (found.after.complaints, found.after.feedbacks) == after
    assert found.verdict == verdict


def test_a_week_without_feedback_has_no_share():
    found = aftermath(frame(), theme="queue", week=WEEK)
    assert found.before == Share(0, 0, None, None)
    assert (found.before.value, found.verdict) == (None, "too_few")
    with pytest.raises(ValueError, match="a week without"):
        difference_interval(found.before, found.after)


def test_the_interval_of_a_difference_is_newcombes():
    # Newcombe 1998, table II, method 10: 56/70 - 48/80 is 0.0524 to 0.3339; ours is the later less the earlier share.
    low, high = difference_interval(Share(48, 80, None, None), Share(56, 70, None, None))
    assert (low, high) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))


# Freireich's remission times of 6-MP, in weeks: the textbook example of Kaplan and Meier; its median is 23.
ENDED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
GOING_ON = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def test_the_median_of_waits_counts_those_that_go_on():
    waits = [(float(wait), True) for wait in ENDED] + [(float(wait), False) for wait in GOING_ON]
    found = median_wait(waits)
    assert found.value == 23
    assert found.low is not None
    assert found.low <= 16
    assert found.high is None


@pytest.mark.parametrize(
    ("waits", "median"),
    [([], None), ([(5.0, False)] * 3, None), ([(2.0, True)], 2.0), ([(1.0, True), (2.0, True), (9.0, True)], 2.0)],
)
def test_a_median_needs_half_of_the_waits_to_have_ended(waits, median):
    assert median_wait(waits).value == median


def test_recovery_counts_cases_answers_and_first_actions():
    opened = NOW - timedelta(days=7)
    cases = [
        CaseFacts(opened, opened + timedelta(hours=2), None, True, True, 4, 3, 1),
        CaseFacts(opened, opened + timedelta(hours=30), None, True, False, 2),
        CaseFacts(opened),
        CaseFacts(opened, dropped_at=opened + timedelta(hours=1)),
    ]
    found = recovery(cases, now=NOW)
    assert (found.cases, found.done, found.answered, found.replies, found.waiting) == (4, 2, 1, 4, 1)
    assert found.better.value == 0.75
    assert found.better.low is not None
    assert found.better.low < 0.75
    assert found.first_action_hours.value == 30


def test_recovery_without_cases_claims_nothing():
    found = recovery([], now=NOW)
    assert found.better == found.first_action_hours == Figure(None, None, None)


def test_the_pooled_difference_covers_no_change_about_as_often_as_it_states() -> None:
    random = np.random.default_rng(20261130)
    covered = 0
    for _ in range(400):
        own = random.beta(4, 16, 12)  # cafés differ, and nothing changes
        pairs = [(share_of(int(random.binomial(40, p)), 40), share_of(int(random.binomial(60, p)), 60)) for p in own]
        found = pooled_difference(pairs)
        assert found is not None
        covered += found[1] <= 0 <= found[2]
    assert 0.92 < covered / 400 < 0.98


def test_the_pooled_difference_needs_cases_and_feedback_in_both_weeks() -> None:
    some, none = share_of(3, 10), share_of(0, 0)
    assert pooled_difference([(some, some)] * 4) is None
    assert pooled_difference([(some, none)] * 9) is None
    change = pooled_difference([(share_of(6, 10), share_of(2, 10))] * 9)
    assert change is not None and change[0] == pytest.approx(-0.4)
