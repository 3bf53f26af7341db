"""The rule for a turn that counts as feedback is the same for one turn and for a frame of turns."""

from __future__ import annotations

from itertools import product

import polars as pl
import pytest

from pilot import turns
from pipelines.feedback.counting_turns import counts_as_feedback, low_confidence_after_edit

TEXTS = ("The coffee was cold.", "", " ", "\t\n", "\N{NO-BREAK SPACE}", "\N{EM SPACE}", " a ", "…")
CASES = list(product(TEXTS, (False, True), (False, True)))


@pytest.mark.parametrize(("text", "low_confidence", "edited"), CASES)
def test_one_turn_and_a_frame_of_turns_count_alike(text: str, low_confidence: bool, edited: bool) -> None:
    frame = pl.DataFrame({"transcript": [text], "unsure": [low_confidence], "edited": [edited]})
    low = low_confidence_after_edit(pl.col("unsure"), edited=pl.col("edited"))
    (counted,) = frame.with_columns(low_confidence=low).select(counts_as_feedback()).to_series()
    assert counted == turns.counts_as_feedback(text, low_confidence=low_confidence, edited=edited)


def test_a_turn_without_a_transcript_does_not_count() -> None:
    frame = pl.DataFrame({"transcript": [None], "low_confidence": [False]}, schema_overrides={"transcript": pl.String})
    assert frame.select(counts_as_feedback()).to_series().to_list() == [False]


@pytest.mark.parametrize(
    ("text", "low_confidence", "edited", "counts"),
    [("cold", False, False, True), ("cold", True, False, False), ("cold", True, True, True), (" ", False, True, False)],
)
def test_a_turn_counts_if_its_words_are_sure_or_edited(text, low_confidence, edited, counts) -> None:
    assert turns.counts_as_feedback(text, low_confidence=low_confidence, edited=edited) is counts
