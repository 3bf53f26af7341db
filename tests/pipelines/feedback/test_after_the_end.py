"""What was recorded after a session's first completion changes none of its rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pilot.events import ConsentDecided, Event, MicrophoneResult, SessionCompleted, UtteranceCommitted
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from tests.events import MORNING, Story, raw_events, whole_visit

AS_OF = datetime(2026, 11, 24, 12, tzinfo=UTC)
SPAM = "Köp billiga klockor på nätet"

Change = Callable[[Story], Story]


def completed_again(story: Story) -> Story:
    again = SessionCompleted(
        turns=9,
        language="en",
        receipt_hash="f" * 64,
        reference="ZZZZZZ",
        preliminary_score=91,
        preliminary_eligible=True,
    )
    return story.records(again)


def said_again(story: Story) -> Story:
    return story.records(
        UtteranceCommitted(turn=1, revision=5_001, mode="text", language="en", transcript=SPAM, question="?")
    )


CHANGES: dict[str, Change] = {
    "an edit": lambda story: story.edits(1, SPAM),
    "a struck turn": lambda story: story.edits(2, ""),
    "a later revision": said_again,
    "a new turn": lambda story: story.says(SPAM, mode="text"),
    "a failed turn": lambda story: story.fails("no_speech", turn=1),
    "a refused consent": lambda story: story.records(ConsentDecided(granted=False, version="x", scope=())),
    "another microphone": lambda story: story.records(MicrophoneResult(result="denied")),
    "another completion": completed_again,
    "a departure": lambda story: story.leaves("closed"),
    "a new beginning": lambda story: story.opens(code="ZZZ999").starts(),
}


def in_later_epoch(story: Story) -> Story:
    return story.resumes()


def in_earlier_epoch(story: Story) -> Story:
    """Resume a snapshot of the first epoch on a replica that knows of no later one."""
    story.epoch, story.seq, story.edge = 2, 0, "edge3"
    return story


def in_same_epoch(story: Story) -> Story:
    """Resume the same snapshot on another replica: the completing epoch again, from its first number."""
    story.seq, story.edge = 0, "edge3"
    return story


def in_same_connection(story: Story) -> Story:
    return story


WAYS: dict[str, Change] = {way.__name__: way for way in (in_later_epoch, in_earlier_epoch, in_same_epoch)}
WAYS["in_same_connection"] = in_same_connection


def sent() -> Story:
    """Return a session that was resumed twice and sent in its third epoch."""
    story = Story().opens().starts().consents().microphone().says("Bullen var torr klockan elva.")
    return story.resumes().says("Baka en gång till efter lunch.").resumes().edits(2, "Baka igen.").completes()


def frames(*sources: Story | list[Event]) -> tuple[pl.DataFrame, pl.DataFrame]:
    raw = raw_events(*sources)
    return sessions(raw, as_of=AS_OF), turns(raw)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("change", CHANGES)
def test_nothing_recorded_after_the_first_completion_counts(change: str, way: str) -> None:
    story = sent()
    expected = frames(list(story.events))
    CHANGES[change](WAYS[way](story))
    for found, was in zip(frames(story), expected, strict=True):
        assert_frame_equal(found, was)


@pytest.mark.parametrize("change", CHANGES)
def test_other_sessions_of_the_day_are_untouched(change: str) -> None:
    other, story = whole_visit(at=MORNING + timedelta(minutes=3)), sent()
    expected = frames(list(story.events), other)
    CHANGES[change](in_later_epoch(story))
    for found, was in zip(frames(story, other), expected, strict=True):
        assert_frame_equal(found, was)


def test_an_edit_before_the_completion_counts_in_any_epoch() -> None:
    _, said = frames(sent())
    assert said.sort("turn")["transcript"].to_list() == ["Bullen var torr klockan elva.", "Baka igen."]


def test_an_open_session_keeps_all_its_events() -> None:
    story = Story().opens().starts().consents().says("Ett").leaves("idle").resumes().edits(1, "Två")
    _, said = frames(story)
    assert said["transcript"].to_list() == ["Två"]


def test_a_session_that_was_sent_does_not_last_longer_because_of_later_events() -> None:
    story = sent()
    (before,) = frames(list(story.events))[0]["duration_s"]
    story.waits(seconds=100_000).resumes().edits(1, SPAM).leaves("idle")
    assert frames(story)[0]["duration_s"].to_list() == [before]


def test_the_first_completion_is_the_one_that_was_recorded_first() -> None:
    # An earlier epoch completes later: its snapshot was older.
    story = sent()
    completed_again(in_earlier_epoch(story))
    (row,) = frames(story)[0].rows(named=True)
    assert (row["reference"], row["language"], row["preliminary_score"]) == ("BCD234", "sv", 64)
