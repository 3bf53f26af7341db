"""One row for each thing said, with the answer it got."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.events import ReplyShown
from pilot.lake_tables.tables import TURNS
from pilot.turns import plausible_response_ms
from pipelines.feedback.turns import turns
from tests.events import Story, raw_events


def rows(*stories: Story) -> list[dict]:
    return turns(raw_events(*stories)).sort("turn").rows(named=True)


def begun(**how: str) -> Story:
    return Story(**how).opens().starts().consents().microphone()


def test_a_turn_has_what_was_heard_and_the_answer_with_its_marks() -> None:
    (row,) = rows(begun().says("Kön var lång.", shown_after_ms=870.5))
    assert (row["turn"], row["mode"], row["language"]) == (1, "voice", "sv")
    assert row["transcript"] == row["heard"] == "Kön var lång."
    assert (row["edited"], row["low_confidence"], row["failure"]) == (False, False, None)
    assert (row["reply"], row["reply_author"], row["reply_purpose"]) == ("Vad gjorde det så?", "scripted", "follow_up")
    assert (row["soft_end_ms"], row["recognition_start_ms"], row["sent_ms"]) == (240.0, None, 650.0)
    assert (row["speech_s"], row["confidence"], row["question"]) == (2.0, 0.9, "Hur var ditt besök?")
    assert (row["response_ms"], row["within_target"]) == (870.5, True)


def test_the_last_revision_counts_however_late_an_earlier_one_arrives() -> None:
    story = begun().says("Kön", turn=1, answered=False).says("Kön var lång", turn=1, revision=2)
    (row,) = rows(story)
    assert (row["transcript"], row["revisions"]) == ("Kön var lång", 2)


def test_an_edit_replaces_the_words_and_keeps_what_was_heard() -> None:
    (row,) = rows(begun().says("Barbara pajen var god", low_confidence=True).edits(1, "Rabarberpajen var god"))
    assert (row["transcript"], row["heard"]) == ("Rabarberpajen var god", "Barbara pajen var god")
    assert (row["edited"], row["low_confidence"]) == (True, False)


def test_an_edit_that_changes_nothing_mends_nothing() -> None:
    (row,) = rows(begun().says("Otydligt", low_confidence=True).edits(1, " Otydligt "))
    assert (row["edited"], row["low_confidence"]) == (False, True)


def test_an_edit_to_nothing_strikes_the_turn_but_keeps_its_row() -> None:
    (row,) = rows(begun().says("Det här ångrar jag").edits(1, ""))
    assert (row["transcript"], row["heard"], row["edited"]) == ("", "Det här ångrar jag", True)


def test_the_last_edit_counts() -> None:
    (row,) = rows(begun().says("a b").edits(1, "första").edits(1, "andra"))
    assert row["transcript"] == "andra"


def test_what_is_said_again_after_an_edit_counts_instead_of_the_edit() -> None:
    (row,) = rows(begun().says("Ett", turn=1).edits(1, "Två").says("Tre", turn=1, revision=2))
    assert (row["transcript"], row["edited"]) == ("Tre", False)


def test_a_failure_without_a_commit_is_a_row_that_is_late() -> None:
    (row,) = rows(begun().fails("recogniser_timeout"))
    assert (row["failure"], row["transcript"], row["heard"], row["revisions"]) == ("recogniser_timeout", None, None, 0)
    assert (row["mode"], row["language"], row["within_target"]) == ("voice", "sv", False)


def test_a_failure_that_was_heard_at_the_second_try_is_no_failure() -> None:
    (row,) = rows(begun().fails("no_speech", turn=1).says("Nu", turn=1))
    assert (row["failure"], row["within_target"]) == (None, True)


def test_a_turn_that_was_heard_and_then_got_no_answer_has_failed() -> None:
    (row,) = rows(begun().says("Kön", turn=1, answered=False).fails("responder_error", turn=1))
    assert (row["failure"], row["heard"], row["within_target"]) == ("responder_error", "Kön", False)


@pytest.mark.parametrize(("shown_after_ms", "within"), [(2000.0, True), (2000.1, False), (None, False), (650.0, True)])
def test_an_answer_is_in_time_up_to_two_seconds_and_late_when_never_shown(
    shown_after_ms: float | None, within: bool
) -> None:
    (row,) = rows(begun().says("Kön var lång.", shown_after_ms=shown_after_ms))
    assert row["within_target"] is within
    assert row["response_ms"] == shown_after_ms


# The edge sent the answer 650 ms after the end of speech.
@pytest.mark.parametrize("claimed_ms", [1.0, 0.0, -5.0, 399.9, 600_000.1, 1e300])
def test_a_time_that_the_edges_own_clock_contradicts_is_left_out(claimed_ms: float) -> None:
    forged, honest = rows(begun().says("Kön var lång.", shown_after_ms=claimed_ms).says("Kaffet var kallt."))
    assert (forged["implausible"], forged["response_ms"], forged["within_target"]) == (True, None, None)
    assert (honest["implausible"], honest["response_ms"], honest["within_target"]) == (False, 900.0, True)


@pytest.mark.parametrize(("claimed_ms", "counted_ms"), [(400.0, 650.0), (649.0, 650.0), (651.0, 651.0)])
def test_a_response_time_is_never_below_the_edges_own(claimed_ms: float, counted_ms: float) -> None:
    (row,) = rows(begun().says("Kön var lång.", shown_after_ms=claimed_ms))
    assert (row["implausible"], row["response_ms"], row["within_target"]) == (False, counted_ms, True)


def test_a_mark_that_the_edge_did_not_believe_is_left_out() -> None:
    story = begun().says("Kön var lång.", shown_after_ms=None)
    (row,) = rows(story.records(ReplyShown(turn=1, response_ms=None, implausible=True)))
    assert (row["implausible"], row["response_ms"], row["within_target"]) == (True, None, None)


def test_an_answer_that_was_never_shown_is_late_and_not_implausible() -> None:
    (row,) = rows(begun().says("Kön var lång.", shown_after_ms=None))
    assert (row["implausible"], row["within_target"]) == (False, False)


TENTHS = st.integers(-100_000, 7_000_000).map(lambda tenths: tenths / 10)


@given(st.lists(st.tuples(st.none() | TENTHS, st.none() | st.floats(0, 5_000)), min_size=1, max_size=8))
@settings(max_examples=50, deadline=None)
def test_the_reader_and_the_edge_agree_on_plausible_times(marks: list[tuple[float | None, float | None]]) -> None:
    story = begun()
    for claimed, sent in marks:
        story.says("Kön var lång.", shown_after_ms=claimed)
        place = next(n for n in range(len(story.events) - 1, 0, -1) if story.events[n].event == "reply_sent")
        reply = story.events[place]
        data = reply.data | {"marks": reply.data["marks"] | {"sent": sent}}
        story.events[place] = reply.model_copy(update={"data": data})
    expected = [plausible_response_ms(claimed, sent_ms=sent) for claimed, sent in marks]
    assert [row["response_ms"] for row in rows(story)] == expected


def test_a_typed_turn_is_under_no_target() -> None:
    (row,) = rows(Story(mode="text").opens().starts().says("Jag skriver hellre."))
    assert (row["within_target"], row["response_ms"], row["confidence"]) == (None, None, None)


def test_a_page_opened_again_does_not_make_an_answer_late() -> None:
    story = begun().says("Kön var lång.", shown_after_ms=800)
    again = story.resumes().events[-1].data | {"response_ms": 60_000}
    frame = raw_events(story)
    shown = frame.tail(1).with_columns(
        event_id=pl.lit("again"),
        epoch=pl.lit(2, pl.Int64),
        seq=pl.lit(0, pl.Int64),
        data=pl.lit(str(again).replace("'", '"')),
    )
    assert turns(pl.concat([frame, shown]))["response_ms"].to_list() == [800.0]


def test_a_mark_of_an_earlier_revision_does_not_count_for_the_last() -> None:
    story = begun().says("Kön", turn=1, shown_after_ms=500).says("Kön var", turn=1, revision=2, shown_after_ms=2500)
    (row,) = rows(story)
    assert (row["response_ms"], row["within_target"]) == (2500.0, False)


def test_words_survive_with_their_letters_and_quotes() -> None:
    words = 'Räksmörgås "à la carte"\n\\ å ä ö — 🙂'
    (row,) = rows(begun().says(words))
    assert row["transcript"] == words


def test_a_day_with_nothing_in_it_is_an_empty_frame_with_its_types() -> None:
    frame = turns(raw_events())
    assert (frame.height, tuple(frame.columns)) == (0, TURNS.names)
    assert frame.schema == turns(raw_events(begun().says("Hej."))).schema
