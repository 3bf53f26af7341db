"""Explains one session's result in words, without the guest's words, points or thresholds.

The command `pilot why` and the page Help share it. The answer is scored again in memory; its words are not returned.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast

from payouts.answering import first_sentence
from pilot.cafes import Cafe, Language
from pilot.errors import PilotError
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSION_SIGNALS, TURNS
from pilot.words import say
from pipelines.feedback.explanation import Outcome, RaisedSignal, SessionResult, explain, spoken_day
from storage.store.privacy import tombstones

if TYPE_CHECKING:
    from pipelines.scoring import Score
    from storage.lake import Snapshot
    from storage.store.engine import Store
    from storage.store.rewards.decisions import Decision
    from storage.store.rewards.receipts import Receipt

TABLES = (SCORED_FEEDBACK, SESSION_SIGNALS, TURNS)
WORDS = "why"
GONE_AFTER = timedelta(hours=1)  # A result that is missing after this will not appear.


class NoResult(PilotError):
    """The session has no result: it is erased, not scored yet, or expired; `code` says which."""

    def __init__(self, code: Literal["erased", "pending", "expired"], receipt: Receipt, *, language: Language) -> None:
        super().__init__(say(WORDS, f"lookup.{code}", language, code=receipt.reference), remedy="")
        self.code = code


@dataclass(frozen=True, slots=True)
class SessionAnswer:
    """A session's result.

    Attributes:
        stored: The lake's row, and the raised signals.
        result: The result that the explanation needs.
        sentences: The explanation; a person's ruling and what is not about the answer come first.
    """

    stored: dict[str, Any]
    result: SessionResult
    sentences: tuple[str, ...]


def session_answer(
    store: Store,
    snapshot: Snapshot,
    receipt: Receipt,
    decision: Decision | None,
    *,
    cafe: Cafe | None,
    language: Language,
    now: datetime,
) -> SessionAnswer:
    """Return the result of a receipt's session.

    Args:
        store: The store.
        snapshot: A snapshot of TABLES that holds the receipt's day.
        receipt: The receipt.
        decision: The decision on its reward; None before it.
        cafe: The café, for its names; None if it is not in the file.
        language: The reader's or listener's language.
        now: The present moment.

    Raises:
        NoResult: the session is erased, not scored yet, or expired.
    """
    if receipt.session_id in tombstones.for_day(store, receipt.day):
        raise NoResult("erased", receipt, language=language)
    of_session, parameters = "where day = ? and session_id = ?", [receipt.day, receipt.session_id]
    scored = snapshot.sql(f"select * from scored_feedback {of_session}", parameters)  # noqa: S608
    signals = snapshot.sql(f"select * from session_signals {of_session} order by signal", parameters)  # noqa: S608
    if scored.is_empty():
        code: Literal["pending", "expired"] = "pending" if now - receipt.created_at < GONE_AFTER else "expired"
        raise NoResult(code, receipt, language=language)
    row = scored.row(0, named=True)
    result = _result(snapshot, receipt, row=row, signals=signals.to_dicts(), cafe=cafe)
    shown = ("signal", "severity", "cap", "held_until", "related", "counts", "signals_version")
    raised = [{name: each[name] for name in shown} for each in signals.iter_rows(named=True)]
    return SessionAnswer(
        stored={"reference": receipt.reference, **row, "raised": raised},
        result=result,
        sentences=_sentences(receipt, decision, result, language=language),
    )


def score_again(snapshot: Snapshot, receipt: Receipt, *, cafe: Cafe | None) -> tuple[list[str], Score]:
    """Return the counted turns of the receipt's session and their score."""
    import polars as pl

    from pipelines.feedback.counting_turns import counts_as_feedback
    from pipelines.scoring import score

    turns = snapshot.sql("select * from turns where day = ? and session_id = ?", [receipt.day, receipt.session_id])
    said = turns.filter(counts_as_feedback()).sort("turn")
    texts = [unicodedata.normalize("NFC", text) for text in said.get_column("transcript").cast(pl.String)]
    return texts, score(texts, language=cast("Language", receipt.language), cafe=cafe)  # spans index NFC text


def _result(
    snapshot: Snapshot, receipt: Receipt, *, row: dict[str, Any], signals: list[dict[str, Any]], cafe: Cafe | None
) -> SessionResult:
    from pipelines.scoring import SCORER_VERSION, Reasons

    # Another version of the scorer judged it: its reasons are unknown.
    same = row["scorer_version"] == SCORER_VERSION
    reasons = score_again(snapshot, receipt, cafe=cafe)[1].reasons if same else Reasons()
    return SessionResult(
        reference=receipt.reference,
        score=row["score"],
        eligible=row["eligible"],
        said=reasons.said,
        left_out=reasons.left_out,
        signals=tuple(row["signals"]),
        raised=tuple(
            RaisedSignal(each["signal"], each["severity"], each["cap"], each["held_until"]) for each in signals
        ),
    )


def _sentences(
    receipt: Receipt, decision: Decision | None, result: SessionResult, *, language: Language
) -> tuple[str, ...]:
    """Return the explanation; a decision that the result does not explain replaces its headline."""
    sentences = list(explain(result, language=language))
    if decision is None:
        return tuple(sentences)
    first = first_sentence(decision, language=language) or _decided(decision, result, language=language)
    if first:
        sentences = [first, *sentences[1:]]
        if decision.outcome == "declined" or decision.released is False:
            sentences.append(say("bank", "why.again", language, reference=receipt.reference))
    return tuple(sentences)


def _decided(decision: Decision, result: SessionResult, *, language: Language) -> str:
    """Return the decision in words if the lake's result differs; it is final."""
    outcome: dict[str, Outcome] = {"eligible": "rewarded", "held": "held", "declined": "not_rewarded"}
    decided = outcome[decision.outcome]
    if decided == result.outcome:
        return ""
    if decided == "held" and decision.held_until is None:
        return say("bank", "why.waiting", language)
    day = "" if decision.held_until is None else spoken_day(decision.held_until, language=language)
    return say(WORDS, f"outcome.{decided}", language, day=day)
