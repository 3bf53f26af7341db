"""Compares the measured clips of a length with their goals, and judges thresholds of confidence."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import Any

from voice_edge.hearing.clips import Clip
from voice_edge.hearing.word_error import WordErrors, difference_interval, word_error_rate

MOST_P95_OF_P50 = 1.6
MOST_WORD_ERROR_DIFFERENCE = 0.005
FEWEST_CLIPS = 30
WELL_HEARD = 0.2  # word error of a clip up to which asking again is in vain


@dataclass(frozen=True)
class Measured:
    clip: Clip
    language: str
    ours_s: float
    theirs_s: float
    ours_cpu_s: float
    theirs_cpu_s: float
    ours: WordErrors
    theirs: WordErrors
    confidence: float
    retried: bool
    runaway: bool


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, math.ceil(share * len(values)) - 1)]


def summary(name: str, rows: list[Measured], *, goal: float | None) -> dict[str, Any]:
    if not rows:
        return {"length": name, "clips": 0, "verdict": "cannot tell: no clips"}
    ours, theirs = [row.ours_s for row in rows], [row.theirs_s for row in rows]
    low, high = difference_interval([row.ours for row in rows], [row.theirs for row in rows])
    ratio = percentile(ours, 0.5) / percentile(theirs, 0.5)
    tail = percentile(ours, 0.95) / percentile(ours, 0.5)
    runaways = sum(row.runaway for row in rows)
    missed = [
        what
        for what, bad in (
            (f"ratio of p50 above {goal}", goal is not None and ratio > goal),
            (f"p95 above {MOST_P95_OF_P50} times p50", tail > MOST_P95_OF_P50),
            ("word error worse by more than 0.5 points", high > MOST_WORD_ERROR_DIFFERENCE),
            ("runaways", runaways > 0),
        )
        if bad
    ]
    few = len(rows) < FEWEST_CLIPS
    verdict = (
        f"cannot tell: fewer than {FEWEST_CLIPS} clips" if few else f"missed: {', '.join(missed)}" if missed else "met"
    )
    return {
        "length": name,
        "clips": len(rows),
        "ours_p50_s": round(percentile(ours, 0.5), 3),
        "ours_p95_s": round(percentile(ours, 0.95), 3),
        "transcribe_p50_s": round(percentile(theirs, 0.5), 3),
        "transcribe_p95_s": round(percentile(theirs, 0.95), 3),
        "ratio_of_p50": round(ratio, 3),
        "goal": goal,
        "p95_of_p50": round(tail, 2),
        "ratio_of_cpu": round(sum(row.ours_cpu_s for row in rows) / sum(row.theirs_cpu_s for row in rows), 3),
        "ours_cpu_s": round(statistics.mean(row.ours_cpu_s for row in rows), 3),
        "word_error": round(word_error_rate([row.ours for row in rows]), 4),
        "transcribe_word_error": round(word_error_rate([row.theirs for row in rows]), 4),
        "difference_low": round(low, 4),
        "difference_high": round(high, 4),
        "retried": sum(row.retried for row in rows),
        "runaways": runaways,
        "verdict": verdict,
    }


def threshold(rows: list[Measured], least: float) -> dict[str, Any]:
    """Return which guests a threshold would ask again: in vain if heard well, rightly if heard badly."""
    well = [row for row in rows if row.ours.errors <= WELL_HEARD * row.ours.words]
    badly = [row for row in rows if row.ours.errors > WELL_HEARD * row.ours.words]
    return {
        "threshold": least,
        "heard_well": len(well),
        "heard_well_asked_again": sum(row.confidence < least for row in well),
        "heard_badly": len(badly),
        "heard_badly_let_through": sum(row.confidence >= least for row in badly),
    }
