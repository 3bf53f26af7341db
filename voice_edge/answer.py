"""Answering one committed turn: record it, show it, and stream the interviewer's reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from pilot.events import ReplySent, StageMarks, TurnFailed, UtteranceCommitted
from pilot.redaction import redact
from pilot.words import say
from voice_edge import interviewer
from voice_edge.clock import within
from voice_edge.interviewer import Conversation, Exchange
from voice_edge.limits import SAMPLE_RATE
from voice_edge.live import Live
from voice_edge.protocol import HeardTurn, Purpose, Question, Reply, Review
from voice_edge.reply_stream import ReplyStream
from voice_edge.state import SaidTurn

log = structlog.get_logger("voice_edge.answer")

Marks = Callable[[float | None], float | None]


@dataclass(frozen=True, slots=True)
class SpeechTimes:
    """When the stages of a spoken turn were, edge's steady clock, seconds; and its end on the page's clock."""

    speech_end: float
    speech_end_page_ms: float
    commit: float
    soft_end: float | None = None
    recognition_start: float | None = None
    recognition_end: float | None = None

    def after(self, moment: float | None) -> float | None:
        """Return `moment` in milliseconds after the end of speech."""
        return None if moment is None else round((moment - self.speech_end) * 1000, 1)


@dataclass(frozen=True, slots=True)
class Said:
    """What the customer said or typed, redacted."""

    text: str
    revision: int = 1
    confidence: float | None = None
    low_confidence: bool = False
    speech_samples: int = 0
    discarded: int = 0
    times: SpeechTimes | None = None


def redact_turn(live: Live, text: str) -> str:
    """Return `text` without what identifies a guest, given what the turn before it broke off."""
    before = live.state.turns[-1].text if live.state.turns else ""
    return redact(text, live.state.language, before=before)


def conversation(live: Live, *, said: str | None = None) -> Conversation:
    """Return the talk so far, with `said` as the answer to the open question."""
    state = live.state
    exchanges = [Exchange(question=turn.question, answer=turn.text) for turn in state.turns if turn.counts]
    if said is not None:
        exchanges.append(Exchange(question=state.question, answer=said))
    spent = state.speech_samples >= live.edge.limits.speech_seconds * SAMPLE_RATE
    full = state.next_turn >= live.edge.limits.turns
    return Conversation(
        cafe=live.cafe,
        language=state.language,
        exchanges=tuple(exchanges),
        follow_ups_asked=live.edge.limits.follow_ups if spent or full else state.follow_ups,
    )


async def answer(live: Live, said: Said, *, early: ReplyStream | None = None) -> None:
    """Record a turn and answer it.

    Args:
        live: The session.
        said: The turn.
        early: The reply, where it was begun on the same words before the turn was committed.
    """
    state = live.state
    number = state.next_turn
    mode = "text" if said.times is None else "voice"
    committed = UtteranceCommitted(
        turn=number,
        revision=said.revision,
        mode=mode,
        language=state.language,
        transcript=said.text,
        confidence=said.confidence,
        low_confidence=said.low_confidence,
        speech_samples=said.speech_samples,
        discarded_speculations=said.discarded,
        question=state.question,
    )
    stream = early
    if stream is None and not said.low_confidence:
        stream = ReplyStream(live.edge.asking.reply(conversation(live, said=said.text)), clock=live.edge.clock)
    state.turns.append(
        SaidTurn(turn=number, question=state.question, text=said.text, mode=mode, low_confidence=said.low_confidence)
    )
    state.next_turn += 1
    state.pending = number
    state.speech_samples += said.speech_samples
    live.touch()
    try:
        # Beside the reply: the disk must not delay the first words, and nothing is acknowledged before it.
        written = live.spawn(live.record(committed), name="recording a turn")
        await live.send(
            HeardTurn(
                turn=number, revision=said.revision, text=said.text, mode=mode, low_confidence=said.low_confidence
            )
        )
        if said.low_confidence:
            await written
            await _ask_again(live, number, times=said.times)
        else:
            assert stream is not None
            await _reply(live, number, stream=stream, written=written, times=said.times)
    finally:
        if stream is not None:
            await stream.close()


async def resume_answer(live: Live, number: int) -> None:
    """Answer a turn that was committed on a connection that broke before its reply."""
    turn = live.state.turn(number)
    if turn is not None and turn.low_confidence:
        await _ask_again(live, number, times=None)
        return
    stream = ReplyStream(live.edge.asking.reply(conversation(live)), clock=live.edge.clock)
    try:
        await _reply(live, number, stream=stream, written=None, times=None)
    finally:
        await stream.close()


async def nothing_heard(live: Live, *, times: SpeechTimes | None = None) -> None:
    """Answer a turn in which nothing was said: ask again, and suggest writing after some times."""
    state = live.state
    number = state.next_turn
    state.next_turn += 1
    state.silences += 1
    await live.record(TurnFailed(turn=number, reason="no_speech"))
    live.edge.metrics.turn("no_speech", mode="voice")
    if state.silences > live.edge.limits.ask_again:
        text = say("edge", "suggest_writing", state.language)
    else:
        text = interviewer.no_speech(state.language, attempt=state.silences)
    await _say(live, number, text, purpose="no_speech", times=times)
    await _next(live, over=False)


async def could_not_hear(live: Live, *, reason: str, times: SpeechTimes | None = None) -> None:
    """Answer a turn that the recogniser could not take: say so, and offer writing."""
    state = live.state
    number = state.next_turn
    state.next_turn += 1
    await live.record(TurnFailed.model_validate({"turn": number, "reason": reason}))
    live.edge.metrics.turn(reason, mode="voice")
    await live.tell(reason, retryable=True)
    await _say(live, number, say("edge", "suggest_writing", state.language), purpose="ask_again", times=times)
    await _next(live, over=False)


async def _ask_again(live: Live, number: int, *, times: SpeechTimes | None) -> None:
    state = live.state
    state.asked_again += 1
    if state.asked_again > live.edge.limits.ask_again:
        text = say("edge", "suggest_writing", state.language)
    else:
        text = interviewer.ask_again(state.language, attempt=state.asked_again)
    live.edge.metrics.turn("asked_again", mode="voice")
    await _say(live, number, text, purpose="ask_again", times=times)
    await _next(live, over=False)


async def _reply(
    live: Live, number: int, *, stream: ReplyStream, written: asyncio.Task[None] | None, times: SpeechTimes | None
) -> None:
    edge, state = live.edge, live.state
    mode = "text" if times is None else "voice"
    try:
        reply, sent_at = await within(edge.limits.reply_seconds, _stream(live, number, stream, times), clock=edge.clock)
    except Exception as error:
        log.warning("no reply", session_id=state.session_id, kind=type(error).__name__)
        if written is not None:
            await written
        await live.record(TurnFailed(turn=number, reason="responder_error", mode=mode))
        edge.metrics.turn("responder_error", mode=mode)
        await _say(live, number, interviewer.thanks(state.language), purpose="thanks", times=times)
        await _next(live, over=True)
        return
    if written is not None:
        await written
    state.pending = None
    marks = StageMarks()
    if times is not None:
        marks = StageMarks(
            soft_end=times.after(times.soft_end),
            recognition_start=times.after(times.recognition_start),
            recognition_end=times.after(times.recognition_end),
            commit=times.after(times.commit),
            responder_start=times.after(stream.started_at),
            first_token=times.after(stream.first_at),
            sent=times.after(sent_at),
        )
        for stage, ms in marks.model_dump().items():
            edge.metrics.stage(stage, ms=ms)
    over = reply.purpose != "follow_up" or state.follow_ups >= edge.limits.follow_ups
    if not over:
        state.follow_ups += 1
        state.question = reply.text
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
    edge.metrics.turn("answered", mode=mode)
    await _next(live, over=over)


async def _stream(live: Live, number: int, stream: ReplyStream, times: SpeechTimes | None) -> tuple[Reply, float]:
    """Send the growing reply; return its final form and when its first words left."""
    sent_at: float | None = None
    page_ms = _announce(live, number, times)
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
        if part.final:
            live.answered = True
            return reply, sent_at
    raise RuntimeError("the answer ended without a final part")


async def _say(live: Live, number: int, text: str, *, purpose: Purpose, times: SpeechTimes | None) -> None:
    """Give a turn an answer of fixed words."""
    page_ms = _announce(live, number, times)
    live.state.pending = None
    await live.show("replying")
    await live.send(
        Reply(turn=number, text=text, final=True, author="scripted", purpose=purpose, speech_end_page_ms=page_ms)
    )
    live.answered = True
    sent_at = live.edge.clock.monotonic()
    marks = StageMarks()
    if times is not None:
        marks = StageMarks(commit=times.after(times.commit), sent=times.after(sent_at))
    await live.record(
        ReplySent(turn=number, text=text, author="scripted", purpose=purpose, marks=marks, speech_end_page_ms=page_ms)
    )


def _announce(live: Live, number: int, times: SpeechTimes | None) -> float | None:
    """Make `shown` for this turn count from now on; return the end of speech on the page's clock."""
    live.shown[number] = asyncio.Event()
    if times is None:
        return None
    live.speech_ends[number] = times.speech_end_page_ms
    return times.speech_end_page_ms


async def _next(live: Live, *, over: bool) -> None:
    """Go on to the next question, or to the review."""
    state = live.state
    if over or state.next_turn > live.edge.limits.turns:
        await open_review(live)
        return
    await live.send(Question(turn=state.next_turn, text=state.question))


async def open_review(live: Live) -> None:
    """Tell the page that the talk is over."""
    live.state.phase = "review"
    await live.acknowledge()
    await live.send(Review(turns=live.state.texts()))
    await live.show("review")
