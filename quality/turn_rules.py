"""Expectations of `turns`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from pilot.cafes import Cafes
from pilot.events import ReplySent, TurnFailed
from pilot.kpis import KPIS
from pilot.lake_tables.tables import SESSIONS, TURNS
from quality.rules import Evidence, Rule, between, cafe_in_file, declaration_rules, one_of, same_session

if TYPE_CHECKING:
    import pandas as pd

LONGEST_SPEECH_SECONDS = 300
LONGEST_WAIT_MS = 600_000
WITHIN_MS = KPIS["voice_response"].target * 1000
# Pairs of stages in their order, compared if both were recorded. Recognition begins before the commit and may end
# after it, and an answer's first token may precede the commit: neither pair is here.
ORDER = (
    ("soft_end_ms", "commit_ms"),
    ("recognition_start_ms", "recognition_end_ms"),
    ("recognition_end_ms", "sent_ms"),
    ("commit_ms", "sent_ms"),
    ("first_token_ms", "sent_ms"),
)
MARKS = ("soft_end_ms", "recognition_start_ms", "recognition_end_ms", "commit_ms", "first_token_ms", "sent_ms")


def turn_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `turns`."""
    yield from declaration_rules(TURNS)
    yield cafe_in_file(cafes)
    yield one_of("language", ("sv", "en"))
    yield one_of("mode", ("voice", "text"))
    yield one_of("failure", get_args(TurnFailed.model_fields["reason"].annotation))
    yield one_of("reply_author", get_args(ReplySent.model_fields["author"].annotation))
    yield one_of("reply_purpose", get_args(ReplySent.model_fields["purpose"].annotation))
    yield between("turn", 1)
    yield between("confidence", 0, 1)
    yield between("speech_s", 0, LONGEST_SPEECH_SECONDS)
    yield between("revisions", 0)
    yield between("discarded_speculations", 0)
    yield Rule("stages_within_ten_minutes", fact=_not_for_ever, columns=MARKS)
    yield Rule("stages_in_order", fact=_forwards, columns=MARKS)
    # Counts the page's marks that were left out: a clock that is off, or a page that lies.
    yield Rule("response_plausible", fact=_plausible, columns=("implausible",), severity="warn")
    yield Rule("shown_after_sent", fact=_shown_after_sent, columns=("response_ms", "sent_ms"), severity="warn")
    yield Rule("within_target_shown_in_time", fact=_in_time, columns=("within_target", "response_ms"))
    yield Rule("target_iff_voice", fact=_target, columns=("mode", "within_target"))
    yield Rule(
        "reply_iff_author_and_purpose",
        fact=_answer,
        columns=("reply", "reply_author", "reply_purpose"),
    )
    yield Rule("committed_has_text", fact=_has_text, columns=("revisions", "transcript"))
    yield Rule("uncommitted_has_failure", fact=_failed, columns=("revisions", "failure"))
    yield Rule("edited_not_low_confidence", fact=_mended, columns=("edited", "low_confidence"))
    yield Rule("session_cafe_and_simulated", fact=_same_session, columns=("cafe", "simulated"))


def _not_for_ever(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return ~(frame[[*MARKS, "response_ms"]] > LONGEST_WAIT_MS).any(axis=1)


def _forwards(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    holds = frame["turn"].notna()
    for earlier, later in ORDER:
        holds &= ~(frame[later] < frame[earlier])
    return holds


def _shown_after_sent(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return ~(frame["response_ms"] < frame["sent_ms"])


def _plausible(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["implausible"] != True  # noqa: E712 - empty in days before the column


def _in_time(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    shown = frame["response_ms"].between(0, WITHIN_MS) & frame["failure"].isna()
    return (frame["within_target"] != True) | shown  # noqa: E712 - empty for typed turns


def _target(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["within_target"].notna() == ((frame["mode"] == "voice") & _plausible(frame, evidence))


def _answer(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    has = frame[["reply", "reply_author", "reply_purpose"]].notna()
    return has.all(axis=1) | ~has.any(axis=1)


def _has_text(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["revisions"] == 0) | (frame["transcript"].notna() & frame["heard"].notna())


def _failed(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["revisions"] > 0) | frame["failure"].notna()


def _mended(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return ~(frame["edited"].astype(bool) & frame["low_confidence"].astype(bool))


def _same_session(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return same_session(frame, evidence.references[SESSIONS.name])
