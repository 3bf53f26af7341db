"""One row for each visit."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest

from pilot.lake_tables.tables import SESSIONS
from pipelines.feedback.sessions import ABANDON_AFTER_MINUTES, sessions
from tests.events import MORNING, Story, probes, raw_events, whole_visit

EVENING = MORNING + timedelta(hours=10)


def one(*stories: Story, as_of: datetime = EVENING) -> dict:
    frame = sessions(raw_events(*stories), as_of=as_of)
    assert frame.height == 1
    return frame.row(0, named=True)


def test_a_whole_visit_is_one_completed_session() -> None:
    story = whole_visit()
    row = one(story)
    assert row["outcome"] == "completed"
    assert row["abandon_reason"] is None
    assert (row["cafe"], row["language"], row["mode"], row["browser"]) == ("aurora", "sv", "voice", "Safari")
    assert (row["code"], row["consent"], row["microphone"], row["in_app"]) == ("BCD234", True, "granted", False)
    assert (row["turns"], row["failed_turns"], row["epochs"], row["missing_events"]) == (2, 0, 1, 0)
    assert row["opened_at"] == MORNING
    assert row["started_at"] == MORNING + timedelta(seconds=5)
    assert row["first_turn_at"] == MORNING + timedelta(seconds=20)
    assert row["completed_at"] == row["last_event_at"] == story.events[-1].at
    assert row["duration_s"] == (row["last_event_at"] - row["started_at"]).total_seconds()
    assert (row["reference"], row["preliminary_score"]) == ("BCD234", 64)


def test_a_page_that_was_only_opened_is_no_abandoned_session() -> None:
    assert one(Story().opens())["outcome"] == "opened_only"
    assert one(Story().opens().leaves())["outcome"] == "opened_only"


def test_whoever_declines_consent_after_pressing_start_has_abandoned() -> None:
    row = one(Story().opens().starts().consents(granted=False).leaves("declined"))
    assert (row["outcome"], row["abandon_reason"], row["consent"]) == ("abandoned", "declined", False)


def test_a_session_is_open_until_it_has_been_silent_for_too_long() -> None:
    story = Story().opens().starts()
    last = story.events[-1].at
    limit = timedelta(minutes=ABANDON_AFTER_MINUTES)
    assert one(story, as_of=last + limit)["outcome"] == "open"
    row = one(story, as_of=last + limit + timedelta(microseconds=1))
    assert (row["outcome"], row["abandon_reason"]) == ("abandoned", "silent")


def test_a_session_that_was_abandoned_and_resumed_is_completed_once_it_is_sent() -> None:
    story = Story().opens().starts().consents().says("Kön var lång.").leaves("closed").resumes().completes()
    row = one(story)
    assert (row["outcome"], row["abandon_reason"], row["epochs"]) == ("completed", None, 2)


def test_a_session_that_was_abandoned_and_resumed_is_open_while_it_goes_on() -> None:
    story = Story().opens().starts().leaves("replaced").resumes().says("Kön var lång.")
    assert one(story, as_of=story.now)["outcome"] == "open"
    row = one(story, as_of=story.now + timedelta(hours=1))
    assert (row["outcome"], row["abandon_reason"]) == ("abandoned", "silent")


def test_a_completion_stays_when_the_abandonment_is_recorded_after_it() -> None:
    assert one(Story().opens().starts().says("Bra.").completes().leaves())["outcome"] == "completed"


def test_the_first_completion_is_the_one_whose_receipt_the_customer_has() -> None:
    story = Story().opens().starts().says("Bra.").completes()
    first = story.events[-1].at
    assert one(story.resumes().completes())["completed_at"] == first


def test_events_that_never_arrived_are_counted_in_each_epoch() -> None:
    story = Story().opens().loses(2).starts().resumes().loses().says("Hej.", answered=False)
    assert one(story)["missing_events"] == 3


def test_a_session_whose_start_never_arrived_still_counts_as_started() -> None:
    row = one(Story().opens().loses().consents().says("Kön var lång.").completes())
    assert (row["outcome"], row["started_at"], row["mode"], row["duration_s"]) == ("completed", None, None, None)


def test_talking_and_writing_in_one_session_is_mixed() -> None:
    assert one(Story().opens().starts().says("Hej.").says("Skriver nu.", mode="text"))["mode"] == "mixed"
    assert one(Story(mode="text").opens().starts().says("Skriver."))["mode"] == "text"


def test_a_turn_that_failed_and_was_then_heard_is_not_a_failed_one() -> None:
    row = one(Story().opens().starts().fails(turn=1).says("Nu hörs jag.", turn=1).fails(turn=2))
    assert (row["turns"], row["failed_turns"]) == (1, 1)


def test_revisions_of_a_turn_are_one_turn() -> None:
    row = one(Story().opens().starts().says("Kön", turn=1, answered=False).says("Kön var lång", turn=1, revision=2))
    assert row["turns"] == 1


def test_probes_make_no_sessions() -> None:
    frame = sessions(raw_events(probes(start=MORNING, outcomes=[True, False])), as_of=EVENING)
    assert frame.height == 0


def test_one_simulated_event_makes_the_whole_session_simulated() -> None:
    story = Story().opens().starts()
    story.simulated = True
    assert one(story.says("Hej."))["simulated"] is True


def test_a_day_with_nothing_in_it_is_an_empty_frame_with_its_types() -> None:
    frame = sessions(raw_events(), as_of=EVENING)
    assert frame.height == 0
    assert tuple(frame.columns) == SESSIONS.names
    assert frame.schema == sessions(raw_events(whole_visit()), as_of=EVENING).schema


@pytest.mark.parametrize("data", ["{}", "null", "[1]", '{"language": 7, "client": "x", "turn": "y"}', '{"turn": 1e99}'])
def test_data_that_breaks_the_contract_costs_only_its_own_fields(data: str) -> None:
    good = whole_visit()
    spoilt = raw_events(Story().opens().starts().says("Hej.").completes()).with_columns(data=pl.lit(data))
    frame = sessions(pl.concat([spoilt, raw_events(good)]), as_of=EVENING)
    assert frame.height == 2
    assert frame.filter(pl.col("session_id") == good.session_id)["turns"].item() == 2


def test_an_unknown_event_keeps_the_session_alive_and_breaks_nothing() -> None:
    story = Story().opens().starts()
    frame = raw_events(story, Story().opens())
    newer = frame.tail(1).with_columns(
        event=pl.lit("mood_detected"), session_id=pl.lit(story.session_id), seq=pl.lit(2, pl.Int64)
    )
    rows = sessions(pl.concat([frame.head(2), newer]), as_of=EVENING)
    assert rows["missing_events"].to_list() == [0]
