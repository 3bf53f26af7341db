"""The scripted interviewer: asks for the detail that is missing, in the guest's own words, without a language model."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

from pilot.cafes import Language
from pilot.words import say, section
from voice_edge.interviewer.conversation import MOST_FOLLOW_UPS, Conversation, ReplyPart
from voice_edge.interviewer.phrases import SECTION, thanks
from voice_edge.interviewer.understanding import Concern, Detail, Mention, Polarity, Understanding, understand

# Topics where the hour or the seat decides what can be done about it.
_TIMED = frozenset({"queue", "noise", "cleanliness", "coffee", "food", "wifi", "toilets", "service"})
_PLACED = frozenset({"noise", "seating", "wifi", "cleanliness", "atmosphere"})
_KEENNESS = {Polarity.BAD: 0, Polarity.MIXED: 1, Polarity.GOOD: 2, Polarity.UNSAID: 3}


class ScriptedInterviewer:
    """Asks at most two follow-up questions, each for something that the guest has not told yet."""

    async def reply(self, conversation: Conversation) -> AsyncIterator[ReplyPart]:
        """Yield the whole reply at once."""
        question = next_question(conversation)
        if question is None:
            yield ReplyPart(thanks(conversation.language), final=True, author="scripted", purpose="thanks")
        else:
            yield ReplyPart(question, final=True, author="scripted", purpose="follow_up")


def next_question(conversation: Conversation) -> str | None:
    """Return the follow-up question to ask now; None when it is time to say thank you."""
    language = conversation.language
    if conversation.follow_ups_asked >= MOST_FOLLOW_UPS:
        return None
    answers = [exchange.answer for exchange in conversation.exchanges]
    heard = understand(answers, cafe=conversation.cafe, language=language)
    if heard.concern is not None and heard.concern_is_new:
        return say(SECTION, f"concern.{_concern_key(heard)}", language)
    if conversation.follow_ups_asked and heard.nothing_more:
        return None
    asked = [exchange.question for exchange in conversation.exchanges]
    focus = _focus(heard, latest=len(answers) - 1)
    for key, fields in _wishes(heard, focus, first=not conversation.follow_ups_asked):
        if not any(_is(question, key, language) for question in asked):
            return f"{_acknowledgement(heard, focus, conversation)} {say(SECTION, f'ask.{key}', language, **fields)}"
    return None


def _concern_key(heard: Understanding) -> str:
    if heard.concern in (Concern.HARM, Concern.ANGER) and (heard.mentions or Detail.REASON in heard.told):
        return f"{heard.concern.value}_told"
    assert heard.concern is not None
    return heard.concern.value


def _focus(heard: Understanding, *, latest: int) -> Mention | None:
    """Return what to ask about: of the latest answer's things the worst, else of all."""
    recent = [mention for mention in heard.mentions if mention.turn == latest] or list(heard.mentions)
    return min(recent, key=lambda mention: (_KEENNESS[mention.polarity], mention.place), default=None)


def _wishes(heard: Understanding, focus: Mention | None, *, first: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield questions that would add something, the most wanted first."""
    if focus is None:
        if first:
            yield {Polarity.GOOD: "best", Polarity.BAD: "worst"}.get(heard.overall, "particular"), {}
        if Detail.SUGGESTION not in heard.told:
            yield "one_change", {}
        yield "anything_else", {}
        return
    if focus.topic == "staff":
        yield from _of_person(heard, focus)
    else:
        yield from _of_thing(heard, focus)
    if Detail.SUGGESTION not in heard.told and focus.polarity is not Polarity.BAD:
        yield "one_change", {}
    yield "anything_else", {}


def _of_person(heard: Understanding, focus: Mention) -> Iterator[tuple[str, dict[str, str]]]:
    if Detail.REASON in heard.told:
        return
    kind = {Polarity.GOOD: "good", Polarity.BAD: "bad"}.get(focus.polarity, "unsaid")
    yield f"staff_{kind}", {"person": focus.name}


def _of_thing(heard: Understanding, focus: Mention) -> Iterator[tuple[str, dict[str, str]]]:
    thing = {"thing": focus.name}
    if focus.polarity is Polarity.UNSAID:
        # A story without a word of praise or blame: "what did you think of it?" would ask what was just told.
        if Detail.REASON not in heard.told:
            yield "unsaid", thing
        elif Detail.SUGGESTION not in heard.told:
            yield "unsaid_told", {}
        return
    if focus.polarity is Polarity.GOOD:
        if Detail.REASON not in heard.told:
            yield "good_reason", thing
        if Detail.SUGGESTION not in heard.told:
            yield "good_more", thing
        return
    if Detail.REASON not in heard.told and focus.polarity is Polarity.BAD:
        yield "bad_reason", thing
    if Detail.SUGGESTION not in heard.told:
        yield ("bad_suggestion" if focus.polarity is Polarity.BAD else "mixed_suggestion"), thing
    if Detail.WHEN not in heard.told and focus.topic in _TIMED:
        yield "bad_when", {}
    if Detail.WHERE not in heard.told and focus.topic in _PLACED:
        yield "bad_where", {}


def _acknowledgement(heard: Understanding, focus: Mention | None, conversation: Conversation) -> str:
    if conversation.follow_ups_asked:
        key = "again" if heard.mentions else "plain"
    else:
        key = "plain" if heard.wordless else (focus.polarity if focus is not None else heard.overall).value
    return say(SECTION, f"heard.{key}", conversation.language)


def _is(question: str, key: str, language: Language) -> bool:
    """Tell whether `question` asks what `ask.<key>` asks, whatever it was asked about."""
    fixed = re.split(r"\{\w+\}", section(SECTION, language)[f"ask.{key}"])
    return all(part in question for part in fixed)
