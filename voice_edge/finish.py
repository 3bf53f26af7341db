"""Finishing a session: the preliminary result, the receipt, `completed`."""

from __future__ import annotations

import asyncio

import structlog

from pilot.business_days import session_day
from pilot.cafes import Cafe, Language
from pilot.events import SessionCompleted
from pilot.identifiers import receipt_hash
from storage.store.receipts import Receipt
from voice_edge.errors import NotNow
from voice_edge.live import Live
from voice_edge.protocol import CloseCode, Completed, Preliminary
from voice_edge.receipts import receipt_reference, receipt_token

log = structlog.get_logger("voice_edge.finish")


async def finish(live: Live) -> None:
    """Send the feedback: record it, hand in the receipt, tell the page, close.

    Raises:
        NotNow: nothing has been said.
    """
    state, edge = live.state, live.edge
    said = [turn for turn in state.turns if turn.text.strip()]
    if not said:
        raise NotNow("Nothing has been said.", code="nothing_said", retryable=False)
    texts = [turn.text for turn in said if turn.counts]
    result = await asyncio.to_thread(_preliminary, texts, language=state.language, cafe=live.cafe)
    score, eligible = result if result is not None else (None, None)
    token = receipt_token(state.session_id, secret=edge.secret)
    state.reference = receipt_reference(state.session_id, secret=edge.secret)
    state.preliminary_eligible = eligible
    state.phase = "completed"
    await live.record(
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
    edge.receipts.hand_in(
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
    await tell_completed(live)


async def finish_if_wanted(live: Live) -> None:
    """Send the feedback now if the customer pressed send while a turn was being answered."""
    if live.finish_wanted and live.state.phase in ("talking", "review"):
        live.finish_wanted = False
        try:
            await finish(live)
        except NotNow as error:
            await live.tell(error.code, retryable=error.retryable)


async def tell_completed(live: Live) -> None:
    """Send `completed` for a session that is, and close; also when its page comes back."""
    state = live.state
    await live.send(
        Completed(
            receipt=f"/r/{receipt_token(state.session_id, secret=live.edge.secret)}",
            reference=state.reference,
            preliminary=Preliminary(eligible=state.preliminary_eligible),
        )
    )
    await live.show("ended")
    live.end(CloseCode.DONE)


def _preliminary(texts: list[str], *, language: Language, cafe: Cafe) -> tuple[int, bool] | None:
    """Return score and eligibility, or None where the scorer fails: the final result then comes later, alone."""
    try:
        from pipelines.scoring import score  # Lazily: its word lists are needed at the end of a session only.

        result = score(texts, language=language, cafe=cafe)
        return int(result.score), bool(result.eligible)
    except Exception as error:
        log.warning("no preliminary score", kind=type(error).__name__)
        return None
