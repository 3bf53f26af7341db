"""Turn-taking: readable scenarios in virtual time, and properties for any sound."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from voice_edge.hearing.turn_taking import (
    MAX_TURN_SECONDS,
    PRE_ROLL_MS,
    SAMPLE_RATE,
    SPEECH_FROM,
    WINDOW_SAMPLES,
    Commit,
    NoSpeech,
    Resumed,
    SoftEnd,
    SpeechStarted,
    SpeechWindow,
    TurnEvent,
    TurnTaking,
    samples,
)

SCENARIOS: list[dict[str, Any]] = [
    scenario
    for path in sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))
    for scenario in yaml.safe_load(path.read_text(encoding="utf-8"))
]
VOICE, QUIET = 0.95, 0.02
CUSTOMER_DB, MURMUR_DB, RADIO_DB, ROOM_DB = -22.0, -32.0, -44.0, -60.0


@dataclass(frozen=True)
class Rearmed:
    """The reply was shown: a turn that was open then is given up."""

    at: int


class Table:
    """A customer at a table in virtual time: time is the position in the audio."""

    def __init__(self) -> None:
        self.turns = TurnTaking()
        self.position = 0
        self.events: list[TurnEvent | Rearmed] = []
        self.last_voiced = 0

    def sound(self, milliseconds: float, *, probability: float, level_db: float | None = None) -> None:
        until = self.position + samples(milliseconds)
        while self.position < until:
            self.events += self.turns.hear(SpeechWindow(self.position, probability, level_db))
            self.position += WINDOW_SAMPLES
            if probability > SPEECH_FROM and not self.of(Commit):
                self.last_voiced = self.position

    def play(self, step: dict[str, Any]) -> None:
        ((verb, value),) = step.items()
        match verb:
            case "says" | "noise" | "near":
                self.sound(value, probability=VOICE, level_db=CUSTOMER_DB)
            case "murmurs":
                self.sound(value, probability=VOICE, level_db=MURMUR_DB)
            case "radio":
                self.sound(value, probability=VOICE, level_db=RADIO_DB)
            case "pause":
                self.sound(value, probability=QUIET, level_db=ROOM_DB)
            case "hears":
                self.turns.transcript(self.of(SoftEnd)[-1].revision, value)
            case "done":
                self.events += self.turns.stop(self.position)
            case "rearm":
                self.turns.rearm(self.position)
                self.events.append(Rearmed(self.position))
            case _:
                raise AssertionError(f"no such step: {verb}")

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario["name"] for scenario in SCENARIOS])
def test_the_scenario_has_the_stated_events(scenario: dict[str, Any]) -> None:
    table = Table()
    for step in scenario["script"]:
        table.play(step)
    commits = table.of(Commit)
    assert len(commits) == scenario["commits"]
    assert len(table.of(NoSpeech)) == scenario.get("no_speech", 0)
    assert sum(commit.capped for commit in commits) == scenario.get("capped", 0)
    if "resumes" in scenario:
        assert len(table.of(Resumed)) == scenario["resumes"]
    if "within_ms" in scenario:
        earliest, latest = scenario["within_ms"]
        waited = (commits[0].at - commits[0].speech_end) * 1000 / SAMPLE_RATE
        assert earliest <= waited <= latest
    for kind in scenario.get("never", []):
        assert kind not in {type(event).__name__ for event in table.events}


def test_a_turn_includes_half_a_second_before_its_first_word() -> None:
    table = Table()
    table.sound(2000, probability=QUIET)
    onset = table.position
    table.sound(500, probability=VOICE)
    (started,) = table.of(SpeechStarted)
    assert onset - samples(PRE_ROLL_MS) == started.audio_from


def test_a_turn_never_reaches_back_into_the_reply() -> None:
    table = Table()
    table.sound(1000, probability=VOICE)
    table.sound(700, probability=QUIET)
    table.turns.rearm(table.position)
    armed = table.position
    table.sound(300, probability=VOICE)
    assert table.of(SpeechStarted)[-1].audio_from == armed


def test_a_late_transcript_does_not_affect_the_next_turn() -> None:
    table = Table()
    table.sound(1000, probability=VOICE)
    table.sound(700, probability=QUIET)
    (first,) = table.of(Commit)
    table.turns.rearm(table.position)
    table.sound(1000, probability=VOICE)
    table.sound(300, probability=QUIET)
    table.turns.transcript(first.revision, "och")
    table.sound(400, probability=QUIET)
    assert len(table.of(Commit)) == 2


steps = st.lists(
    st.one_of(
        st.tuples(st.just("sound"), st.integers(1, 60), st.floats(0, 1)),
        st.tuples(st.just("hears"), st.sampled_from(["och", "Det var bra.", "", "eh", "kaffet,"]), st.none()),
        st.tuples(st.just("done"), st.none(), st.none()),
        st.tuples(st.just("rearm"), st.none(), st.none()),
    ),
    max_size=60,
)


@given(steps)
def test_events_are_in_order_for_any_sound(script: list[tuple[str, Any, Any]]) -> None:
    table = Table()
    for verb, value, probability in script:
        if verb == "sound":
            table.sound(value * 32, probability=probability)
        elif verb == "hears":
            if table.of(SoftEnd):
                table.turns.transcript(table.of(SoftEnd)[-1].revision, value)
        else:
            table.play({verb: True})
    open_turn = False
    last_at = revision = 0
    for event in table.events:
        assert event.at >= last_at
        last_at = event.at
        match event:
            case SpeechStarted():
                assert not open_turn
                open_turn = True
                assert 0 <= event.audio_from <= event.at
            case Resumed():
                assert open_turn
                assert event.revision == revision + 1
                revision = event.revision
            case SoftEnd() | Commit():
                assert open_turn
                assert event.revision >= revision
                revision = event.revision
                assert event.audio_from <= event.speech_end <= event.at
                assert 0 < event.voiced_samples <= event.speech_end - event.audio_from
                assert event.at - event.audio_from <= (MAX_TURN_SECONDS * SAMPLE_RATE) + WINDOW_SAMPLES
                open_turn = not isinstance(event, Commit)
            case NoSpeech():
                assert not open_turn
            case Rearmed():
                open_turn = False


@given(st.lists(st.tuples(st.integers(1, 100), st.floats(0, 1)), max_size=30))
def test_every_session_ends_in_a_commit_or_in_no_speech(sounds: list[tuple[int, float]]) -> None:
    table = Table()
    for windows, probability in sounds:
        table.sound(windows * 32, probability=probability)
    table.sound(10_000, probability=QUIET)
    assert table.events
    assert isinstance(table.events[-1], Commit | NoSpeech)


@given(
    st.lists(st.tuples(st.integers(1, 60), st.sampled_from([VOICE, QUIET]), st.floats(-90, 0)), min_size=1, max_size=30)
)
def test_every_turn_ends_at_any_loudness(sounds: list[tuple[int, float, float]]) -> None:
    table = Table()
    for windows, probability, level_db in sounds:
        table.sound(windows * 32, probability=probability, level_db=level_db)
    table.sound(10_000, probability=QUIET, level_db=ROOM_DB)
    assert isinstance(table.events[-1], Commit | NoSpeech)
    assert sum(isinstance(event, Commit | NoSpeech) for event in table.events) == 1


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=60), st.floats(-50, -5))
def test_a_voice_that_varies_by_a_few_decibels_is_one_voice(swings: list[float], level_db: float) -> None:
    table = Table()
    for swing in swings:
        table.sound(96, probability=VOICE, level_db=level_db + swing)
    table.sound(1000, probability=QUIET, level_db=-90.0)
    (commit,) = table.of(Commit)
    assert commit.speech_end == table.last_voiced
    assert not table.of(Resumed)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=400))
def test_a_turn_ends_only_after_enough_silence(probabilities: list[float]) -> None:
    table = Table()
    for probability in probabilities:
        table.sound(32, probability=probability)
    for commit in table.of(Commit):
        assert commit.at - commit.speech_end >= samples(500)
