"""The scripted interviewer: asks for the detail that is missing, in the guest's own words, without a language model."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

from pilot.cafes import Language
from pilot.words import say, section
from voice_edge.interviewer.conversation import MOST_FOLLOW_UPS, Conversation, ReplyPart
from voice_edge.interviewer.phrases import SECTION, thanks
from voice_edge.interviewer.understanding import STAFF, Concern, Detail, Mention, Polarity, Understanding, understand

# Topics where the hour or the seat decides what can be done about it.
_TIMED = frozenset({"queue", "noise", "cleanliness", "coffee", "wifi", "toilets", "service"})
_PLACED = frozenset({"noise", "seating", "wifi", "cleanliness", "temperature"})
# Topics where "bad" says it all: nobody should be asked what was wrong with being cold.
_SELF_EVIDENT = frozenset({"price", "queue", "noise", "seating", "wifi", "opening_hours", "temperature"})
STORY_WORDS = 12  # an answer as long as this has told what happened
FEWEST_WORDS = 3  # fewer are no answer yet: "eh", "ja"
_KEENNESS = {Polarity.BAD: 0, Polarity.MIXED: 1, Polarity.GOOD: 2, Polarity.UNSAID: 3}


class ScriptedInterviewer:
    """Asks at most two follow-up questions, each for something that the guest has not told yet."""

    async def reply(
        self, conversation: Conversation, *, committed: asyncio.Event | None = None
    ) -> AsyncIterator[ReplyPart]:
        """Yield the whole reply at once, see `Interviewer.reply`."""
        question = next_question(conversation)
        if committed is not None:
            await committed.wait()
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
    assert heard.concern is not None
    told = heard.latest_words >= STORY_WORDS and heard.concern in (Concern.HARM, Concern.ANGER)
    return f"{heard.concern.value}_told" if told else heard.concern.value


def _focus(heard: Understanding, *, latest: int) -> Mention | None:
    """Return what to ask about: of the latest answer's things the worst, else of all."""
    worth = [mention for mention in heard.mentions if mention.topic != STAFF or mention.polarity is not Polarity.UNSAID]
    recent = [mention for mention in worth if mention.turn == latest] or worth
    return min(recent, key=lambda mention: (_KEENNESS[mention.polarity], mention.place), default=None)


def _wishes(heard: Understanding, focus: Mention | None, *, first: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield questions that would add something, the most wanted first."""
    if focus is None:
        if first:
            yield _about_the_visit(heard), {}
    elif focus.topic == STAFF:
        if Detail.REASON not in heard.told:
            yield ("staff_good" if focus.polarity is Polarity.GOOD else "staff_bad"), {"person": focus.name}
    else:
        yield from _about_a_thing(heard, focus)
    if Detail.SUGGESTION not in heard.told and (focus is None or focus.polarity is not Polarity.BAD):
        yield "one_change", {}
    yield "anything_else", {}


def _about_the_visit(heard: Understanding) -> str:
    if heard.overall is Polarity.GOOD:
        return "best"
    if Detail.REASON in heard.told and Detail.SUGGESTION not in heard.told:
        return "rather"
    return "worst" if heard.overall is Polarity.BAD else "particular"


def _about_a_thing(heard: Understanding, focus: Mention) -> Iterator[tuple[str, dict[str, str]]]:
    thing = {"thing": focus.name}
    reason, suggestion = Detail.REASON not in heard.told, Detail.SUGGESTION not in heard.told
    if focus.polarity is Polarity.UNSAID:
        # "What did you think of it?" after a long story would ask for what was just told.
        if heard.latest_words < STORY_WORDS and reason:
            yield "unsaid", thing
        elif suggestion and heard.overall is not Polarity.GOOD:
            yield "rather", {}
    elif focus.polarity is Polarity.GOOD:
        if reason and focus.topic not in _SELF_EVIDENT:
            yield "good_reason", thing
        if suggestion:
            yield "good_more", thing
    elif focus.polarity is Polarity.MIXED:
        if suggestion:
            yield "mixed_suggestion", thing
    else:
        if reason and focus.topic not in _SELF_EVIDENT:
            yield "bad_reason", thing
        if suggestion:
            # What to "do about" people is not for a guest to say.
            yield ("rather", {}) if focus.topic == "service" else ("bad_suggestion", thing)
    if focus.polarity in (Polarity.BAD, Polarity.MIXED):
        if Detail.WHEN not in heard.told and focus.topic in _TIMED:
            yield "bad_when", {}
        if Detail.WHERE not in heard.told and focus.topic in _PLACED:
            yield "bad_where", {}


def _acknowledgement(heard: Understanding, focus: Mention | None, conversation: Conversation) -> str:
    if conversation.follow_ups_asked:
        key = "again" if heard.mentions else "plain"
    else:
        key = (
            "plain"
            if heard.latest_words < FEWEST_WORDS
            else (focus.polarity if focus is not None else heard.overall).value
        )
    return say(SECTION, f"heard.{key}", conversation.language)


def _is(question: str, key: str, language: Language) -> bool:
    """Tell whether `question` asks what `ask.<key>` asks, whatever it was asked about."""
    fixed = re.split(r"\{\w+\}", section(SECTION, language)[f"ask.{key}"])
    return all(part in question for part in fixed)
