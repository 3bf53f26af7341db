"""Answers a committed turn: records it, sends it to the page and streams the interviewer's reply."""

from __future__ import annotations

import structlog

from pilot.events import ReplySent, StageMarks, TurnFailed, UtteranceCommitted
from pilot.redaction import redact
from voice_edge import interviewer
from voice_edge.clock import within
from voice_edge.conversation.fixed_answers import announce, ask_again, next_question, note_sent, send_fixed
from voice_edge.conversation.live import Live
from voice_edge.conversation.reply_stream import ReplyStream
from voice_edge.conversation.state import CommittedTurn
from voice_edge.conversation.utterance import SpeechTimes, Utterance, conversation_so_far
from voice_edge.protocol import HeardTurn, Reply

log = structlog.get_logger("voice_edge.conversation.answer")


async def answer(live: Live, utterance: Utterance, *, early: ReplyStream | None = None) -> None:
    """Record a turn, report a danger in it, and reply to it.

    Args:
        live: The session.
        utterance: The customer's words.
        early: A reply that was started on the same words before the turn was committed; None if there is none.
    """
    state = live.state
    number = state.next_turn
    mode = "text" if utterance.times is None else "voice"
    committed = UtteranceCommitted(
        turn=number,
        revision=state.revision(utterance.revision),
        mode=mode,
        language=state.language,
        transcript=utterance.text,
        confidence=utterance.confidence,
        low_confidence=utterance.low_confidence,
        speech_samples=utterance.speech_samples,
        discarded_speculations=utterance.discarded,
        question=state.question,
    )
    stream = early
    if stream is None and not utterance.low_confidence:
        stream = ReplyStream(live, conversation_so_far(live, latest=utterance.text))
    if stream is not None:
        stream.commit()
    state.turns.append(
        CommittedTurn(
            turn=number,
            question=state.question,
            text=utterance.text,
            mode=mode,
            low_confidence=utterance.low_confidence,
        )
    )
    state.next_turn += 1
    state.pending = number
    state.speech_samples += utterance.speech_samples
    live.touch()
    heard = HeardTurn(
        turn=number,
        revision=committed.revision,
        text=utterance.text,
        mode=mode,
        low_confidence=utterance.low_confidence,
    )
    began = live.edge.clock.monotonic()
    live.dangers.begin(number, utterance.text)  # Before the event: a guest in danger may close the page meanwhile.
    try:
        # The reply is generated meanwhile and shown afterwards: no reply to a turn that is not recorded.
        await live.record(committed, then=heard)
        if stream is None:
            await ask_again(live, number, times=utterance.times)
        else:
            await _reply(live, number, stream=stream, began=began, times=utterance.times)
    finally:
        if stream is not None:
            stream.stop()


async def resume_answer(live: Live, number: int) -> None:
    """Reply to a turn whose connection broke between its commit and its reply."""
    turn = live.state.turn(number)
    if turn is not None and turn.low_confidence:
        await ask_again(live, number, times=None)
        return
    stream = ReplyStream(live, conversation_so_far(live))
    stream.commit()
    try:
        await _reply(live, number, stream=stream, began=live.edge.clock.monotonic(), times=None)
    finally:
        stream.stop()


async def _reply(live: Live, number: int, *, stream: ReplyStream, began: float, times: SpeechTimes | None) -> None:
    edge, state = live.edge, live.state
    mode = "text" if times is None else "voice"
    left = max(0.0, edge.limits.reply_seconds - (edge.clock.monotonic() - began))
    try:
        reply, sent_at = await within(left, _stream(live, number, stream, times), clock=edge.clock)
    except Exception as error:
        log.warning("no reply", session_id=state.session_id, kind=type(error).__name__)
        await live.record(TurnFailed(turn=number, reason="responder_error", mode=mode))
        edge.metrics.count_turn("responder_error", mode=mode)
        await send_fixed(live, number, interviewer.thanks(state.language), purpose="thanks", times=times)
        await next_question(live, over=True)
        return
    state.pending = None
    marks = _marks(times, stream=stream, sent_at=sent_at)
    for stage, ms in marks.model_dump().items():
        edge.metrics.time_stage(stage, ms=ms)
    over = reply.purpose != "follow_up" or state.follow_ups >= edge.limits.follow_ups
    if not over:
        state.follow_ups += 1
        state.question = reply.text
    edge.metrics.count_reply(reply.author, purpose=reply.purpose, instead_of_model=stream.instead_of_model)
    await live.record(
        ReplySent(
            turn=number,
            text=reply.text,
            author=reply.author,
            purpose=reply.purpose,
            marks=marks,
            speech_end_page_ms=times.speech_end_page_ms if times else None,
        )
    )
    edge.metrics.count_turn("answered", mode=mode)
    await next_question(live, over=over)


async def _stream(live: Live, number: int, stream: ReplyStream, times: SpeechTimes | None) -> tuple[Reply, float]:
    """Send the reply as it grows; return its final part and the time at which its first words were sent."""
    sent_at: float | None = None
    page_ms = announce(live, number, times)
    async for part in stream.follow():
        if sent_at is None:
            await live.show("replying")
        reply = Reply(
            turn=number,
            text=redact(part.text, live.state.language),
            final=part.final,
            author=part.author,
            purpose=part.purpose,
            speech_end_page_ms=page_ms,
        )
        await live.send(reply)
        if sent_at is None:
            sent_at = live.edge.clock.monotonic()
            note_sent(live, number, times=times, sent_at=sent_at)
        if part.final:
            live.answered = True
            return reply, sent_at
    raise RuntimeError("the reply ended without a final part")


def _marks(times: SpeechTimes | None, *, stream: ReplyStream, sent_at: float) -> StageMarks:
    if times is None:
        return StageMarks()
    return StageMarks(
        soft_end=times.after(times.soft_end),
        recognition_start=times.after(times.recognition_start),
        recognition_taken=times.after(times.recognition_taken),
        recognition_end=times.after(times.recognition_end),
        commit=times.after(times.commit),
        responder_start=times.after(stream.started_at),
        first_token=times.after(stream.first_at),
        sent=times.after(sent_at),
    )
