"""Voice latency by stage: counted from the end of speech, and by who answered."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.feedback.turns import turns
from pipelines.figures.voice_latency import STAGES, voice_latency
from pipelines.statistics.intervals import quantile_rank
from tests.events import MORNING, Story, raw_events

DAY = MORNING.date()


def latency(*stories: Story) -> pl.DataFrame:
    return voice_latency(turns(raw_events(*stories)), day=DAY)


def stage(frame: pl.DataFrame, name: str, *, author: str = "scripted") -> dict[str, Any]:
    return frame.filter((pl.col("stage") == name) & (pl.col("author") == author)).row(0, named=True)


def spoken(*shown_after_ms: float | None) -> Story:
    story = Story().opens().starts().consents().microphone()
    for place, ms in enumerate(shown_after_ms):
        story.says(f"Kön var lång, {place}.", shown_after_ms=ms)
    return story


def test_every_stage_has_its_row_and_the_marks_are_those_of_the_turns() -> None:
    frame = latency(spoken(900, 1800))
    assert sorted(frame["stage"]) == sorted(STAGES)
    soft = stage(frame, "soft_end")
    assert (soft["turns"], soft["measured"], soft["p50_ms"], soft["p95_ms"]) == (2, 2, 240.0, 240.0)
    assert stage(frame, "recognition_start")["measured"] == 0
    assert stage(frame, "recognition_start")["p95_ms"] is None
    assert stage(frame, "shown")["p50_ms"] == 900.0


def test_an_answer_that_was_never_shown_is_counted_but_not_measured() -> None:
    shown = stage(latency(spoken(900, None, -5)), "shown")
    assert (shown["turns"], shown["measured"], shown["longest_ms"]) == (3, 1, 900.0)


def test_two_and_three_seconds_themselves_are_within() -> None:
    shown = stage(latency(spoken(2000, 2001, 3000, 3001)), "shown")
    assert (shown["within_2s"], shown["within_3s"]) == (1, 3)


def test_a_turn_that_nobody_answered_is_nobodys_and_a_typed_one_is_left_out() -> None:
    story = spoken(900).fails("recogniser_timeout").says("Jag skriver.", mode="text")
    frame = latency(story)
    assert stage(frame, "shown", author="none")["turns"] == 1
    assert stage(frame, "shown")["turns"] == 1


def test_another_days_turns_are_left_out() -> None:
    other = Story(at=MORNING - timedelta(days=1)).opens().starts().consents().says("Kön var lång.")
    assert latency(other).height == 0


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=60))
def test_the_quantiles_are_taken_as_the_success_metric_takes_its_p95(waits: list[int]) -> None:
    frame = pl.DataFrame({"response_ms": [float(wait) for wait in waits]}).with_columns(
        day=pl.lit(DAY),
        cafe=pl.lit("aurora"),
        simulated=pl.lit(value=False),
        mode=pl.lit("voice"),
        failure=pl.lit(None, pl.String),
        reply_author=pl.lit("ollama"),
        **{column: pl.lit(None, pl.Float64) for column in STAGES.values() if column != "response_ms"},
    )
    shown = stage(voice_latency(frame, day=DAY), "shown", author="ollama")
    ordered = sorted(waits)
    for name, quantile in (("p50_ms", 0.5), ("p95_ms", 0.95)):
        assert shown[name] == ordered[quantile_rank(quantile, len(ordered)) - 1]
    assert math.isclose(shown["longest_ms"], ordered[-1])


@pytest.mark.parametrize("author", ["none", "scripted"])
def test_nothing_said_gives_no_row(author: str) -> None:
    assert latency(Story().opens()).filter(pl.col("author") == author).height == 0
