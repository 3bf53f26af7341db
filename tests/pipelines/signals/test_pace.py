"""Pace: what no person could have typed or said in the time is held, and quick people are not."""

from __future__ import annotations

import json
from datetime import timedelta

import polars as pl
import pytest

from pilot.events import Client, PageOpened, SessionStarted, UtteranceCommitted
from tests.events import MORNING, Story
from tests.pipelines.signals.visits import named, signals_of, typed_visit

ANSWER = "Kön tog tjugo minuter klockan tolv, öppna en kassa till när det är lunch och folk står ända ut på gatan."
SPEEDS = {"a careful thumb": 3, "a quick thumb": 7, "the fastest thumbs": 10, "fast speech dictated": 18}


@pytest.mark.parametrize("speed", SPEEDS)
def test_what_a_person_can_type_or_dictate_is_not_held(speed: str) -> None:
    story = typed_visit(ANSWER, at=MORNING, characters_per_second=SPEEDS[speed])
    story.events[-1] = story.events[-1].model_copy(update={"at": story.events[-1].at + timedelta(seconds=1)})
    assert named(signals_of(story), story) == set()


@pytest.mark.parametrize("speed", [25, 100, 700, 100_000])
def test_typing_faster_than_a_person_is_held(speed: float) -> None:
    story = typed_visit(ANSWER, at=MORNING, characters_per_second=speed)
    frame = signals_of(story)
    assert named(frame, story) == {"inhuman_speed"}
    (row,) = frame.to_dicts()
    assert row["severity"] == "hold"
    counts = json.loads(row["counts"])
    assert (counts["characters"], counts["speech_ms"]) == (len(ANSWER), 0)
    assert counts["ms"] == pytest.approx(1000 * len(ANSWER) / speed, abs=1)


def test_a_short_answer_within_a_fifth_of_a_second_is_held() -> None:
    story = typed_visit("Kön tog tjugo minuter klockan tolv, öppna en till.", at=MORNING, characters_per_second=300)
    assert "inhuman_speed" in named(signals_of(story), story)


def test_an_edit_from_a_word_to_an_essay_counts_as_typing() -> None:
    slow = typed_visit("Kö.", at=MORNING, edits=ANSWER, characters_per_second=6)
    fast = typed_visit("Kö.", at=MORNING, edits=ANSWER, characters_per_second=60)
    frame = signals_of(slow, fast)
    assert "inhuman_speed" not in named(frame, slow)
    assert "inhuman_speed" in named(frame, fast)


def spoken(seconds: float, *, took: float, heard: str = ANSWER, edit: str | None = None) -> Story:
    """A visit that speaks `seconds` and is sent `took` seconds after start."""
    story = Story(at=MORNING)
    client = Client(browser="Safari", os="iOS", os_major="26")
    story.records(PageOpened(code="BCD234", language="sv", device_hash="own"))
    story.now = MORNING
    story.records(SessionStarted(mode="voice", language="sv", client=client, device_hash="own", network_hash="wifi"))
    story.now = MORNING
    story.consents()
    story.now = MORNING + timedelta(seconds=took)
    committed = UtteranceCommitted(
        turn=1, revision=1, mode="voice", language="sv", transcript=heard, speech_samples=round(16_000 * seconds)
    )
    story.turn = 1
    story.records(committed)
    story.now = MORNING + timedelta(seconds=took)
    if edit is not None:
        story.edits(1, edit)
        story.now = MORNING + timedelta(seconds=took)
    return story.completes()


@pytest.mark.parametrize(("seconds", "took", "held"), [(12, 15, False), (12, 4, True), (40, 1, True), (2, 4, False)])
def test_speech_that_takes_longer_than_the_session_is_held(seconds: float, took: float, held: bool) -> None:
    story = spoken(seconds, took=took)
    assert ("inhuman_speed" in named(signals_of(story), story)) == held


def test_a_small_correction_of_long_speech_is_not_typing() -> None:
    story = spoken(12, took=15, edit=ANSWER + " Tack!")
    assert "inhuman_speed" not in named(signals_of(story), story)


def test_a_word_said_and_an_essay_edited_in_is_held() -> None:
    story = spoken(0.5, took=2, heard="Kö.", edit=ANSWER)
    assert "inhuman_speed" in named(signals_of(story), story)


def test_a_test_client_may_be_fast() -> None:
    frame = signals_of(typed_visit(ANSWER, at=MORNING, characters_per_second=1000, simulated=True))
    assert frame.filter(pl.col("signal") == "inhuman_speed").height == 0
