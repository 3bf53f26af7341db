"""Expectations of `fingerprints`: hashes of completed sessions' words, never the words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pilot.cafes import Cafes
from pilot.lake_tables.tables import FINGERPRINTS, SESSIONS
from quality.rules import Evidence, Rule, between, cafe_in_file, declaration_rules, joined_column, matches, same_session

if TYPE_CHECKING:
    import pandas as pd


def fingerprint_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `fingerprints`."""
    yield from declaration_rules(FINGERPRINTS)
    yield cafe_in_file(cafes)
    yield between("words", 0)
    yield matches("text_hash", r"^[0-9a-f]{16,64}$", code="hash")
    yield matches("pairs", r"^[A-Za-z0-9+/]*={0,2}$", code="base64")
    yield Rule("completed_at_matches_session", fact=_of_completed, columns=("completed_at",))
    yield Rule("session_cafe_and_simulated", fact=_same_session, columns=("cafe", "simulated"))


def _of_completed(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return joined_column(frame, evidence.references[SESSIONS.name], "completed_at") == frame["completed_at"]


def _same_session(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return same_session(frame, evidence.references[SESSIONS.name])
