"""A small day on which every expectation holds: sessions, their references and their scores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from pilot.cafes import Cafes, parse_cafes
from pilot.identifiers import new_identifier
from pilot.lake_tables.tables import JUDGEMENTS, RAW_EVENTS, SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS, TURNS, Table

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)

POLARS = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "float": pl.Float64(),
    "boolean": pl.Boolean(),
    "moment": pl.Datetime("us", "UTC"),
    "day": pl.Date(),
    "json": pl.String(),
    "texts": pl.List(pl.String()),
}


@dataclass
class Frames:
    """The frames of one day, as the lake gives them."""

    cafes: Cafes
    sessions: pd.DataFrame
    scored_feedback: pd.DataFrame
    raw_events: pd.DataFrame
    turns: pd.DataFrame
    session_signals: pd.DataFrame
    judgements: pd.DataFrame


def frame(table: Table, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as the lake would give them to pandas; what a row leaves out is null."""
    schema = {column.name: POLARS[column.kind] for column in table.columns}
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema).to_pandas()


@pytest.fixture
def cafes() -> Cafes:
    return parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")


@pytest.fixture
def good(cafes: Cafes) -> Frames:
    completed, abandoned, opened = (new_identifier(at=NOON + timedelta(minutes=minute)) for minute in (0, 1, 2))
    base = {"day": DAY, "cafe": "aurora", "simulated": False, "epochs": 1, "missing_events": 0}
    sessions = [
        base
        | {
            "session_id": completed,
            "language": "sv",
            "mode": "voice",
            "microphone": "granted",
            "opened_at": NOON,
            "started_at": NOON + timedelta(seconds=5),
            "first_turn_at": NOON + timedelta(seconds=20),
            "completed_at": NOON + timedelta(seconds=60),
            "last_event_at": NOON + timedelta(seconds=60),
            "outcome": "completed",
            "turns": 2,
            "failed_turns": 0,
            "reference": "BCDFGH",
            "receipt_hash": "0" * 64,
            "preliminary_score": 71,
            "duration_s": 55.0,
        },
        base
        | {
            "session_id": abandoned,
            "language": "en",
            "mode": "text",
            "opened_at": NOON,
            "started_at": NOON + timedelta(seconds=70),
            "last_event_at": NOON + timedelta(seconds=90),
            "outcome": "abandoned",
            "abandon_reason": "silent",
            "turns": 0,
            "failed_turns": 0,
            "duration_s": 20.0,
        },
        base
        | {
            "session_id": opened,
            "language": "sv",
            "opened_at": NOON + timedelta(seconds=120),
            "last_event_at": NOON + timedelta(seconds=120),
            "outcome": "opened_only",
            "turns": 0,
            "failed_turns": 0,
        },
    ]
    scored = {
        "day": DAY,
        "session_id": completed,
        "cafe": "aurora",
        "simulated": False,
        "language": "sv",
        "completed_at": NOON + timedelta(seconds=60),
        "turns_scored": 2,
        "turns_left_out": 0,
        "words": 40,
        "score": 71,
        "eligible": True,
        "specificity": 0.5,
        "evidence": 0.5,
        "breadth": 0.5,
        "actionability": 0.5,
        "authenticity": 1.0,
        "aspects": ["coffee"],
        "signals": [],
        "rubric_version": "2026-11",
        "scorer_version": "1",
    }
    events = [
        {"day": DAY, "event": event, "session_id": session, "cafe": "aurora", "simulated": False}
        for event, session in (
            ("page_opened", completed),
            ("session_completed", completed),
            ("page_opened", abandoned),
            ("page_opened", opened),
            ("probe", new_identifier(at=NOON)),
        )
    ]
    turns = [{"day": DAY, "session_id": completed, "turn": turn, "revisions": 1} for turn in (1, 2)]
    own = {"day": DAY, "session_id": completed, "cafe": "aurora", "simulated": False}
    signal = own | {"related": [new_identifier(at=NOON)], "counts": '{"words": 31}', "signals_version": "1"}
    signals = [
        signal | {"signal": "copied_exactly", "severity": "cap", "cap": 45},
        signal | {"signal": "ring", "severity": "hold", "held_until": NOON + timedelta(days=7)},
        signal | {"signal": "device_often", "severity": "note", "related": []},
    ]
    judged = own | {
        "transcript_hash": "0" * 32,
        "prompt_version": "1",
        "model": "m",
        "judged_score": 16,
        "sub_scores": '{"specificity": 80, "evidence": 0, "breadth": 0, "actionability": 0, "authenticity": 0}',
        "quotes": '{"specificity": [0, 4, 12]}',
        "quotes_refused": 1,
    }
    return Frames(
        cafes=cafes,
        sessions=frame(SESSIONS, sessions),
        scored_feedback=frame(SCORED_FEEDBACK, [scored]),
        raw_events=frame(RAW_EVENTS, events),
        turns=frame(TURNS, turns),
        session_signals=frame(SESSION_SIGNALS, signals),
        judgements=frame(JUDGEMENTS, [judged]),
    )
