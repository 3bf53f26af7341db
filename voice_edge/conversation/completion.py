"""Completes a session: computes the preliminary result, records it and issues the receipt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from pydantic import BaseModel

from pilot.business_days import session_day
from pilot.cafes import Cafe, Language
from pilot.events import SessionCompleted
from pilot.identifiers import receipt_hash
from storage.store.rewards.receipts import Receipt
from voice_edge.conversation.state import SessionState
from voice_edge.edge import Edge
from voice_edge.errors import NotNow, SessionErased
from voice_edge.protocol import Completed, Preliminary
from voice_edge.receipts.receipt import receipt_reference, receipt_token
from voice_edge.receipts.session_ends import SessionEnd

log = structlog.get_logger("voice_edge.conversation.completion")


async def complete(
    state: SessionState, *, edge: Edge, cafe: Cafe, record: Callable[[BaseModel], Awaitable[None]]
) -> None:
    """Complete a session; the event is on disk before the receipt is issued or the page notified.

    A session that was sent before, here or on another replica, keeps its first result.

    Raises:
        NotNow: no turn has words.
        NotRecorded: the completion could not be written; the session is unchanged.
        SessionErased: the session was erased.
    """
    async with edge.ends.completing(state.session_id):
        if not await sent_before(state, edge=edge):
            await _complete(state, edge=edge, cafe=cafe, record=record)
            edge.ends.remember(state.session_id, SessionEnd("sent", state.reference, state.preliminary_eligible))


async def sent_before(state: SessionState, *, edge: Edge) -> bool:
    """Return whether the session was sent before; `state` then has its first result.

    Raises:
        SessionErased: the session was erased.
    """
    end = await edge.ends.find(state.session_id)
    if end is None or end.how == "left":
        return False
    if end.how == "erased":
        raise SessionErased
    state.phase, state.reference, state.preliminary_eligible = "completed", end.reference, end.eligible
    return True


async def _complete(
    state: SessionState, *, edge: Edge, cafe: Cafe, record: Callable[[BaseModel], Awaitable[None]]
) -> None:
    said = [turn for turn in state.turns if turn.text.strip()]
    if not said:
        raise NotNow("Nothing has been said.", code="nothing_said", retryable=False)
    texts = [turn.text for turn in said if turn.counts]
    result = await asyncio.to_thread(preliminary, texts, language=state.language, cafe=cafe)
    score, eligible = result if result is not None else (None, None)
    token = receipt_token(state.session_id, secret=edge.secret)
    before = state.phase
    state.reference = receipt_reference(state.session_id, secret=edge.secret)
    state.preliminary_eligible = eligible
    state.phase = "completed"
    try:
        await record(
            SessionCompleted(
                turns=len(said),
                language=state.language,
                receipt_hash=receipt_hash(token),
                reference=state.reference,
                preliminary_score=score,
                preliminary_eligible=eligible,
                rubric_version=edge.cafes.pilot.rubric_version,
            )
        )
    except Exception:
        state.phase, state.preliminary_eligible = before, None
        raise
    if not edge.doors.complete(state.session_id, cafe=state.cafe, simulated=state.simulated) and eligible:
        state.preliminary_eligible = False  # The feedback is good enough, but the trial's rewards have run out.
    edge.receipts.submit(
        Receipt(
            receipt_hash=receipt_hash(token),
            reference=state.reference,
            session_id=state.session_id,
            cafe=state.cafe,
            day=session_day(state.session_id),
            language=state.language,
            simulated=state.simulated,
            created_at=edge.clock.now(),
            preliminary_score=score,
            preliminary_eligible=eligible,
            rubric_version=edge.cafes.pilot.rubric_version,
        )
    )


def completed_message(state: SessionState, *, edge: Edge) -> Completed:
    """Return the message that reports a completed session to its page."""
    return Completed(
        receipt=f"/r/{receipt_token(state.session_id, secret=edge.secret)}",
        reference=state.reference,
        preliminary=Preliminary(eligible=state.preliminary_eligible),
    )


def preliminary(texts: list[str], *, language: Language, cafe: Cafe) -> tuple[int, bool] | None:
    """Return score and eligibility; None if the scorer fails, then only the final result will exist."""
    try:
        from pipelines.scoring import score  # Lazily: its model is needed only at the end of a session.

        result = score(texts, language=language, cafe=cafe)
        return int(result.score), bool(result.eligible)
    except Exception as error:
        log.warning("no preliminary score", kind=type(error).__name__)
        return None
