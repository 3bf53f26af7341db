"""The scripted interviewer: asks for missing details in the guest's words, without a model."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace

from pilot.cafes import Language
from pilot.words import say, section
from voice_edge.interviewer.agenda import ASKS_FOR, ASKS_WHY, questions_about
from voice_edge.interviewer.conversation import MOST_FOLLOW_UPS, Conversation, Purpose, ReplyPart
from voice_edge.interviewer.mentions import STAFF, TASTED, Mention, Polarity
from voice_edge.interviewer.phrases import SECTION, thanks
from voice_edge.interviewer.understanding import NO_ANSWER_WORDS, Concern, Detail, Understanding, Wish, understand

NAMED_WORDS = 3  # an answer up to this length only names a thing
STORY_WORDS = 12  # an answer from this length on says what happened
SENTENCE_WORDS = 4  # an answer from this length on has content, even if not understood: ask for more
LIST_LENGTH = 5  # from this many things without separate judgements on, ask which one mattered
LIST_WORDS_EACH = 4  # maximum words per thing in a list
ENOUGH_DETAILS = 2  # details beside a reason and a suggestion that leave nothing to ask
_KEENNESS = {Polarity.BAD: 0, Polarity.MIXED: 1, Polarity.GOOD: 2, Polarity.UNSAID: 3}
_FACTS = frozenset({Detail.WHEN, Detail.DURATION, Detail.PRICE})
_RANK_LAST = frozenset({STAFF, "place", "atmosphere"})  # among equally bad topics, a thing precedes others
_NAMES_IT = frozenset("opinion what_about reason_bad reason_good weighed staff_bad staff_good lift wish remedy".split())


@dataclass(frozen=True, slots=True)
class ScriptedReply:
    """The script's reply to a turn.

    Attributes:
        language: Its language, the guest's.
        acknowledgement: A brief response to the answer; may be empty.
        question: The question; None if the conversation ends with thanks.
        certain: Whether only the script may reply: to a concern, a wish or thanks.
        focus: The subject of the question; empty if it is the visit.
    """

    language: Language
    acknowledgement: str
    question: str | None
    certain: bool = False
    focus: str = ""

    @property
    def text(self) -> str:
        """Return acknowledgement and question."""
        return f"{self.acknowledgement} {self.question or thanks(self.language)}".strip()


class ScriptedInterviewer:
    """Asks at most two follow-up questions, each for a detail that the guest has not given."""

    async def reply(
        self, conversation: Conversation, *, committed: asyncio.Event | None = None
    ) -> AsyncIterator[ReplyPart]:
        """Yield the whole reply at once, see `Interviewer.reply`."""
        reply = scripted_reply(conversation)
        if committed is not None:
            await committed.wait()
        purpose: Purpose = "thanks" if reply.question is None else "follow_up"
        yield ReplyPart(reply.text, final=True, author="scripted", purpose=purpose)


def next_question(conversation: Conversation) -> str | None:
    """Return the next follow-up question; None if the conversation ends with thanks."""
    reply = scripted_reply(conversation)
    return None if reply.question is None else reply.text


def scripted_reply(conversation: Conversation) -> ScriptedReply:
    """Return the script's reply to the latest answer."""
    answers = [exchange.answer for exchange in conversation.exchanges]
    heard = understand(answers, cafe=conversation.cafe, language=conversation.language)
    language = heard.language
    ended = ScriptedReply(language, "", None, certain=True)
    if conversation.follow_ups_asked >= MOST_FOLLOW_UPS:
        return ScriptedReply(conversation.language, "", None, certain=True)
    if heard.concern is not None and heard.concern_is_new:
        return _split(say(SECTION, f"concern.{_concern_key(heard)}", language), language)
    met = _meet(heard, conversation)
    if met is not None:
        return met
    later = conversation.follow_ups_asked > 0
    if later and (heard.nothing_more or heard.silent or _only_insults(heard, turn=len(answers) - 1)):
        return ended
    latest = len(answers) - 1
    asked = [exchange.question for exchange in conversation.exchanges]
    if later and _enough(heard):
        return ended
    for key, about in _wishes(
        heard, latest=latest, first=not later, asked_what_to_change=_asked_what_to_change(asked, language)
    ):
        if any(asks(question, key, language) for question in asked) or _idle(key, heard, about):
            continue
        question = say(SECTION, f"ask.{key}", language, **_fields(about))
        if about is not None and key not in _NAMES_IT and _went_on(heard, about, latest=latest):
            question = say(SECTION, "back_to.thing", language, thing=about.name, question=_lowered(question))
        acknowledgement = say(SECTION, f"heard.{_acknowledgement(heard, key, latest=latest)}", language)
        return ScriptedReply(language, acknowledgement, question, focus="" if about is None else about.name)
    return ended


def _concern_key(heard: Understanding) -> str:
    assert heard.concern is not None
    narrated = heard.latest_words >= STORY_WORDS and heard.concern in (Concern.HARM, Concern.ALLERGY, Concern.ANGER)
    if heard.concern is Concern.ANGER and not heard.mentions and not heard.details & _FACTS:
        narrated = False  # Insults say nothing about the visit.
    return f"{heard.concern.value}_told" if narrated else heard.concern.value


def _meet(heard: Understanding, conversation: Conversation) -> ScriptedReply | None:
    """Respond to the guest's wish, once; then the conversation ends."""
    wish, language = heard.wish, heard.language
    if wish is None:
        return None
    judged = any(mention.polarity is not Polarity.UNSAID for mention in heard.mentions)
    if wish in (Wish.SORROW, Wish.QUESTION, Wish.EARLY) and judged:
        return None  # The answer is about the visit too: ask about that.
    asked = [exchange.question for exchange in conversation.exchanges]
    said = say(SECTION, f"meet.{wish.value}", language)
    if any(said.startswith(question.split("?")[0][:20]) for question in asked[1:]):
        return ScriptedReply(language, "", None, certain=True)
    if conversation.follow_ups_asked and wish is Wish.QUESTION:
        return ScriptedReply(language, say(SECTION, "meet.question_told", language), None, certain=True)
    if wish is Wish.REFUND and heard.latest_words >= STORY_WORDS:
        said = say(SECTION, "meet.refund_told", language)
    return _split(said, language)


def _split(text: str, language: Language) -> ScriptedReply:
    """Split a fixed reply into its beginning and its question, the last sentence."""
    beginning, _, question = text.rpartition(". ")
    return ScriptedReply(language, f"{beginning}." if beginning else "", question, certain=True)


def _only_insults(heard: Understanding, *, turn: int) -> bool:
    return heard.concern is Concern.ANGER and not any(mention.turn == turn for mention in heard.mentions)


def _by_weight(heard: Understanding, *, latest: int) -> list[Mention]:
    """Return possible subjects, worst first; among equals the one named last first."""
    worth = [mention for mention in heard.mentions if mention.topic != STAFF or mention.polarity is not Polarity.UNSAID]
    return sorted(
        worth,
        key=lambda mention: (
            not mention.torn,
            _KEENNESS[mention.polarity],
            mention.topic in _RANK_LAST,
            mention.turn != latest,
            mention.place,
        ),
    )


def _enough(heard: Understanding) -> bool:
    """Return whether there is a suggestion and its subject is clear."""
    clear = any(mention.explained for mention in heard.mentions) or bool(heard.details - {Detail.SUGGESTION})
    return Detail.SUGGESTION in heard.details and clear and not any(mention.torn for mention in heard.mentions)


def _wishes(
    heard: Understanding, *, latest: int, first: bool, asked_what_to_change: bool
) -> Iterator[tuple[str, Mention | None]]:
    """Yield useful questions and their subjects, most useful first."""
    if heard.concern in (Concern.HARM, Concern.ALLERGY, Concern.EMERGENCY):
        if not asked_what_to_change:
            yield "remedy_it", None
        yield "anything_else", None
        return
    if heard.silent and first:
        yield "visit", None
    weighed = _by_weight(heard, latest=latest)
    worst = weighed[0] if weighed else None
    if first and _is_list(heard):
        yield "meant_most", None
    if first and heard.off_topic:
        yield "with_us", None
    if worst is None:
        yield from ((key, None) for key in _about_the_visit(heard, first=first))
    elif worst.polarity is Polarity.UNSAID and Detail.SUGGESTION in heard.details:
        yield "anything_else", None
    elif worst.polarity is Polarity.UNSAID:
        yield from _about_what_was_not_judged(heard, worst)
    elif not _enough(heard):
        for mention in weighed:
            if mention.polarity in (worst.polarity, Polarity.BAD, Polarity.MIXED):
                yield from ((key, mention) for key in questions_about(mention))
    if worst is None or worst.polarity in (Polarity.GOOD, Polarity.UNSAID):
        yield "one_change", None
    yield "anything_else", None


def _about_what_was_not_judged(heard: Understanding, worst: Mention) -> Iterator[tuple[str, Mention | None]]:
    if worst.topic in (*TASTED, "price") or heard.latest_words <= NAMED_WORDS:
        yield from ((key, worst) for key in questions_about(worst))
    elif heard.overall is Polarity.BAD:
        bad = replace(worst, polarity=Polarity.BAD)
        yield from ((key, bad) for key in questions_about(bad))
    elif heard.overall is Polarity.GOOD:
        yield "best", None
    else:
        # After a long story, "What did you think of it?" would ask for what was just said.
        yield "experience", None


def _is_list(heard: Understanding) -> bool:
    things = len(heard.mentions)
    if any(mention.polarity is Polarity.BAD for mention in heard.mentions):
        return False
    return things >= LIST_LENGTH and heard.latest_words <= things * LIST_WORDS_EACH


def _about_the_visit(heard: Understanding, *, first: bool) -> Iterator[str]:
    if not first and heard.latest is Polarity.UNSAID and not heard.mentions and heard.latest_words < STORY_WORDS:
        yield "other_words"
    elif heard.overall is Polarity.GOOD:
        yield "best"
    elif heard.overall is Polarity.BAD:
        yield "more" if heard.specific else "worst"
        yield "happened"
    elif heard.overall is Polarity.MIXED:
        yield "lacking"
    elif heard.latest_words >= STORY_WORDS:
        yield "with_us"
        yield "again_visit"
    elif heard.latest_words >= SENTENCE_WORDS and not heard.nothing_more:
        yield "more"
    elif first:
        yield "again_visit"
    else:
        yield "other_words"


def _idle(key: str, heard: Understanding, focus: Mention | None) -> bool:
    """Return whether a question asks for a detail already given."""
    if key == "solved" and Detail.DURATION in heard.details:
        return True  # A guest who gives the waiting time has been served.
    if key in ("instead", "remedy_it") and Detail.PUT_RIGHT in heard.details:
        return True
    if key == "who" and (not heard.someone or any(mention.topic == STAFF for mention in heard.mentions)):
        return True
    if key in ASKS_FOR:
        return ASKS_FOR[key] in heard.details
    return key in ASKS_WHY and focus is not None and focus.explained


def _fields(focus: Mention | None) -> dict[str, str]:
    return {} if focus is None else {"thing": focus.name, "person": focus.name}


def _went_on(heard: Understanding, about: Mention, *, latest: int) -> bool:
    """Return whether the latest answer is about other things than `about`."""
    others = (mention for mention in heard.mentions if mention.turn == latest and mention.topic != STAFF)
    return about.turn != latest and any(mention.polarity is not Polarity.UNSAID for mention in others)


def _acknowledgement(heard: Understanding, key: str, *, latest: int) -> str:
    if heard.silent:
        return "pause"
    if heard.suggests and heard.latest_words > NO_ANSWER_WORDS:
        return "suggested"
    if latest:
        kinds = {mention.polarity for mention in heard.mentions} - {Polarity.UNSAID}
        if heard.latest is Polarity.GOOD and kinds <= {Polarity.GOOD}:
            return "again_good"
        if heard.latest is Polarity.BAD:
            return "again_bad"
        return "again" if heard.adds else "plain"
    if key in ("with_us", "again_visit", "more"):
        return "unsaid"
    kinds = {mention.polarity for mention in heard.mentions} | {heard.latest}
    kinds -= {Polarity.UNSAID}
    if not kinds:
        return "unsaid"
    return "mixed" if len(kinds) > 1 else next(iter(kinds)).value


def _asked_what_to_change(asked: Sequence[str], language: Language) -> bool:
    replies = {say(SECTION, f"concern.{key}", language) for key in ("harm_told", "allergy_told")}
    return any(question in replies for question in asked)


def _lowered(question: str) -> str:
    return question[0].lower() + question[1:]


def asks(question: str, key: str, language: Language) -> bool:
    """Return whether `question` asks the same as `ask.<key>`, about any subject."""
    fixed = re.split(r"\{\w+\}", section(SECTION, language)[f"ask.{key}"])
    return all(part.casefold() in question.casefold() for part in fixed)
