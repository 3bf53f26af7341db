"""Completed sessions with the score of what was said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl

from pilot.cafes import parse_cafes
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from pipelines.scoring import SCORER_VERSION, score
from tests.events import MORNING, Story, raw_events, whole_visit

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
GOOD = "Havrelatten var bränd klockan åtta, Siv ångar mjölken för länge i rusningen."


def scored(*stories: Story) -> list[dict]:
    raw = raw_events(*stories)
    return scored_feedback(sessions(raw, as_of=MORNING + timedelta(hours=12)), turns(raw), cafes=CAFES).rows(named=True)


def begun() -> Story:
    return Story().opens().starts().consents()


def test_a_useful_visit_is_scored_by_what_counts() -> None:
    (row,) = scored(whole_visit())
    assert row["eligible"] and row["score"] > 60
    assert (row["turns_scored"], row["turns_left_out"], row["words"]) == (2, 0, 21)
    assert (row["rubric_version"], row["scorer_version"]) == (CAFES.pilot.rubric_version, SCORER_VERSION)
    assert row["aspects"] == ["food"]
    assert row["signals"] == []


def test_only_completed_sessions_are_scored() -> None:
    assert scored(begun().says(GOOD), begun().says(GOOD).leaves(), Story().opens()) == []


def test_a_turn_too_unsure_is_left_out_and_one_that_was_mended_counts() -> None:
    (left_out,) = scored(begun().says(GOOD).says("Skölj äggen", low_confidence=True).completes())
    assert (left_out["turns_scored"], left_out["turns_left_out"]) == (1, 1)
    (mended,) = scored(begun().says(GOOD).says("x", low_confidence=True).edits(2, "Använd termometer.").completes())
    assert (mended["turns_scored"], mended["turns_left_out"]) == (2, 0)
    assert mended["score"] > left_out["score"]


def test_a_struck_turn_earns_nothing() -> None:
    (row,) = scored(begun().says("Bra.").says(GOOD).edits(2, "").completes())
    assert (row["turns_scored"], row["eligible"]) == (1, False)


def test_a_session_with_only_unsure_turns_scores_nought_and_says_why() -> None:
    (row,) = scored(begun().says(GOOD, low_confidence=True).completes())
    assert (row["score"], row["eligible"], row["signals"], row["words"]) == (0, False, ["low_confidence"], 0)


def test_a_session_in_which_nothing_was_said_scores_nought_for_silence() -> None:
    for story in (begun().completes(), begun().says("").completes(), begun().fails("no_speech").completes()):
        (row,) = scored(story)
        assert (row["score"], row["eligible"], row["signals"]) == (0, False, ["silence"])


def test_turns_are_scored_in_their_order_and_as_the_edge_scores_them() -> None:
    story = begun().says(GOOD).says("Använd termometer.").completes()
    (row,) = scored(story)
    assert row["score"] == score([GOOD, "Använd termometer."], language="sv", cafe=CAFES.get("aurora")).score


def test_a_session_of_a_cafe_that_left_the_file_is_still_scored() -> None:
    (row,) = scored(whole_visit("closed-cafe"))
    assert row["score"] > 0


def test_a_day_with_nothing_in_it_is_an_empty_frame_with_its_types() -> None:
    raw = raw_events()
    frame = scored_feedback(sessions(raw, as_of=MORNING), turns(raw), cafes=CAFES)
    assert (frame.height, tuple(frame.columns)) == (0, SCORED_FEEDBACK.names)
    assert frame.schema["aspects"] == pl.List(pl.String)
