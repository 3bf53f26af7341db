"""The recogniser's benchmark and its verdicts."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.voice.recogniser_verdicts import FEWEST_CLIPS, Measured, percentile, summary, threshold
from voice_edge.hearing.clips import Clip
from voice_edge.hearing.word_error import WordErrors

CLIP = Clip("en-one", "words", np.zeros(5 * 16_000, dtype=np.float32))


def rows(count: int = FEWEST_CLIPS, *, ours: float = 0.3, theirs: float = 1.0, wrong: int = 0, runaway: bool = False):
    return [
        Measured(CLIP, "en", ours, theirs, ours, theirs, WordErrors(wrong, 10), WordErrors(0, 10), 0.9, False, runaway)
        for _ in range(count)
    ]


def test_a_goal_is_met_only_on_enough_clips() -> None:
    assert summary("up to 8 s", rows(), goal=0.38)["verdict"] == "met"
    assert summary("up to 8 s", rows(FEWEST_CLIPS - 1), goal=0.38)["verdict"].startswith("cannot tell")
    assert summary("up to 8 s", [], goal=0.38)["verdict"].startswith("cannot tell")


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (rows(ours=0.39), "ratio of p50"),
        (rows(20) + rows(10, ours=0.5), "p95"),
        (rows(wrong=1), "word error"),
        (rows(29) + rows(1, runaway=True), "runaways"),
    ],
)
def test_a_missed_goal_is_named(measured, said) -> None:
    assert said in summary("up to 8 s", measured, goal=0.38)["verdict"]


def test_a_threshold_counts_needless_repeats_and_missed_errors() -> None:
    found = threshold(rows(3) + rows(2, wrong=5), 0.95)
    assert (found["heard_well"], found["heard_well_asked_again"]) == (3, 3)
    assert (found["heard_badly"], found["heard_badly_let_through"]) == (2, 0)


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([3.0, 1.0, 2.0], 0.95) == 3.0
