"""Validates a model's question; the script asks instead of a faulty one.

A question is validated as a whole, before any of it is shown.
"""

from __future__ import annotations

import re

from pilot.cafes import Language
from voice_edge.interviewer.agenda import ASKS_FOR
from voice_edge.interviewer.conversation import Conversation
from voice_edge.interviewer.equivalence import equivalent
from voice_edge.interviewer.lexicon import lexicon, plain
from voice_edge.interviewer.mentions import mentions
from voice_edge.interviewer.scripted import asks
from voice_edge.interviewer.understanding import understand

LONGEST_QUESTION_CHARACTERS = 160
FEWEST_QUESTION_WORDS = 2
FOREIGN_WORDS = 2  # from this number of words that exist only in the other language

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|$)", re.DOTALL | re.IGNORECASE)
_STRANGE = re.compile(r"[<>{}\[\]|*#`_]|https?:|www\.|\b(?:system|user|assistant|guest|gäst)\s*:", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!…:])\s+")
_PROMISES = {
    "en": re.compile(
        r"\b(?:refund|free|voucher|discount|reward|points?|score|we will|we'll|i will|i'll|promise|guarantee)\b",
        re.IGNORECASE,
    ),
    "sv": re.compile(
        r"\b(?:återbetal\w*|gratis|rabatt\w*|belöning\w*|poäng|vi ska|vi kommer att|jag ska|lovar|ersätt\w*)\b",
        re.IGNORECASE,
    ),
}


def the_question(text: str) -> str:
    """Return the first question of a model's reply, without preceding text; empty if there is none."""
    said = " ".join(_THOUGHTS.sub(" ", text).split()).strip("\"'“”")
    before, mark, _ = said.partition("?")
    if not mark:
        return ""
    return f"{_SENTENCE.split(before)[-1].strip()}?"


def fault(question: str, conversation: Conversation) -> str:
    """Return the fault of a question as a code for the metrics; empty if it has none.

    Args:
        question: The result of `the_question`.
        conversation: The conversation that it would continue.
    """
    language = conversation.language
    if not question:
        return "no_question"
    if len(question) > LONGEST_QUESTION_CHARACTERS or len(question.split()) < FEWEST_QUESTION_WORDS:
        return "length"
    if _STRANGE.search(question):
        return "markup"
    if _foreign(question, language):
        return "language"
    if _PROMISES[language].search(question):
        return "promise"
    if any(_same(question, exchange.question) for exchange in conversation.exchanges):
        return "repeated"
    return _unsaid(question, conversation) or _already_answered(question, conversation)


def _foreign(question: str, language: Language) -> bool:
    other: Language = "en" if language == "sv" else "sv"
    said = plain(question).split()
    theirs = sum(word in lexicon(other).only_here for word in said)
    ours = sum(word in lexicon(language).only_here for word in said)
    return theirs > ours or theirs >= FOREIGN_WORDS


def _same(question: str, asked: str) -> bool:
    return equivalent(question, _SENTENCE.split(asked)[-1])


def _unsaid(question: str, conversation: Conversation) -> str:
    """Return `unsaid` if the question names a thing, a place or a person that the guest has not named."""
    cafe, language = conversation.cafe, conversation.language
    spoken = lexicon(language).spoken
    said = [plain(exchange.answer, spoken) for exchange in conversation.exchanges]
    known = {one.name for one in mentions(said, cafe=cafe, language=language)}
    topics = {one.topic for one in mentions(said, cafe=cafe, language=language)}
    everything = "|".join(said)
    for one in mentions([plain(question, spoken)], cafe=cafe, language=language):
        head = one.name.removeprefix("the ").casefold()
        if one.name not in known and not (one.topic in topics and one.topic in _LOOSE) and head not in everything:
            return "unsaid"
    for area in cafe.areas:
        name = area.in_language(language).removeprefix("the ").casefold()
        if f" {name} " in plain(question) and name not in everything:
            return "unsaid"
    return ""


# Topics with interchangeable names: a guest who mentions waiting may be asked about the queue.
_LOOSE = frozenset({"service", "wait", "queue", "noise", "cleanliness", "price", "temperature", "atmosphere"})


def _already_answered(question: str, conversation: Conversation) -> str:
    """Return `told` if the question asks, in the script's words, for a detail already given."""
    answers = [exchange.answer for exchange in conversation.exchanges]
    heard = understand(answers, cafe=conversation.cafe, language=conversation.language)
    idle = (key for key, detail in ASKS_FOR.items() if detail in heard.details)
    return "told" if any(asks(question, key, conversation.language) for key in idle) else ""
