"""Fixed replies to silent, unclear and unrecognised turns, and the step that follows a reply."""

from __future__ import annotations

import asyncio

from pilot.events import ReplySent, StageMarks, TurnFailed
from pilot.words import say
from voice_edge import interviewer
from voice_edge.conversation.live import Live
from voice_edge.conversation.utterance import SpeechTimes
from voice_edge.protocol import Purpose, Question, Reply, Review


async def answer_silence(live: Live, *, times: SpeechTimes | None = None) -> None:
    """Reply to a silent turn: ask again, and suggest writing after repeated silence."""
    state = live.state
    number = state.next_turn
    state.next_turn += 1
    state.silences += 1
    await live.record(TurnFailed(turn=number, reason="no_speech"))
    live.edge.metrics.count_turn("no_speech", mode="voice")
    if state.silences > live.edge.limits.ask_again:
        text = say("edge", "suggest_writing", state.language)
    else:
        text = interviewer.no_speech(state.language, attempt=state.silences)
    await send_fixed(live, number, text, purpose="no_speech", times=times)
    await next_question(live, over=False)


async def answer_unrecognised(live: Live, *, reason: str, times: SpeechTimes | None = None) -> None:
    """Reply to a turn that was not recognised: report the reason and suggest writing."""
    state = live.state
    number = state.next_turn
    state.next_turn += 1
    await live.record(TurnFailed.model_validate({"turn": number, "reason": reason}))
    live.edge.metrics.count_turn(reason, mode="voice")
    await live.send_error(reason, retryable=True)
    await send_fixed(live, number, say("edge", "suggest_writing", state.language), purpose="ask_again", times=times)
    await next_question(live, over=False)


async def ask_again(live: Live, number: int, *, times: SpeechTimes | None) -> None:
    """Reply to an unclear turn: ask again, and suggest writing after repeated attempts."""
    state = live.state
    state.asked_again += 1
    if state.asked_again > live.edge.limits.ask_again:
        text = say("edge", "suggest_writing", state.language)
    else:
        text = interviewer.ask_again(state.language, attempt=state.asked_again)
    live.edge.metrics.count_turn("asked_again", mode="voice")
    await send_fixed(live, number, text, purpose="ask_again", times=times)
    await next_question(live, over=False)


async def send_fixed(live: Live, number: int, text: str, *, purpose: Purpose, times: SpeechTimes | None) -> None:
    """Send a fixed reply to a turn, and record it."""
    page_ms = announce(live, number, times)
    live.state.pending = None
    await live.show("replying")
    await live.send(
        Reply(turn=number, text=text, final=True, author="scripted", purpose=purpose, speech_end_page_ms=page_ms)
    )
    live.answered = True
    sent_at = live.edge.clock.monotonic()
    note_sent(live, number, times=times, sent_at=sent_at)
    marks = StageMarks()
    if times is not None:
        marks = StageMarks(commit=times.after(times.commit), sent=times.after(sent_at))
    live.edge.metrics.count_reply("scripted", purpose=purpose)
    await live.record(
        ReplySent(turn=number, text=text, author="scripted", purpose=purpose, marks=marks, speech_end_page_ms=page_ms)
    )


def announce(live: Live, number: int, times: SpeechTimes | None) -> float | None:
    """Accept `shown` for this turn from now on; return the end of speech on the page's clock."""
    live.shown[number] = asyncio.Event()
    if times is None:
        return None
    live.speech_ends[number] = times.speech_end_page_ms
    return times.speech_end_page_ms


def note_sent(live: Live, number: int, *, times: SpeechTimes | None, sent_at: float) -> None:
    """Note when the reply's first words were sent: the page cannot have shown them earlier."""
    sent_ms = times.after(sent_at) if times is not None else None
    if sent_ms is not None:
        live.sent_ms.setdefault(number, sent_ms)


async def next_question(live: Live, *, over: bool) -> None:
    """Send the next question, or open the review."""
    state = live.state
    if over or state.next_turn > live.edge.limits.turns:
        await open_review(live)
        return
    await live.send(open_question(live))


def open_question(live: Live) -> Question:
    """Return the question that the next turn answers, with its number."""
    state = live.state
    most = 1 + live.edge.limits.follow_ups
    return Question(turn=state.next_turn, text=state.question, number=min(1 + state.follow_ups, most), most=most)


async def open_review(live: Live) -> None:
    """End the talk: send its turns for review."""
    live.state.phase = "review"
    await live.acknowledge()
    await live.send(Review(turns=live.state.texts()))
    await live.show("review")
