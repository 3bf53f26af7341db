"""The scripted interviewer: answers by the learned reading, and asks for the detail that is missing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal

from pilot.business_days import business_day
from pilot.cafes import Language
from pilot.words import say
from voice_edge.interviewer.acknowledgement import Tone, acknowledge, tone_of
from voice_edge.interviewer.agenda import asks_for_more, next_detail
from voice_edge.interviewer.cafe_questions import answer_to, asks_plainly, subject_of
from voice_edge.interviewer.conversation import MOST_FOLLOW_UPS, Conversation, Purpose, ReplyPart
from voice_edge.interviewer.dangers import danger_key
from voice_edge.interviewer.heard import Heard, Reader, hear, read_conversation
from voice_edge.interviewer.phrases import SECTION, thanks
from voice_edge.interviewer.question_kinds import Asks, kinds_of
from voice_edge.interviewer.wording import Wording

if TYPE_CHECKING:
    from pipelines.language.reading import Danger, Reading

# The acts whose question a language model may write instead.
_OPEN = frozenset({"praise", "complaint", "mixed", "suggestion", "neutral_report"})
# What a guest may demand in a complaint, so that it gets an answer too.
_MAY_DEMAND = frozenset({"complaint", "mixed", "unsure"})
_DEMANDS = frozenset({"refund", "manager", "reward"})
# Dangers after which the guest may still have something to do, so that nothing is asked.
_MAY_GO_ON = frozenset({"fire_or_gas", "electricity", "allergy", "breathing", "collapse"})
_LAST_SENTENCE = re.compile(r"(?<=[.!?]) ")
_LIKED_THEMES = frozenset({"coffee", "food", "seating", "atmosphere", "noise"})


@dataclass(frozen=True, slots=True)
class ScriptedReply:
    """The script's reply to a turn.

    Attributes:
        language: Its language, the guest's.
        acknowledgement: A brief response to the answer; may be empty.
        question: The question; None if the conversation ends.
        certain: Whether only the script may reply: to a danger, a question, a refusal, or at the end.
        focus: The subject of the question; empty if it is the visit.
        tone: Its tone.
        asks: The detail that its question asks for.
        act: What the guest did, or does most likely.
        danger: The kind of the danger that the answer reports; empty for none.
    """

    language: Language
    acknowledgement: str
    question: str | None
    certain: bool = False
    focus: str = ""
    tone: Tone = "neutral"
    asks: Asks = "nothing"
    act: str = ""
    danger: str = ""

    @property
    def text(self) -> str:
        """Return acknowledgement and question; an end without words of its own is the common thanks."""
        return f"{self.acknowledgement} {self.question or ''}".strip() or thanks(self.language)


class ScriptedInterviewer:
    """Asks at most two follow-up questions, each for a detail that the guest has not given.

    Args:
        read: Reads a talk's answers.
    """

    def __init__(self, *, read: Reader = read_conversation) -> None:
        self._read = read

    async def reply(
        self, conversation: Conversation, *, committed: asyncio.Event | None = None
    ) -> AsyncIterator[ReplyPart]:
        """Yield the whole reply at once, see `Interviewer.reply`."""
        reply = scripted_reply(conversation, reading=self._read(conversation))
        if committed is not None:
            await committed.wait()
        purpose: Purpose = "thanks" if reply.question is None else "follow_up"
        yield ReplyPart(reply.text, final=True, author="scripted", purpose=purpose)


def scripted_reply(
    conversation: Conversation, *, reading: Reading | None = None, today: date | None = None
) -> ScriptedReply:
    """Return the script's reply to the latest answer.

    Args:
        conversation: The talk, with at least one answer.
        reading: The reading of all its answers; None to read them now.
        today: The business day, for questions about opening hours; None for the current one.
    """
    heard = hear(conversation, read_conversation(conversation) if reading is None else reading)
    wording = Wording(conversation, language=heard.language)
    if heard.danger is not None:
        return _to_danger(heard.danger, heard, conversation, wording)
    if heard.after_danger:
        return _ends(heard, wording.draw("after_danger"))
    day = business_day(datetime.now(UTC)) if today is None else today
    return _to_act(heard, conversation, wording, today=day)


def _to_danger(danger: Danger, heard: Heard, conversation: Conversation, wording: Wording) -> ScriptedReply:
    said = wording.draw(danger_key(danger))
    asks = (
        danger.when == "earlier"
        and danger.kind not in _MAY_GO_ON
        and "consequence" not in heard.details
        and _may_ask(conversation)
    )
    return ScriptedReply(
        heard.language,
        said,
        wording.draw("ask.after_danger") if asks else None,
        certain=True,
        tone=tone_of(heard),
        asks="what_happened" if asks else "nothing",
        act="emergency",
        danger=danger.kind,
    )


def _to_act(heard: Heard, conversation: Conversation, wording: Wording, *, today: date) -> ScriptedReply:
    first, answer = conversation.follow_ups_asked == 0, conversation.exchanges[-1].answer
    subject = subject_of(answer, heard.language)
    answered, asked_plainly = "", asks_plainly(answer, heard.language)
    if subject in ("repeat", "hears"):
        return _repeats(heard, conversation, wording, subject=subject)
    also_asks = heard.act == "praise" and (answer.rstrip().endswith("?") or (asked_plainly and subject == "other"))
    if also_asks and subject == "other":
        pass
    elif heard.act == "question" or asked_plainly or (heard.act in _MAY_DEMAND and subject in _DEMANDS):
        answered = answer_to(
            subject, answer, cafe=conversation.cafe, language=heard.language, today=today, wording=wording
        )
    asks: Asks = "nothing"
    if _may_ask(conversation) and (heard.act == "question" or asked_plainly):
        answered_before = not first or heard.good is not None
        asks = "nothing" if answered_before or subject == "contents" else "what_happened"
    elif _may_ask(conversation):
        earlier = [kinds_of(exchange.question, heard.language) for exchange in conversation.exchanges[1:]]
        asks = next_detail(
            heard,
            first=first,
            asked=frozenset[Asks]().union(*earlier),
            still_open=frozenset[Asks]().union(*earlier[-1:]),
        )
    said = answered or acknowledge(heard, wording, asks=asks, answer=answer)
    if not answered and also_asks:
        said, asks = f"{said} {say(SECTION, 'cafe.also_staff', heard.language)}", "nothing"
    if asks == "nothing":
        return _ends(heard, said)
    question, focus = _question(heard, asks, wording)
    return ScriptedReply(
        heard.language,
        said,
        question,
        certain=bool(answered) or heard.act not in _OPEN,
        focus=focus,
        tone=tone_of(heard),
        asks=asks,
        act=_act_name(heard),
    )


def _repeats(
    heard: Heard, conversation: Conversation, wording: Wording, *, subject: Literal["repeat", "hears"]
) -> ScriptedReply:
    """Ask again what the guest has not heard, or not answered for trying the microphone."""
    question = _LAST_SENTENCE.split(conversation.exchanges[-1].question)[-1]
    return ScriptedReply(
        heard.language,
        wording.draw(f"cafe.{subject}"),
        question,
        certain=True,
        asks=next(iter(sorted(kinds_of(question, heard.language))), "what_happened"),
        act="question",
    )


def _ends(heard: Heard, said: str) -> ScriptedReply:
    return ScriptedReply(heard.language, said, None, certain=True, tone=tone_of(heard), act=_act_name(heard))


def _act_name(heard: Heard) -> str:
    return heard.likeliest if heard.act == "unsure" else heard.act


def _may_ask(conversation: Conversation) -> bool:
    return conversation.follow_ups_asked < MOST_FOLLOW_UPS


def _question(heard: Heard, asks: Asks, wording: Wording) -> tuple[str, str]:
    """Return the question and its subject: about the thing or the theme if there are words for it."""
    theme = heard.themes[0] if heard.themes else ""
    matter = "complaint" if heard.matter == "asks_if_ai" and heard.blamed else heard.matter
    if matter in ("praise", "joke") and asks == "reason":
        if heard.praised:
            return wording.draw("ask.reason_person", person=heard.praised), heard.praised
        if heard.good is not None and heard.good.theme in _LIKED_THEMES:
            return wording.draw("ask.reason_thing", thing=heard.good.name), heard.good.name
    if asks_for_more(heard, asks):
        return wording.draw("ask.improvement_more"), ""
    about = heard.bad.name if heard.bad is not None and matter in ("complaint", "mixed") else ""
    return wording.first([f"ask.{matter}.{asks}_{theme}", f"ask.{matter}.{asks}", f"ask.{asks}"]), about
